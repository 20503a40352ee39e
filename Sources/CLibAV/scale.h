#pragma once
#include "CLibAV.h"
#include "libav.h"

typedef struct {
    int matrix;      // SWS_CS_…
    int full_range;
} gav_colour;

// How the frame's samples become RGB.
gav_colour gav_frame_colour(const AVFrame *);

// Copies one plane, turned clockwise by `rotation` degrees; `width` and `height` are those of the result.
void gav_turn(
    const uint8_t *from, ptrdiff_t from_stride, uint8_t *to, ptrdiff_t to_stride, int width, int height, int rotation);

// Converts the frame to 8-bit 4:2:0 of this size in the colours of `like`, in the scaler's own memory.
int gav_scaler_yuv420(
    gav_scaler *, const AVFrame *from, const AVFrame *like, int width, int height, uint8_t *planes[3],
    ptrdiff_t strides[3]);
