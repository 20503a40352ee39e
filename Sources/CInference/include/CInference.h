/// Shim over two inference engines that are found at run time: OpenVINO (2023 or newer, C API) and ONNX Runtime
/// (1.14 or newer, C API). Neither ships headers with its Python wheel, so the few entry points in use are declared
/// in the .c files, in our own words, and checked when the library is opened.
///
/// Every function that can fail returns 0 (or a handle) on success and writes one line into `gi_error` otherwise.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Longest tensor rank that is passed through; a model with a longer one is refused.
#define GI_MAX_RANK 8

typedef struct gi_error {
    char text[1024];
} gi_error;

/// The error's text (an accessor, since Swift sees a C array as a tuple).
const char *gi_error_text(const gi_error *error);

/// Element types that matter to a detector.
typedef enum gi_type {
    GI_OTHER = 0,
    GI_F32 = 1,
    GI_F16 = 2,
    GI_I32 = 3,
    GI_I64 = 4,
} gi_type;

/// A tensor as the engine describes it; -1 in `shape` is a dimension that is not fixed, rank -1 an unknown rank.
typedef struct gi_tensor {
    gi_type type;
    int32_t rank;
    int64_t shape[GI_MAX_RANK];
} gi_tensor;

int64_t gi_dimension(const gi_tensor *tensor, int32_t axis);
void gi_set_dimension(gi_tensor *tensor, int32_t axis, int64_t size);

// MARK: OpenVINO

typedef struct gi_openvino gi_openvino;
typedef struct gi_ov_model gi_ov_model;
typedef struct gi_ov_compiled gi_ov_compiled;
typedef struct gi_ov_request gi_ov_request;

/// Opens the library and creates its core. Never closed: the engine keeps threads of its own.
gi_openvino *gi_openvino_open(const char *library, gi_error *error);
/// The library's build string, for example `2026.4.1-22982-…`.
const char *gi_openvino_version(const gi_openvino *engine);
/// A device's property as text, for example CPU / OPTIMIZATION_CAPABILITIES.
int gi_openvino_property(gi_openvino *engine, const char *device, const char *key, char *text, size_t capacity);

/// `weights` may be NULL. The model is freed with `gi_ov_model_free`.
gi_ov_model *gi_ov_read(gi_openvino *engine, const char *path, const char *weights, gi_error *error);
void gi_ov_model_free(gi_openvino *engine, gi_ov_model *model);
int gi_ov_port_count(gi_openvino *engine, const gi_ov_model *model, int is_output, size_t *count, gi_error *error);
/// The port's first name (empty where it has none), type and shape.
int gi_ov_port(gi_openvino *engine, const gi_ov_model *model, int is_output, size_t index, char *name,
               size_t name_capacity, gi_tensor *tensor, gi_error *error);
/// Fixes the shapes of inputs 0 ..< count.
int gi_ov_reshape(gi_openvino *engine, gi_ov_model *model, const gi_tensor *inputs, size_t count, gi_error *error);

/// `properties`: key, value, key, value …, at most 16 strings.
gi_ov_compiled *gi_ov_compile(gi_openvino *engine, const gi_ov_model *model, const char *device,
                              const char *const *properties, size_t count, gi_error *error);
void gi_ov_compiled_free(gi_openvino *engine, gi_ov_compiled *compiled);
int gi_ov_compiled_property(gi_openvino *engine, const gi_ov_compiled *compiled, const char *key, char *text,
                            size_t capacity);

gi_ov_request *gi_ov_request_create(gi_openvino *engine, gi_ov_compiled *compiled, gi_error *error);
void gi_ov_request_free(gi_openvino *engine, gi_ov_request *request);
/// Binds `memory`, which the caller keeps alive as long as the request, as an input.
int gi_ov_bind_input(gi_openvino *engine, gi_ov_request *request, size_t index, const gi_tensor *tensor, void *memory,
                     gi_error *error);
int gi_ov_infer(gi_openvino *engine, gi_ov_request *request, gi_error *error);
/// `data` is borrowed until the next run of the same request; NULL for an empty tensor.
int gi_ov_output(gi_openvino *engine, gi_ov_request *request, size_t index, gi_tensor *tensor, const void **data,
                 gi_error *error);

// MARK: ONNX Runtime

typedef struct gi_onnxruntime gi_onnxruntime;
typedef struct gi_ort_session gi_ort_session;
typedef struct gi_ort_request gi_ort_request;

gi_onnxruntime *gi_onnxruntime_open(const char *library, gi_error *error);
const char *gi_onnxruntime_version(const gi_onnxruntime *engine);

/// `cuda_device` is -1 for the CPU.
gi_ort_session *gi_ort_session_create(gi_onnxruntime *engine, const char *path, int threads, int cuda_device,
                                      gi_error *error);
void gi_ort_session_free(gi_onnxruntime *engine, gi_ort_session *session);
size_t gi_ort_port_count(const gi_ort_session *session, int is_output);
int gi_ort_port(gi_onnxruntime *engine, const gi_ort_session *session, int is_output, size_t index, char *name,
                size_t name_capacity, gi_tensor *tensor, gi_error *error);

/// `inputs` and `memory` describe every input of the session, in order; the caller keeps `memory` alive.
gi_ort_request *gi_ort_request_create(gi_onnxruntime *engine, gi_ort_session *session, const gi_tensor *inputs,
                                      void *const *memory, gi_error *error);
void gi_ort_request_free(gi_onnxruntime *engine, gi_ort_request *request);
int gi_ort_infer(gi_onnxruntime *engine, gi_ort_request *request, gi_error *error);
int gi_ort_output(gi_onnxruntime *engine, gi_ort_request *request, size_t index, gi_tensor *tensor, const void **data,
                  gi_error *error);

// MARK: Pixel kernels

/// `out[i] = in[i] * scale + offset` over `count` bytes: one plane of a picture into one plane of a tensor.
void gi_normalise_plane(const uint8_t *in, float *out, size_t count, float scale, float offset);
/// IEEE 754 binary16 to and from binary32, round to nearest even.
void gi_f32_to_f16(const float *in, uint16_t *out, size_t count);
void gi_f16_to_f32(const uint16_t *in, float *out, size_t count);
