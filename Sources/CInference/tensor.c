#include "CInference.h"

const char *gi_error_text(const gi_error *error) { return error->text; }

int64_t gi_dimension(const gi_tensor *tensor, int32_t axis) {
    return axis >= 0 && axis < GI_MAX_RANK ? tensor->shape[axis] : -1;
}

void gi_set_dimension(gi_tensor *tensor, int32_t axis, int64_t size) {
    if (axis >= 0 && axis < GI_MAX_RANK) tensor->shape[axis] = size;
}
