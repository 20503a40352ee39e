#include "CInference.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The parts of OpenVINO's C interface that are used, as its documentation describes them. A status of 0 is success.
typedef struct { int64_t rank; int64_t *sizes; } ov_shape;
typedef struct { int64_t least, most; } ov_dimension;
typedef struct { ov_dimension rank; ov_dimension *sizes; } ov_partial_shape;
typedef struct { const char *build, *description; } ov_version;

struct gi_openvino {
    void *core;
    int32_t f32;  // the library's code for f32; the other codes in use lie at fixed distances from it
    char version[128];
    int (*get_version)(ov_version *);
    void (*version_free)(ov_version *);
    const char *(*last_message)(void);
    const char *(*error_info)(int);
    void (*text_free)(const char *);
    int (*core_create)(void **);
    int (*core_property)(const void *, const char *, const char *, char **);
    int (*core_read)(const void *, const char *, const char *, void **);
    int (*core_compile)(const void *, const void *, const char *, size_t, void **, ...);
    void (*model_free)(void *);
    int (*model_inputs)(const void *, size_t *);
    int (*model_outputs)(const void *, size_t *);
    int (*model_input)(const void *, size_t, void **);
    int (*model_output)(const void *, size_t, void **);
    int (*model_reshape)(const void *, const size_t *, const ov_partial_shape *, size_t);
    void (*port_free)(void *);
    int (*port_name)(const void *, char **);
    int (*port_type)(const void *, int32_t *);
    int (*port_shape)(const void *, ov_partial_shape *);
    void (*partial_shape_free)(ov_partial_shape *);
    void (*compiled_free)(void *);
    int (*compiled_property)(const void *, const char *, char **);
    int (*compiled_request)(const void *, void **);
    void (*request_free)(void *);
    int (*request_set_input)(void *, size_t, const void *);
    int (*request_infer)(void *);
    int (*request_output)(const void *, size_t, void **);
    int (*tensor_create)(int32_t, ov_shape, void **);
    int (*tensor_wrap)(int32_t, ov_shape, void *, void **);
    int (*tensor_bytes)(const void *, size_t *);
    int (*tensor_type)(const void *, int32_t *);
    int (*tensor_shape)(const void *, ov_shape *);
    int (*tensor_data)(const void *, void **);
    void (*tensor_free)(void *);
    int (*shape_free)(ov_shape *);
};

/// Writes the library's own words about the failure that just happened on this thread; returns its status.
static int failed(const gi_openvino *engine, int status, gi_error *error) {
    const char *words = engine->last_message ? engine->last_message() : NULL;
    if (!words || !*words) words = engine->error_info ? engine->error_info(status) : "unknown error";
    snprintf(error->text, sizeof error->text, "%s (status %d)", words, status);
    return status ? status : -1;
}

/// `F32` is the first element type of four bytes in every release's list; its number has moved between releases.
static int calibrate_types(gi_openvino *engine) {
    int64_t size = 8;
    ov_shape shape = {1, &size};
    for (int32_t code = 1; code < 12; code++) {
        void *tensor = NULL;
        size_t bytes = 0;
        if (engine->tensor_create(code, shape, &tensor) != 0) continue;
        engine->tensor_bytes(tensor, &bytes);
        engine->tensor_free(tensor);
        if (bytes == 4 * 8) {
            engine->f32 = code;
            return 0;
        }
    }
    return -1;
}

