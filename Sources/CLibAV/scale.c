// Any picture to planar RGB: 8-bit planar YUV, which nearly all video is, through our own kernel; the rest, and tiny
// pictures, through swscale.
#include <stdlib.h>
#include <string.h>

#include "CLibAV.h"
#include "libav.h"
#include "resample.h"
#include "scale.h"

enum { CONTEXTS = 16 };

typedef struct {
    int width, height, format;
    gav_colour colour;
    int to_width, to_height, to_format;
    gav_colour to_colour;
} key;

struct gav_scaler {
    struct SwsContext *contexts[CONTEXTS];
    key keys[CONTEXTS];
    int next;
    uint8_t *buffer;
    size_t capacity;
    gav_resampler *resampler;
    int plain;
};

gav_scaler *gav_scaler_new(void) {
    gav_scaler *scaler = calloc(1, sizeof(gav_scaler));
    if (!scaler) return NULL;
    scaler->resampler = gav_resampler_new();
    if (scaler->resampler) return scaler;
    free(scaler);
    return NULL;
}

void gav_scaler_restrict(gav_scaler *scaler, int plain) { scaler->plain = plain; }

void gav_scaler_free(gav_scaler *scaler) {
    if (!scaler) return;
    for (int i = 0; i < CONTEXTS; i++)
        if (scaler->contexts[i]) gav.sws_freeContext(scaler->contexts[i]);
    gav_resampler_free(scaler->resampler);
    free(scaler->buffer);
    free(scaler);
}

