#pragma once
#include "scale.h"

// A plane of 8-bit samples, cut to the part that is read.
typedef struct {
    const uint8_t *data;
    ptrdiff_t stride;
    int width, height;
    int shift_x, shift_y;   // log2 of the pixels a sample stands for
    double offset_x;        // how far right of its pixels' middle a sample lies (left: negative), in samples
} gav_plane;

typedef struct gav_resampler gav_resampler;

gav_resampler *gav_resampler_new(void);
void gav_resampler_free(gav_resampler *);

// Scales three planes of one picture part of `source_width` x `source_height` pixels and turns them into RGB.
//
// Each axis is halved by averaging pairs until it is at most twice the target, then interpolated between the two
// nearest samples: as sharp as bilinear scaling, without its aliasing when a large picture becomes small. All in
// integers, so the vector and the portable code give the same bytes.
//
// Returns 0, or -1 where the picture is too small for this code.
int gav_resample(
    gav_resampler *, const gav_plane planes[3], int source_width, int source_height, gav_colour, uint8_t *r, uint8_t *g,
    uint8_t *b, ptrdiff_t stride, int width, int height, int portable);