gi_openvino *gi_openvino_open(const char *library, gi_error *error) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(error->text, sizeof error->text, "%s", dlerror());
        return NULL;
    }
    gi_openvino *engine = calloc(1, sizeof *engine);
    if (!engine) return NULL;
    const struct { const char *name; void *slot; } symbols[] = {
        {"ov_get_openvino_version", &engine->get_version},
        {"ov_version_free", &engine->version_free},
        {"ov_get_last_err_msg", &engine->last_message},
        {"ov_get_error_info", &engine->error_info},
        {"ov_free", &engine->text_free},
        {"ov_core_create", &engine->core_create},
        {"ov_core_get_property", &engine->core_property},
        {"ov_core_read_model", &engine->core_read},
        {"ov_core_compile_model", &engine->core_compile},
        {"ov_model_free", &engine->model_free},
        {"ov_model_inputs_size", &engine->model_inputs},
        {"ov_model_outputs_size", &engine->model_outputs},
        {"ov_model_const_input_by_index", &engine->model_input},
        {"ov_model_const_output_by_index", &engine->model_output},
        {"ov_model_reshape_by_port_indexes", &engine->model_reshape},
        {"ov_output_const_port_free", &engine->port_free},
        {"ov_port_get_any_name", &engine->port_name},
        {"ov_port_get_element_type", &engine->port_type},
        {"ov_port_get_partial_shape", &engine->port_shape},
        {"ov_partial_shape_free", &engine->partial_shape_free},
        {"ov_compiled_model_free", &engine->compiled_free},
        {"ov_compiled_model_get_property", &engine->compiled_property},
        {"ov_compiled_model_create_infer_request", &engine->compiled_request},
        {"ov_infer_request_free", &engine->request_free},
        {"ov_infer_request_set_input_tensor_by_index", &engine->request_set_input},
        {"ov_infer_request_infer", &engine->request_infer},
        {"ov_infer_request_get_output_tensor_by_index", &engine->request_output},
        {"ov_tensor_create", &engine->tensor_create},
        {"ov_tensor_create_from_host_ptr", &engine->tensor_wrap},
        {"ov_tensor_get_byte_size", &engine->tensor_bytes},
        {"ov_tensor_get_element_type", &engine->tensor_type},
        {"ov_tensor_get_shape", &engine->tensor_shape},
        {"ov_tensor_data", &engine->tensor_data},
        {"ov_tensor_free", &engine->tensor_free},
        {"ov_shape_free", &engine->shape_free},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *address = dlsym(handle, symbols[i].name);
        // The library's message function came in 2023.1 with all else that is needed.
        if (!address) {
            snprintf(error->text, sizeof error->text, "the library has no %s: OpenVINO 2023.1 or newer is needed",
                     symbols[i].name);
            free(engine);
            return NULL;
        }
        memcpy(symbols[i].slot, &address, sizeof address);
    }
    ov_version version = {0};
    int status = engine->get_version(&version);
    if (status == 0) {
        snprintf(engine->version, sizeof engine->version, "%s", version.build ? version.build : "unknown");
        engine->version_free(&version);
    }
    if ((status = engine->core_create(&engine->core)) != 0) {
        failed(engine, status, error);
    } else if ((status = calibrate_types(engine)) != 0) {
        snprintf(error->text, sizeof error->text, "version %s numbers its element types in an unknown way",
                 engine->version);
    }
    if (status != 0) {
        free(engine);
        return NULL;
    }
    return engine;
}

const char *gi_openvino_version(const gi_openvino *engine) { return engine->version; }

/// Copies the library's text out and frees it.
static int take_text(const gi_openvino *engine, int status, char *value, char *text, size_t capacity) {
    if (status != 0 || !value) return -1;
    snprintf(text, capacity, "%s", value);
    engine->text_free(value);
    return 0;
}

int gi_openvino_property(gi_openvino *engine, const char *device, const char *key, char *text, size_t capacity) {
    char *value = NULL;
    int status = engine->core_property(engine->core, device, key, &value);
    return take_text(engine, status, value, text, capacity);
}

gi_ov_model *gi_ov_read(gi_openvino *engine, const char *path, const char *weights, gi_error *error) {
    void *model = NULL;
    int status = engine->core_read(engine->core, path, weights, &model);
    if (status != 0 || !model) failed(engine, status, error);
    return status == 0 ? model : NULL;
}

void gi_ov_model_free(gi_openvino *engine, gi_ov_model *model) { engine->model_free(model); }

int gi_ov_port_count(gi_openvino *engine, const gi_ov_model *model, int is_output, size_t *count, gi_error *error) {
    int status = is_output ? engine->model_outputs(model, count) : engine->model_inputs(model, count);
    return status == 0 ? 0 : failed(engine, status, error);
}

static gi_type type_of(const gi_openvino *engine, int32_t code) {
    switch (code - engine->f32) {
    case -1: return GI_F16;
    case 0: return GI_F32;
    case 5: return GI_I32;
    case 6: return GI_I64;
    default: return GI_OTHER;
    }
}

static int32_t code_of(const gi_openvino *engine, gi_type type) {
    switch (type) {
    case GI_F16: return engine->f32 - 1;
    case GI_I32: return engine->f32 + 5;
    case GI_I64: return engine->f32 + 6;
    default: return engine->f32;
    }
}

int gi_ov_port(gi_openvino *engine, const gi_ov_model *model, int is_output, size_t index, char *name,
               size_t name_capacity, gi_tensor *tensor, gi_error *error) {
    void *port = NULL;
    int status = is_output ? engine->model_output(model, index, &port) : engine->model_input(model, index, &port);
    if (status != 0) return failed(engine, status, error);
    memset(tensor, 0, sizeof *tensor);
    char *text = NULL;
    status = engine->port_name(port, &text);
    if (take_text(engine, status, text, name, name_capacity) != 0) *name = 0;  // a port may have no name
    int32_t code = 0;
    ov_partial_shape shape = {{0, 0}, NULL};
    if ((status = engine->port_type(port, &code)) == 0 && (status = engine->port_shape(port, &shape)) == 0) {
        tensor->type = type_of(engine, code);
        int fixed_rank = shape.rank.least == shape.rank.most && shape.rank.most <= GI_MAX_RANK;
        tensor->rank = fixed_rank ? (int32_t)shape.rank.most : -1;
        for (int32_t axis = 0; axis < tensor->rank; axis++) {
            ov_dimension size = shape.sizes[axis];
            tensor->shape[axis] = size.least == size.most ? size.most : -1;
        }
        engine->partial_shape_free(&shape);
    } else {
        failed(engine, status, error);
    }
    engine->port_free(port);
    return status;
}

