#include "CInference.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ONNX Runtime's interface is one table of functions. Entries are only ever added at its end, so the position of a
// function is fixed for good by the release that brought it in (the project asserts these positions in its own
// build). All entries in use existed in 1.11; 1.14 is asked for, and used for real in the tests.
enum entry {
    ERROR_MESSAGE = 2,
    CREATE_ENV_WITH_LOGGER = 4,
    DISABLE_TELEMETRY = 6,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_OPTIONS = 10,
    SET_INTRA_THREADS = 24,
    SET_INTER_THREADS = 25,
    INPUT_COUNT = 30,
    OUTPUT_COUNT = 31,
    INPUT_TYPE = 33,
    OUTPUT_TYPE = 34,
    INPUT_NAME = 36,
    OUTPUT_NAME = 37,
    TENSOR_OVER_MEMORY = 49,
    IS_TENSOR = 50,
    TENSOR_DATA = 51,
    TENSOR_INFO_OF_TYPE = 55,
    ELEMENT_TYPE = 60,
    DIMENSION_COUNT = 61,
    DIMENSIONS = 62,
    TENSOR_INFO_OF_VALUE = 65,
    CREATE_CPU_MEMORY_INFO = 69,
    ALLOCATOR_FREE = 76,
    DEFAULT_ALLOCATOR = 78,
    RELEASE_STATUS = 93,
    RELEASE_MEMORY_INFO = 94,
    RELEASE_SESSION = 95,
    RELEASE_VALUE = 96,
    RELEASE_TYPE_INFO = 98,
    RELEASE_TENSOR_INFO = 99,
    RELEASE_OPTIONS = 100,
    ADD_CONFIG_ENTRY = 130,
    APPEND_CUDA = 204,
    CREATE_CUDA_OPTIONS = 205,
    UPDATE_CUDA_OPTIONS = 206,
    RELEASE_CUDA_OPTIONS = 208,
};

enum { API_VERSION = 14, LOG_FATAL = 4, DEVICE_ALLOCATOR = 0, MEMORY_DEFAULT = 0 };
enum { ELEMENT_F32 = 1, ELEMENT_I32 = 6, ELEMENT_I64 = 7, ELEMENT_F16 = 10 };

/// What `OrtGetApiBase` returns.
struct api_base {
    void *const *(*table)(uint32_t version);
    const char *(*version)(void);
};

struct gi_onnxruntime {
    void *const *table;
    void *environment, *allocator, *cpu_memory;
    char version[64];
};

struct gi_ort_session {
    void *session;
    size_t inputs, outputs;
    char **names;  // inputs, then outputs; the engine's memory
};

struct gi_ort_request {
    const gi_ort_session *session;
    void **values;  // inputs, then outputs
};

/// Calls entry `e` of the table as a function that returns a status (NULL is success) and takes `types`.
#define CALL(e, types, ...) ((void *(*) types)engine->table[e])(__VA_ARGS__)
#define RELEASE(e, object) ((void (*)(void *))engine->table[e])(object)

/// Turns a status into an error line and frees it; 0 where there was no failure.
static int failed(const gi_onnxruntime *engine, void *status, gi_error *error) {
    if (!status) return 0;
    const char *words = ((const char *(*)(const void *))engine->table[ERROR_MESSAGE])(status);
    if (error) snprintf(error->text, sizeof error->text, "%s", words ? words : "unknown error");
    RELEASE(RELEASE_STATUS, status);
    return -1;
}

/// The engine's own log lines are dropped: every failure comes back as a status as well.
static void drop_log(void *context, int severity, const char *category, const char *log, const char *location,
                     const char *message) {
    (void)context, (void)severity, (void)category, (void)log, (void)location, (void)message;
}

gi_onnxruntime *gi_onnxruntime_open(const char *library, gi_error *error) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(error->text, sizeof error->text, "%s", dlerror());
        return NULL;
    }
    void *symbol = dlsym(handle, "OrtGetApiBase");
    if (!symbol) {
        snprintf(error->text, sizeof error->text, "the library has no OrtGetApiBase: it is not ONNX Runtime");
        return NULL;
    }
    const struct api_base *base = ((const struct api_base *(*)(void))symbol)();
    const char *version = base->version();
    int major = 0, minor = 0;
    if (sscanf(version, "%d.%d", &major, &minor) != 2 || major != 1 || minor < API_VERSION) {
        snprintf(error->text, sizeof error->text, "version %s is not supported: 1.%d or newer is needed", version,
                 API_VERSION);
        return NULL;
    }
    gi_onnxruntime *engine = calloc(1, sizeof *engine);
    if (!engine) return NULL;
    snprintf(engine->version, sizeof engine->version, "%s", version);
    engine->table = base->table(API_VERSION);
    if (!engine->table) {
        snprintf(error->text, sizeof error->text, "version %s offers no interface version %d", version, API_VERSION);
        free(engine);
        return NULL;
    }
    void *status = CALL(CREATE_ENV_WITH_LOGGER, (void *, void *, int, const char *, void **), (void *)drop_log, NULL,
                        LOG_FATAL, "gantry", &engine->environment);
    if (!status) status = CALL(DISABLE_TELEMETRY, (void *), engine->environment);
    if (!status) status = CALL(DEFAULT_ALLOCATOR, (void **), &engine->allocator);
    if (!status) {
        status = CALL(CREATE_CPU_MEMORY_INFO, (int, int, void **), DEVICE_ALLOCATOR, MEMORY_DEFAULT,
                      &engine->cpu_memory);
    }
    if (failed(engine, status, error) != 0) {
        free(engine);
        return NULL;
    }
    return engine;
}