// Streams that do not say which matrix they use: by size, as players do (BT.601 up to 576 lines, BT.709 above).
static int matrix_of(const AVFrame *av) {
    switch (av->colorspace) {
        case AVCOL_SPC_BT709: return SWS_CS_ITU709;
        case AVCOL_SPC_FCC: return SWS_CS_FCC;
        case AVCOL_SPC_BT470BG: case AVCOL_SPC_SMPTE170M: return SWS_CS_ITU601;
        case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
        case AVCOL_SPC_BT2020_NCL: case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
        default: return av->width >= 1280 || av->height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

static int is_full_range(const AVFrame *av) {
    return av->color_range == AVCOL_RANGE_JPEG || av->format == AV_PIX_FMT_YUVJ420P ||
        av->format == AV_PIX_FMT_YUVJ422P || av->format == AV_PIX_FMT_YUVJ444P || av->format == AV_PIX_FMT_YUVJ440P ||
        av->format == AV_PIX_FMT_YUVJ411P;
}

gav_colour gav_frame_colour(const AVFrame *av) {
    return (gav_colour){ .matrix = matrix_of(av), .full_range = is_full_range(av) };
}

static struct SwsContext *context_for(gav_scaler *scaler, key wanted) {
    for (int i = 0; i < CONTEXTS; i++)
        if (scaler->contexts[i] && memcmp(&scaler->keys[i], &wanted, sizeof wanted) == 0) return scaler->contexts[i];
    int slot = scaler->next;
    scaler->next = (slot + 1) % CONTEXTS;
    if (scaler->contexts[slot]) gav.sws_freeContext(scaler->contexts[slot]);
    // The triangle filter widens when it shrinks a picture, so small objects do not alias away.
    struct SwsContext *context = gav.sws_getCachedContext(
        NULL, wanted.width, wanted.height, wanted.format, wanted.to_width, wanted.to_height, wanted.to_format,
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, NULL, NULL, NULL);
    scaler->contexts[slot] = context;
    scaler->keys[slot] = wanted;
    if (context)
        gav.sws_setColorspaceDetails(
            context, gav.sws_getCoefficients(wanted.colour.matrix), wanted.colour.full_range,
            gav.sws_getCoefficients(wanted.to_colour.matrix), wanted.to_colour.full_range, 0, 1 << 16, 1 << 16);
    return context;
}

// Where the part's first pixel lies in each plane.
static void crop(const AVFrame *av, gav_rect source, const uint8_t *planes[4]) {
    const AVPixFmtDescriptor *format = gav.av_pix_fmt_desc_get(av->format);
    for (int i = 0; i < 4; i++) planes[i] = av->data[i];
    if (format->flags & (AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM)) {
        planes[0] += source.y * (ptrdiff_t)av->linesize[0] + source.x;
        return;
    }
    int done[4] = { 0 };
    for (int i = 0; i < format->nb_components; i++) {
        int plane = format->comp[i].plane;
        if (done[plane]) continue;
        done[plane] = 1;
        int chroma = i == 1 || i == 2;
        int x = source.x >> (chroma ? format->log2_chroma_w : 0), y = source.y >> (chroma ? format->log2_chroma_h : 0);
        planes[plane] += y * (ptrdiff_t)av->linesize[plane] + x * (ptrdiff_t)format->comp[i].step;
    }
}

static uint8_t *buffer_of(gav_scaler *scaler, size_t size) {
    if (scaler->capacity < size) {
        free(scaler->buffer);
        scaler->buffer = aligned_alloc(64, (size + 63) / 64 * 64);
        scaler->capacity = scaler->buffer ? size : 0;
    }
    return scaler->buffer;
}

void gav_turn(
    const uint8_t *from, ptrdiff_t from_stride, uint8_t *to, ptrdiff_t to_stride, int width, int height,
    int rotation) {
    for (int y = 0; y < height; y++) {
        uint8_t *row = to + y * to_stride;
        switch (rotation) {
            case 90:  // upright (x, y) shows coded (y, coded height - 1 - x)
                for (int x = 0; x < width; x++) row[x] = from[(width - 1 - x) * from_stride + y];
                break;
            case 180:
                for (int x = 0; x < width; x++) row[x] = from[(height - 1 - y) * from_stride + width - 1 - x];
                break;
            case 270:
                for (int x = 0; x < width; x++) row[x] = from[x * from_stride + height - 1 - y];
                break;
            default: memcpy(row, from + y * from_stride, (size_t)width);
        }
    }
}

// How the frame's planes are sampled; 0 where the format is not 8-bit planar YUV.
static int planes_of(const AVFrame *av, gav_rect source, gav_plane planes[3]) {
    int shift_x, shift_y;
    switch (av->format) {
        case AV_PIX_FMT_YUV420P: case AV_PIX_FMT_YUVJ420P: shift_x = 1, shift_y = 1; break;
        case AV_PIX_FMT_YUV422P: case AV_PIX_FMT_YUVJ422P: shift_x = 1, shift_y = 0; break;
        case AV_PIX_FMT_YUV444P: case AV_PIX_FMT_YUVJ444P: shift_x = 0, shift_y = 0; break;
        default: return 0;
    }
    const uint8_t *data[4];
    crop(av, source, data);
    // Unless it says otherwise, video has its chroma samples above the left one of their two pixels (MPEG-2 onwards),
    // JPEG and MPEG-1 between them.
    int between = av->chroma_location == AVCHROMA_LOC_CENTER || av->chroma_location == AVCHROMA_LOC_TOP;
    for (int i = 0; i < 3; i++) {
        int x = i ? shift_x : 0, y = i ? shift_y : 0;
        planes[i] = (gav_plane){
            .data = data[i],
            .stride = av->linesize[i],
            .width = (source.width + x) >> x,
            .height = (source.height + y) >> y,
            .shift_x = x,
            .shift_y = y,
            .offset_x = x && !between ? -0.25 : 0,
        };
    }
    return 1;
}

typedef struct {
    uint8_t *planes[3];  // R, G, B
    ptrdiff_t stride;
} rgb_target;

// Through swscale, into the scaler's own memory: swscale may write past a row's end up to its vector size.
static int convert_anything(gav_scaler *scaler, const AVFrame *av, gav_rect source, int width, int height,
                            rgb_target *out) {
    struct SwsContext *context = context_for(
        scaler, (key){ source.width, source.height, av->format, gav_frame_colour(av), width, height,
                       AV_PIX_FMT_GBRP, { SWS_CS_DEFAULT, 1 } });
    if (!context) return AVERROR(ENOSYS);
    size_t row = ((size_t)width + 63) / 64 * 64 + 64, plane = row * (size_t)height;
    uint8_t *buffer = buffer_of(scaler, 3 * plane);
    if (!buffer) return AVERROR(ENOMEM);
    const uint8_t *planes[4];
    crop(av, source, planes);
    uint8_t *gbr[4] = { buffer, buffer + plane, buffer + 2 * plane, NULL };
    int strides[4] = { (int)row, (int)row, (int)row, 0 };
    int done = gav.sws_scale(context, planes, av->linesize, 0, source.height, gbr, strides);
    *out = (rgb_target){ { gbr[2], gbr[0], gbr[1] }, (ptrdiff_t)row };
    return done < 0 ? done : 0;
}

int gav_scaler_rgb(
    gav_scaler *scaler, const gav_frame *frame, gav_rect source, int rotation, uint8_t *r, uint8_t *g, uint8_t *b,
    ptrdiff_t stride, int width, int height) {
    const AVFrame *av = frame->av;
    int turned = rotation == 90 || rotation == 270;
    int coded_width = turned ? height : width, coded_height = turned ? width : height;
    rgb_target target = { { r, g, b }, stride };
    gav_plane planes[3];
    if (planes_of(av, source, planes)) {
        if (rotation != 0) {
            size_t plane = (size_t)coded_width * (size_t)coded_height;
            uint8_t *buffer = buffer_of(scaler, 3 * plane);
            if (!buffer) return AVERROR(ENOMEM);
            target = (rgb_target){ { buffer, buffer + plane, buffer + 2 * plane }, coded_width };
        }
        if (gav_resample(scaler->resampler, planes, source.width, source.height, gav_frame_colour(av),
                         target.planes[0], target.planes[1], target.planes[2], target.stride, coded_width,
                         coded_height, scaler->plain) == 0) {
            if (rotation == 0) return 0;
        } else {
            target.stride = 0;
        }
    } else {
        target.stride = 0;
    }
    if (target.stride == 0) {
        int error = convert_anything(scaler, av, source, coded_width, coded_height, &target);
        if (error < 0) return error;
    }
    uint8_t *out[3] = { r, g, b };
    for (int i = 0; i < 3; i++)
        gav_turn(target.planes[i], target.stride, out[i], stride, width, height, rotation);
    return 0;
}

int gav_scaler_yuv420(
    gav_scaler *scaler, const AVFrame *from, const AVFrame *like, int width, int height, uint8_t *planes[3],
    ptrdiff_t strides[3]) {
    struct SwsContext *context = context_for(
        scaler, (key){ from->width, from->height, from->format, gav_frame_colour(from), width, height,
                       AV_PIX_FMT_YUV420P, gav_frame_colour(like) });
    if (!context) return AVERROR(ENOSYS);
    size_t row = ((size_t)width + 63) / 64 * 64 + 64, plane = row * (size_t)((height + 1) & ~1);
    uint8_t *buffer = buffer_of(scaler, 3 * plane);
    if (!buffer) return AVERROR(ENOMEM);
    uint8_t *out[4] = { buffer, buffer + plane, buffer + 2 * plane, NULL };
    int out_strides[4] = { (int)row, (int)row, (int)row, 0 };
    const uint8_t *in[4] = { from->data[0], from->data[1], from->data[2], from->data[3] };
    int done = gav.sws_scale(context, in, from->linesize, 0, from->height, out, out_strides);
    if (done < 0) return done;
    for (int i = 0; i < 3; i++) {
        planes[i] = out[i];
        strides[i] = (ptrdiff_t)row;
    }
    return 0;
}