int gi_ov_reshape(gi_openvino *engine, gi_ov_model *model, const gi_tensor *inputs, size_t count, gi_error *error) {
    size_t *ports = calloc(count, sizeof *ports);
    ov_partial_shape *shapes = calloc(count, sizeof *shapes);
    ov_dimension *sizes = calloc(count * GI_MAX_RANK, sizeof *sizes);
    int status = -1;
    if (ports && shapes && sizes) {
        for (size_t i = 0; i < count; i++) {
            ports[i] = i;
            shapes[i] = (ov_partial_shape){{inputs[i].rank, inputs[i].rank}, sizes + i * GI_MAX_RANK};
            for (int32_t axis = 0; axis < inputs[i].rank; axis++) {
                shapes[i].sizes[axis] = (ov_dimension){inputs[i].shape[axis], inputs[i].shape[axis]};
            }
        }
        status = engine->model_reshape(model, ports, shapes, count);
        if (status != 0) failed(engine, status, error);
    }
    free(ports);
    free(shapes);
    free(sizes);
    return status;
}

gi_ov_compiled *gi_ov_compile(gi_openvino *engine, const gi_ov_model *model, const char *device,
                              const char *const *properties, size_t count, gi_error *error) {
    const char *p[16] = {0};
    if (count > 16) count = 16;
    for (size_t i = 0; i < count; i++) p[i] = properties[i];
    void *compiled = NULL;
    // The callee reads `count` of the trailing arguments; the rest are ignored.
    int status = engine->core_compile(engine->core, model, device, count, &compiled, p[0], p[1], p[2], p[3], p[4],
                                      p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13], p[14], p[15]);
    if (status != 0 || !compiled) failed(engine, status, error);
    return status == 0 ? compiled : NULL;
}

void gi_ov_compiled_free(gi_openvino *engine, gi_ov_compiled *compiled) { engine->compiled_free(compiled); }

int gi_ov_compiled_property(gi_openvino *engine, const gi_ov_compiled *compiled, const char *key, char *text,
                            size_t capacity) {
    char *value = NULL;
    int status = engine->compiled_property(compiled, key, &value);
    return take_text(engine, status, value, text, capacity);
}

gi_ov_request *gi_ov_request_create(gi_openvino *engine, gi_ov_compiled *compiled, gi_error *error) {
    void *request = NULL;
    int status = engine->compiled_request(compiled, &request);
    if (status != 0 || !request) failed(engine, status, error);
    return status == 0 ? request : NULL;
}

void gi_ov_request_free(gi_openvino *engine, gi_ov_request *request) { engine->request_free(request); }

int gi_ov_bind_input(gi_openvino *engine, gi_ov_request *request, size_t index, const gi_tensor *tensor, void *memory,
                     gi_error *error) {
    int64_t sizes[GI_MAX_RANK];
    memcpy(sizes, tensor->shape, sizeof sizes);
    ov_shape shape = {tensor->rank, sizes};
    void *wrapped = NULL;
    int status = engine->tensor_wrap(code_of(engine, tensor->type), shape, memory, &wrapped);
    if (status != 0) return failed(engine, status, error);
    status = engine->request_set_input(request, index, wrapped);
    if (status != 0) failed(engine, status, error);
    engine->tensor_free(wrapped);  // the request keeps its own reference
    return status;
}

int gi_ov_infer(gi_openvino *engine, gi_ov_request *request, gi_error *error) {
    int status = engine->request_infer(request);
    return status == 0 ? 0 : failed(engine, status, error);
}

int gi_ov_output(gi_openvino *engine, gi_ov_request *request, size_t index, gi_tensor *tensor, const void **data,
                 gi_error *error) {
    memset(tensor, 0, sizeof *tensor);
    *data = NULL;
    void *output = NULL;
    int status = engine->request_output(request, index, &output);
    if (status != 0) return failed(engine, status, error);
    int32_t code = 0;
    ov_shape shape = {0, NULL};
    void *values = NULL;
    if ((status = engine->tensor_type(output, &code)) == 0 && (status = engine->tensor_shape(output, &shape)) == 0) {
        tensor->type = type_of(engine, code);
        tensor->rank = shape.rank <= GI_MAX_RANK ? (int32_t)shape.rank : -1;
        size_t elements = 1;
        for (int32_t axis = 0; axis < tensor->rank; axis++) {
            tensor->shape[axis] = shape.sizes[axis];
            elements *= (size_t)shape.sizes[axis];
        }
        engine->shape_free(&shape);
        // An empty tensor has no memory to point at.
        if (elements > 0 && (status = engine->tensor_data(output, &values)) != 0) failed(engine, status, error);
        *data = values;
    } else {
        failed(engine, status, error);
    }
    engine->tensor_free(output);  // the request keeps the memory alive until its next run
    return status;
}