const char *gi_onnxruntime_version(const gi_onnxruntime *engine) { return engine->version; }

static void *append_cuda(gi_onnxruntime *engine, void *options, const char *device) {
    void *cuda = NULL;
    void *status = CALL(CREATE_CUDA_OPTIONS, (void **), &cuda);
    if (status) return status;
    const char *keys[] = {"device_id", "use_tf32"}, *values[] = {device, "0"};
    status = CALL(UPDATE_CUDA_OPTIONS, (void *, const char *const *, const char *const *, size_t), cuda, keys, values,
                  2);
    if (failed(engine, status, NULL) != 0) {  // releases before 1.18 do not know use_tf32
        status = CALL(UPDATE_CUDA_OPTIONS, (void *, const char *const *, const char *const *, size_t), cuda, keys,
                      values, 1);
    } else {
        status = NULL;
    }
    if (!status) status = CALL(APPEND_CUDA, (void *, const void *), options, cuda);
    RELEASE(RELEASE_CUDA_OPTIONS, cuda);
    return status;
}

static void *configure(gi_onnxruntime *engine, void *options, int threads, int cuda_device) {
    // A spinning worker would take a core from decoding while it waits.
    const char *const spinning[] = {"session.intra_op.allow_spinning", "session.inter_op.allow_spinning"};
    void *status = CALL(SET_INTRA_THREADS, (void *, int), options, threads);
    if (!status) status = CALL(SET_INTER_THREADS, (void *, int), options, 1);
    for (int i = 0; i < 2 && !status; i++) {
        status = CALL(ADD_CONFIG_ENTRY, (void *, const char *, const char *), options, spinning[i], "0");
    }
    char device[16];
    snprintf(device, sizeof device, "%d", cuda_device);
    if (!status && cuda_device >= 0) status = append_cuda(engine, options, device);
    return status;
}

gi_ort_session *gi_ort_session_create(gi_onnxruntime *engine, const char *path, int threads, int cuda_device,
                                      gi_error *error) {
    void *options = NULL;
    if (failed(engine, CALL(CREATE_OPTIONS, (void **), &options), error) != 0) return NULL;
    gi_ort_session *result = calloc(1, sizeof *result);
    void *status = configure(engine, options, threads, cuda_device);
    if (!status && result) {
        status = CALL(CREATE_SESSION, (void *, const char *, const void *, void **), engine->environment, path, options,
                      &result->session);
    }
    RELEASE(RELEASE_OPTIONS, options);
    if (!status && result) status = CALL(INPUT_COUNT, (const void *, size_t *), result->session, &result->inputs);
    if (!status && result) status = CALL(OUTPUT_COUNT, (const void *, size_t *), result->session, &result->outputs);
    if (!status && result) {
        result->names = calloc(result->inputs + result->outputs + 1, sizeof *result->names);
        for (size_t i = 0; result->names && i < result->inputs + result->outputs && !status; i++) {
            int is_input = i < result->inputs;
            status = CALL(is_input ? INPUT_NAME : OUTPUT_NAME, (const void *, size_t, void *, char **), result->session,
                          is_input ? i : i - result->inputs, engine->allocator, &result->names[i]);
        }
    }
    if (failed(engine, status, error) != 0 || !result || !result->names) {
        if (result) gi_ort_session_free(engine, result);
        return NULL;
    }
    return result;
}

void gi_ort_session_free(gi_onnxruntime *engine, gi_ort_session *session) {
    for (size_t i = 0; session->names && i < session->inputs + session->outputs; i++) {
        if (!session->names[i]) continue;
        failed(engine, CALL(ALLOCATOR_FREE, (void *, void *), engine->allocator, session->names[i]), NULL);
    }
    free(session->names);
    if (session->session) RELEASE(RELEASE_SESSION, session->session);
    free(session);
}

size_t gi_ort_port_count(const gi_ort_session *session, int is_output) {
    return is_output ? session->outputs : session->inputs;
}

