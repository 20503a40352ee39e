// Pictures to draw on: 8-bit 4:2:0, upright, of even size, in the video's own colours.
#include <string.h>

#include "CLibAV.h"
#include "libav.h"
#include "scale.h"

static int is_rgb(const AVFrame *av) {
    const AVPixFmtDescriptor *format = gav.av_pix_fmt_desc_get(av->format);
    return format && (format->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
}

int gav_canvas_new(gav_frame **out, const gav_frame *like, int width, int height) {
    *out = NULL;
    gav_frame *canvas = gav_frame_new();
    if (!canvas) return AVERROR(ENOMEM);
    AVFrame *av = canvas->av;
    gav_colour colour = gav_frame_colour(like->av);
    av->format = AV_PIX_FMT_YUV420P;
    av->width = (width + 1) & ~1;
    av->height = (height + 1) & ~1;
    if (is_rgb(like->av)) {
        av->color_range = AVCOL_RANGE_MPEG;
        av->colorspace = colour.matrix == SWS_CS_ITU709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    } else {
        av->color_range = colour.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
        av->colorspace = like->av->colorspace;
    }
    av->color_primaries = like->av->color_primaries;
    av->color_trc = like->av->color_trc;
    av->chroma_location = like->av->chroma_location;
    int error = gav.av_frame_get_buffer(av, 0);
    if (error < 0) {
        gav_frame_free(canvas);
        return error;
    }
    *out = canvas;
    return 0;
}

void gav_canvas_colour(const gav_frame *canvas, int *matrix, int *full_range) {
    gav_colour colour = gav_frame_colour(canvas->av);
    switch (colour.matrix) {
        case SWS_CS_ITU709: *matrix = 709; break;
        case SWS_CS_BT2020: *matrix = 2020; break;
        default: *matrix = 601;
    }
    *full_range = colour.full_range;
}

// Repeats the last column and row of an odd-sized picture's luma into the canvas's even size.
static void pad(AVFrame *av, int width, int height) {
    if (width < av->width)
        for (int y = 0; y < height; y++) {
            uint8_t *row = av->data[0] + (ptrdiff_t)y * av->linesize[0];
            row[width] = row[width - 1];
        }
    if (height < av->height) {
        uint8_t *row = av->data[0] + (ptrdiff_t)height * av->linesize[0];
        memcpy(row, row - av->linesize[0], (size_t)av->width);
    }
}

int gav_canvas_paint(
    gav_scaler *scaler, gav_frame *canvas, const gav_frame *frame, int rotation, int width, int height) {
    int error = gav.av_frame_make_writable(canvas->av);
    if (error < 0) return error;
    AVFrame *to = canvas->av;
    const AVFrame *from = frame->av;
    int turned = rotation == 90 || rotation == 270;
    int coded_width = turned ? height : width, coded_height = turned ? width : height;
    const uint8_t *planes[3] = { from->data[0], from->data[1], from->data[2] };
    ptrdiff_t strides[3] = { from->linesize[0], from->linesize[1], from->linesize[2] };
    int same = (from->format == AV_PIX_FMT_YUV420P || from->format == AV_PIX_FMT_YUVJ420P) &&
        from->width == coded_width && from->height == coded_height &&
        (from->color_range == AVCOL_RANGE_JPEG || from->format == AV_PIX_FMT_YUVJ420P) ==
            (to->color_range == AVCOL_RANGE_JPEG);
    if (!same) {
        uint8_t *made[3];
        error = gav_scaler_yuv420(scaler, from, to, coded_width, coded_height, made, strides);
        if (error < 0) return error;
        for (int i = 0; i < 3; i++) planes[i] = made[i];
    }
    for (int i = 0; i < 3; i++) {
        int half = i > 0;
        gav_turn(planes[i], strides[i], to->data[i], to->linesize[i], (width + half) >> half, (height + half) >> half,
                 rotation);
    }
    pad(to, width, height);
    return 0;
}

const uint8_t *gav_canvas_luma_row(const gav_frame *canvas, int y) {
    return canvas->av->data[0] + (ptrdiff_t)y * canvas->av->linesize[0];
}
