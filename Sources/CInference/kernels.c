#include "CInference.h"

#include <string.h>

void gi_normalise_plane(const uint8_t *restrict in, float *restrict out, size_t count, float scale, float offset) {
    for (size_t i = 0; i < count; i++) out[i] = (float)in[i] * scale + offset;
}

static uint16_t half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = (bits >> 16) & 0x8000u;
    uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);    // NaN
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);   // rounds to infinity
    if (magnitude < 0x33000001u) return (uint16_t)sign;                // rounds to zero
    if (magnitude < 0x38800000u) {                                     // subnormal half
        uint32_t shift = 126 - (magnitude >> 23);
        uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
        uint32_t result = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
        if (rest > middle || (rest == middle && (result & 1))) result++;
        return (uint16_t)(sign | result);
    }
    uint32_t result = (magnitude - 0x38000000u) >> 13, rest = magnitude & 0x1fffu;
    if (rest > 0x1000u || (rest == 0x1000u && (result & 1))) result++;
    return (uint16_t)(sign | result);
}

void gi_f32_to_f16(const float *in, uint16_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = half(in[i]);
}

void gi_f16_to_f32(const uint16_t *in, float *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t sign = (uint32_t)(in[i] & 0x8000u) << 16, exponent = (in[i] >> 10) & 31, mantissa = in[i] & 0x3ffu;
        uint32_t bits;
        if (exponent == 31) {
            bits = sign | 0x7f800000u | (mantissa << 13);
        } else if (exponent != 0) {
            bits = sign | ((exponent + 112) << 23) | (mantissa << 13);
        } else {
            float magnitude = (float)mantissa * 0x1p-24f;
            memcpy(&bits, &magnitude, sizeof bits);
            bits |= sign;
        }
        memcpy(&out[i], &bits, sizeof bits);
    }
}
