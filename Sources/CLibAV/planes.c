// Planes of pixels: interleaved for others to read, and compared from one frame to the next in the search for cuts.
#include <stdlib.h>

#include "CLibAV.h"

void gav_interleave(const uint8_t *r, const uint8_t *g, const uint8_t *b, size_t count, uint8_t *rgb) {
    for (size_t i = 0; i < count; i++) {
        rgb[3 * i] = r[i];
        rgb[3 * i + 1] = g[i];
        rgb[3 * i + 2] = b[i];
    }
}

static int largest(int a, int b) { return a > b ? a : b; }
static int smallest(int a, int b) { return a < b ? a : b; }

void gav_hsv(
    const uint8_t *r, const uint8_t *g, const uint8_t *b, size_t count, uint8_t *hue, uint8_t *saturation,
    uint8_t *value) {
    for (size_t i = 0; i < count; i++) {
        int red = r[i], green = g[i], blue = b[i];
        int high = largest(red, largest(green, blue)), span = high - smallest(red, smallest(green, blue));
        value[i] = (uint8_t)high;
        saturation[i] = high ? (uint8_t)((255 * span + high / 2) / high) : 0;
        // Sixths of the circle are 30 apart: 180 in all.
        int turned = 0;
        if (span) {
            int from = high == red ? 0 : high == green ? 60 : 120;
            int numerator = 30 * (high == red ? green - blue : high == green ? blue - red : red - green);
            turned = from + (numerator >= 0 ? numerator + span / 2 : numerator - span / 2) / span;
            if (turned < 0) turned += 180;
            if (turned >= 180) turned -= 180;
        }
        hue[i] = (uint8_t)turned;
    }
}

uint64_t gav_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += (uint64_t)abs(a[i] - b[i]);
    return sum;
}

uint64_t gav_hue_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        int difference = abs(a[i] - b[i]);
        sum += (uint64_t)smallest(difference, 180 - difference);
    }
    return sum;
}

uint64_t gav_sum(const uint8_t *bytes, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += bytes[i];
    return sum;
}

void gav_shrink(const uint8_t *from, int width, int height, int factor, uint8_t *to) {
    for (int y = 0; y < height / factor; y++)
        for (int x = 0; x < width / factor; x++) {
            int sum = 0;
            for (int i = 0; i < factor * factor; i++)
                sum += from[(y * factor + i / factor) * width + x * factor + i % factor];
            *to++ = (uint8_t)((sum + factor * factor / 2) / (factor * factor));
        }
}

int64_t gav_blend_residual(
    const uint8_t *a, const uint8_t *b, const uint8_t *between, int weight, size_t count, int ignores_level) {
    int64_t total = 0, sum = 0;
    if (ignores_level)
        for (size_t i = 0; i < count; i++) total += 256 * between[i] - ((256 - weight) * a[i] + weight * b[i]);
    int64_t mean = total / (int64_t)count;
    for (size_t i = 0; i < count; i++) sum += llabs(256 * between[i] - ((256 - weight) * a[i] + weight * b[i]) - mean);
    return sum;
}