/// Reads element type and shape.
static void *describe(gi_onnxruntime *engine, const void *info, gi_tensor *tensor) {
    int32_t element = 0;
    size_t rank = 0;
    void *status = CALL(ELEMENT_TYPE, (const void *, int32_t *), info, &element);
    if (!status) status = CALL(DIMENSION_COUNT, (const void *, size_t *), info, &rank);
    if (status) return status;
    tensor->type = element == ELEMENT_F32   ? GI_F32
                   : element == ELEMENT_F16 ? GI_F16
                   : element == ELEMENT_I32 ? GI_I32
                   : element == ELEMENT_I64 ? GI_I64
                                            : GI_OTHER;
    tensor->rank = rank <= GI_MAX_RANK ? (int32_t)rank : -1;
    if (tensor->rank > 0) {
        status = CALL(DIMENSIONS, (const void *, int64_t *, size_t), info, tensor->shape, rank);
        for (int32_t axis = 0; axis < tensor->rank; axis++) {
            if (tensor->shape[axis] < 0) tensor->shape[axis] = -1;
        }
    }
    return status;
}

int gi_ort_port(gi_onnxruntime *engine, const gi_ort_session *session, int is_output, size_t index, char *name,
                size_t name_capacity, gi_tensor *tensor, gi_error *error) {
    memset(tensor, 0, sizeof *tensor);
    tensor->rank = -1;
    snprintf(name, name_capacity, "%s", session->names[is_output ? session->inputs + index : index]);
    void *type = NULL;
    const void *info = NULL;
    void *status = CALL(is_output ? OUTPUT_TYPE : INPUT_TYPE, (const void *, size_t, void **), session->session, index,
                        &type);
    if (!status) status = CALL(TENSOR_INFO_OF_TYPE, (const void *, const void **), type, &info);
    if (!status && info) status = describe(engine, info, tensor);  // no info: a sequence or a map
    if (type) RELEASE(RELEASE_TYPE_INFO, type);
    return failed(engine, status, error);
}

static size_t byte_count(const gi_tensor *tensor) {
    size_t count = tensor->type == GI_I64 ? 8 : tensor->type == GI_F16 ? 2 : 4;
    for (int32_t axis = 0; axis < tensor->rank; axis++) count *= (size_t)tensor->shape[axis];
    return count;
}

gi_ort_request *gi_ort_request_create(gi_onnxruntime *engine, gi_ort_session *session, const gi_tensor *inputs,
                                      void *const *memory, gi_error *error) {
    gi_ort_request *request = calloc(1, sizeof *request);
    if (!request) return NULL;
    request->session = session;
    request->values = calloc(session->inputs + session->outputs + 1, sizeof *request->values);
    void *status = NULL;
    for (size_t i = 0; request->values && i < session->inputs && !status; i++) {
        int32_t element = inputs[i].type == GI_I64   ? ELEMENT_I64
                          : inputs[i].type == GI_I32 ? ELEMENT_I32
                          : inputs[i].type == GI_F16 ? ELEMENT_F16
                                                     : ELEMENT_F32;
        status = CALL(TENSOR_OVER_MEMORY, (const void *, void *, size_t, const int64_t *, size_t, int, void **),
                      engine->cpu_memory, memory[i], byte_count(&inputs[i]), inputs[i].shape, (size_t)inputs[i].rank,
                      element, &request->values[i]);
    }
    if (failed(engine, status, error) != 0 || !request->values) {
        gi_ort_request_free(engine, request);
        return NULL;
    }
    return request;
}

static void release_values(gi_onnxruntime *engine, gi_ort_request *request, size_t from, size_t to) {
    for (size_t i = from; request->values && i < to; i++) {
        if (request->values[i]) RELEASE(RELEASE_VALUE, request->values[i]);
        request->values[i] = NULL;
    }
}

void gi_ort_request_free(gi_onnxruntime *engine, gi_ort_request *request) {
    release_values(engine, request, 0, request->session->inputs + request->session->outputs);
    free(request->values);
    free(request);
}

int gi_ort_infer(gi_onnxruntime *engine, gi_ort_request *request, gi_error *error) {
    const gi_ort_session *session = request->session;
    release_values(engine, request, session->inputs, session->inputs + session->outputs);
    const char *const *names = (const char *const *)session->names;
    void *status = CALL(RUN,
                        (void *, const void *, const char *const *, const void *const *, size_t, const char *const *,
                         size_t, void **),
                        session->session, NULL, names, (const void *const *)request->values, session->inputs,
                        names + session->inputs, session->outputs, request->values + session->inputs);
    return failed(engine, status, error);
}

int gi_ort_output(gi_onnxruntime *engine, gi_ort_request *request, size_t index, gi_tensor *tensor, const void **data,
                  gi_error *error) {
    memset(tensor, 0, sizeof *tensor);
    *data = NULL;
    tensor->rank = -1;
    void *value = index < request->session->outputs ? request->values[request->session->inputs + index] : NULL;
    int is_tensor = 0;
    void *info = NULL, *values = NULL;
    void *status = value ? CALL(IS_TENSOR, (const void *, int *), value, &is_tensor) : NULL;
    if (!status && is_tensor) {
        status = CALL(TENSOR_INFO_OF_VALUE, (const void *, void **), value, &info);
        if (!status) status = describe(engine, info, tensor);
        if (!status) status = CALL(TENSOR_DATA, (void *, void **), value, &values);
        if (info) RELEASE(RELEASE_TENSOR_INFO, info);
        *data = values;
    }
    return failed(engine, status, error);
}
