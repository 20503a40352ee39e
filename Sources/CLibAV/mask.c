// Shapes as coverage masks, antialiased by their distance functions, and the blending of masks into a 4:2:0 picture.
#include <math.h>
#include <string.h>

#include "CLibAV.h"
#include "libav.h"

static uint8_t coverage_of(float distance) {
    float inside = 0.5f - distance;
    return inside <= 0 ? 0 : inside >= 1 ? 255 : (uint8_t)(inside * 255 + 0.5f);
}

void gav_mask_clear(gav_mask mask) { memset(mask.coverage, 0, (size_t)mask.width * (size_t)mask.height); }

// Signed distance to a rectangle with rounded corners (I. Quilez's formula).
static float rounded_distance(float x, float y, gav_shape shape) {
    float ax = fabsf(x - shape.x - shape.width / 2) - shape.width / 2 + shape.radius;
    float ay = fabsf(y - shape.y - shape.height / 2) - shape.height / 2 + shape.radius;
    float outside = ax > 0 && ay > 0 ? sqrtf(ax * ax + ay * ay) : fmaxf(ax, ay);
    return outside - shape.radius;
}

void gav_mask_fill(gav_mask mask, gav_shape shape) {
    for (int y = 0; y < mask.height; y++) {
        uint8_t *row = mask.coverage + (size_t)y * (size_t)mask.width;
        for (int x = 0; x < mask.width; x++)
            row[x] = coverage_of(rounded_distance(mask.x + x + 0.5f, mask.y + y + 0.5f, shape));
    }
}

// Where along the outline a point lies, for dashes: clockwise from the top-left corner, ignoring the rounding.
static float along_outline(float x, float y, gav_shape shape) {
    float left = x - shape.x, top = y - shape.y, right = shape.width - left, bottom = shape.height - top;
    float nearest = fminf(fminf(fabsf(left), fabsf(right)), fminf(fabsf(top), fabsf(bottom)));
    if (nearest == fabsf(top)) return left;
    if (nearest == fabsf(right)) return shape.width + top;
    if (nearest == fabsf(bottom)) return shape.width + shape.height + right;
    return 2 * shape.width + shape.height + bottom;
}

void gav_mask_stroke(gav_mask mask, gav_shape shape, float thickness, float dash) {
    for (int y = 0; y < mask.height; y++) {
        uint8_t *row = mask.coverage + (size_t)y * (size_t)mask.width;
        for (int x = 0; x < mask.width; x++) {
            float px = mask.x + x + 0.5f, py = mask.y + y + 0.5f;
            float distance = fabsf(rounded_distance(px, py, shape)) - thickness / 2;
            if (dash > 0 && distance < 0.5f) {
                float phase = fmodf(along_outline(px, py, shape), 2 * dash);
                distance = fmaxf(distance, fabsf(phase - dash) - dash / 2 - dash * 0.08f);
            }
            row[x] = coverage_of(distance);
        }
    }
}

void gav_mask_line(
    gav_mask mask, float x0, float y0, float x1, float y1, float radius0, float radius1, float opacity0,
    float opacity1) {
    float dx = x1 - x0, dy = y1 - y0, squared = dx * dx + dy * dy, reach = fmaxf(radius0, radius1) + 1;
    int left = (int)floorf(fminf(x0, x1) - reach) - mask.x, right = (int)ceilf(fmaxf(x0, x1) + reach) - mask.x;
    int top = (int)floorf(fminf(y0, y1) - reach) - mask.y, bottom = (int)ceilf(fmaxf(y0, y1) + reach) - mask.y;
    if (left < 0) left = 0;
    if (top < 0) top = 0;
    if (right > mask.width) right = mask.width;
    if (bottom > mask.height) bottom = mask.height;
    for (int y = top; y < bottom; y++) {
        uint8_t *row = mask.coverage + (size_t)y * (size_t)mask.width;
        for (int x = left; x < right; x++) {
            float px = mask.x + x + 0.5f - x0, py = mask.y + y + 0.5f - y0;
            float t = squared > 0 ? fminf(fmaxf((px * dx + py * dy) / squared, 0), 1) : 1;
            float ex = px - t * dx, ey = py - t * dy;
            float distance = sqrtf(ex * ex + ey * ey) - (radius0 + t * (radius1 - radius0));
            uint8_t value = (uint8_t)(coverage_of(distance) * (opacity0 + t * (opacity1 - opacity0)) + 0.5f);
            if (value > row[x]) row[x] = value;
        }
    }
}

static inline uint8_t mix(uint8_t under, uint8_t over, uint32_t weight) {
    // weight 0…65025 (coverage times opacity, both 0…255)
    return (uint8_t)((under * (65025 - weight) + over * weight + 32512) / 65025);
}

void gav_canvas_blend(gav_frame *canvas, gav_mask mask, const uint8_t yuv[3], uint8_t opacity) {
    AVFrame *av = canvas->av;
    // The mask's origin and size are even; what reaches beyond the picture is left out.
    int left = mask.x < 0 ? -mask.x : 0, top = mask.y < 0 ? -mask.y : 0;
    int right = mask.x + mask.width > av->width ? av->width - mask.x : mask.width;
    int bottom = mask.y + mask.height > av->height ? av->height - mask.y : mask.height;
    for (int y = top; y < bottom; y++) {
        const uint8_t *coverage = mask.coverage + (size_t)y * (size_t)mask.width;
        uint8_t *row = av->data[0] + (ptrdiff_t)(mask.y + y) * av->linesize[0] + mask.x;
        for (int x = left; x < right; x++)
            if (coverage[x]) row[x] = mix(row[x], yuv[0], (uint32_t)coverage[x] * opacity);
    }
    for (int y = top; y + 1 < bottom; y += 2) {
        const uint8_t *upper = mask.coverage + (size_t)y * (size_t)mask.width, *lower = upper + mask.width;
        ptrdiff_t at = (ptrdiff_t)(mask.y + y) / 2;
        uint8_t *u = av->data[1] + at * av->linesize[1] + mask.x / 2;
        uint8_t *v = av->data[2] + at * av->linesize[2] + mask.x / 2;
        for (int x = left; x + 1 < right; x += 2) {
            uint32_t sum = (uint32_t)upper[x] + upper[x + 1] + lower[x] + lower[x + 1];
            if (!sum) continue;
            uint32_t weight = (sum + 2) / 4 * opacity;
            u[x / 2] = mix(u[x / 2], yuv[1], weight);
            v[x / 2] = mix(v[x / 2], yuv[2], weight);
        }
    }
}
