// Single pictures: of bytes, of a file in memory, and back to bytes.
#include <limits.h>
#include <string.h>

#include "CLibAV.h"
#include "libav.h"
#include "scale.h"

int gav_frame_of_rgb(gav_frame **out, const uint8_t *bytes, ptrdiff_t stride, int width, int height) {
    *out = NULL;
    gav_frame *frame = gav_frame_new();
    if (!frame) return AVERROR(ENOMEM);
    AVFrame *av = frame->av;
    av->format = AV_PIX_FMT_RGB24;
    av->width = width;
    av->height = height;
    av->color_range = AVCOL_RANGE_JPEG;
    int error = gav.av_frame_get_buffer(av, 0);
    if (error < 0) {
        gav_frame_free(frame);
        return error;
    }
    for (int y = 0; y < height; y++)
        memcpy(av->data[0] + (ptrdiff_t)y * av->linesize[0], bytes + y * stride, (size_t)width * 3);
    *out = frame;
    return 0;
}

// Memory without what an earlier picture left in it, should a decoder leave a hole in this one.
static int get_clean_buffer(AVCodecContext *codec, AVFrame *av, int flags) {
    int error = gav.avcodec_default_get_buffer2(codec, av, flags);
    if (error < 0) return error;
    for (int i = 0; i < AV_NUM_DATA_POINTERS && av->buf[i]; i++) memset(av->buf[i]->data, 0, av->buf[i]->size);
    return 0;
}

int gav_still_decode(gav_frame **out, const uint8_t *bytes, size_t count, gav_still kind, int64_t max_pixels) {
    *out = NULL;
    if (count > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE) return AVERROR_INVALIDDATA;
    const AVCodec *found = gav.avcodec_find_decoder(kind == GAV_PNG ? AV_CODEC_ID_PNG : AV_CODEC_ID_MJPEG);
    if (!found) return AVERROR_DECODER_NOT_FOUND;
    AVDictionary *options = NULL;
    AVCodecContext *codec = gav.avcodec_alloc_context3(found);
    AVPacket *packet = gav.av_packet_alloc();
    gav_frame *frame = gav_frame_new();
    int error = AVERROR(ENOMEM);
    if (!codec || !packet || !frame) goto done;
    codec->thread_count = 1;
    codec->get_buffer2 = get_clean_buffer;
    codec->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    gav.av_dict_set_int(&options, "max_pixels", max_pixels, 0);
    error = gav.avcodec_open2(codec, found, &options);
    if (error >= 0) error = gav.av_new_packet(packet, (int)count);
    if (error < 0) goto done;
    memcpy(packet->data, bytes, count);
    error = gav.avcodec_send_packet(codec, packet);
    if (error >= 0) error = gav.avcodec_send_packet(codec, NULL);
    if (error >= 0) error = gav.avcodec_receive_frame(codec, frame->av);
    if (error >= 0 && ((frame->av->flags & AV_FRAME_FLAG_CORRUPT) || frame->av->decode_error_flags))
        error = AVERROR_INVALIDDATA;
    if (error < 0) goto done;
    *out = frame;
    frame = NULL;
done:
    gav.av_dict_free(&options);
    if (codec) gav.avcodec_free_context(&codec);
    if (packet) gav.av_packet_free(&packet);
    gav_frame_free(frame);
    return error == AVERROR_EOF ? GAV_END : error < 0 ? error : 0;
}

void gav_orient_rgb(const uint8_t *from, uint8_t *to, int width, int height, int orientation) {
    const ptrdiff_t row = (ptrdiff_t)width * 3;
    const ptrdiff_t right = (ptrdiff_t)(width - 1) * 3, bottom = (ptrdiff_t)(height - 1) * row;
    // Where the upright picture's first pixel lies, and where the next of its row and of its column do.
    ptrdiff_t start = 0, x_step = 3, y_step = row;
    switch (orientation) {
        case 2: start = right, x_step = -3; break;
        case 3: start = right + bottom, x_step = -3, y_step = -row; break;
        case 4: start = bottom, y_step = -row; break;
        case 5: x_step = row, y_step = 3; break;
        case 6: start = bottom, x_step = -row, y_step = 3; break;
        case 7: start = right + bottom, x_step = -row, y_step = -3; break;
        case 8: start = right, x_step = row, y_step = -3; break;
        default: break;
    }
    const int turned = orientation >= 5 && orientation <= 8;
    const int columns = turned ? height : width, rows = turned ? width : height;
    for (int y = 0; y < rows; y++) {
        const uint8_t *pixel = from + start + y * y_step;
        for (int x = 0; x < columns; x++, pixel += x_step, to += 3) {
            to[0] = pixel[0];
            to[1] = pixel[1];
            to[2] = pixel[2];
        }
    }
}

int gav_frame_to_rgb(const gav_frame *frame, uint8_t *bytes) {
    const AVFrame *av = frame->av;
    struct SwsContext *context = gav.sws_getCachedContext(
        NULL, av->width, av->height, av->format, av->width, av->height, AV_PIX_FMT_RGB24,
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
    if (!context) return AVERROR(EINVAL);
    gav_colour colour = gav_frame_colour(av);
    const int *matrix = gav.sws_getCoefficients(colour.matrix);
    gav.sws_setColorspaceDetails(context, matrix, colour.full_range, matrix, 1, 0, 1 << 16, 1 << 16);
    int stride = av->width * 3;
    int rows = gav.sws_scale(
        context, (const uint8_t *const *)av->data, av->linesize, 0, av->height, (uint8_t *const[]){ bytes },
        (const int[]){ stride });
    gav.sws_freeContext(context);
    return rows == av->height ? 0 : rows < 0 ? rows : AVERROR_INVALIDDATA;
}
