// One picture as a JPEG file.
#include <stdlib.h>
#include <string.h>

#include "libav.h"
#include "scale.h"

int gav_canvas_jpeg(const gav_frame *canvas, int width, int height, int quality, uint8_t **bytes, size_t *count) {
    *bytes = NULL;
    const AVCodec *encoder = gav.avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (!encoder) return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *codec = gav.avcodec_alloc_context3(encoder);
    AVFrame *picture = gav.av_frame_alloc();
    AVPacket *packet = gav.av_packet_alloc();
    struct SwsContext *context = NULL;
    int error = AVERROR(ENOMEM);
    if (!codec || !picture || !packet) goto done;
    // JFIF is full-range BT.601.
    picture->format = AV_PIX_FMT_YUVJ420P;
    picture->width = width;
    picture->height = height;
    error = gav.av_frame_get_buffer(picture, 0);
    if (error < 0) goto done;
    error = AVERROR(ENOMEM);
    context = gav.sws_getCachedContext(
        NULL, width, height, AV_PIX_FMT_YUV420P, width, height, AV_PIX_FMT_YUVJ420P, SWS_BILINEAR | SWS_ACCURATE_RND,
        NULL, NULL, NULL);
    if (!context) goto done;
    gav_colour colour = gav_frame_colour(canvas->av);
    gav.sws_setColorspaceDetails(
        context, gav.sws_getCoefficients(colour.matrix), colour.full_range, gav.sws_getCoefficients(SWS_CS_ITU601), 1,
        0, 1 << 16, 1 << 16);
    error = gav.sws_scale(context, (const uint8_t *const *)canvas->av->data, canvas->av->linesize, 0, height,
                          picture->data, picture->linesize);
    if (error < 0) goto done;
    codec->width = width;
    codec->height = height;
    codec->pix_fmt = AV_PIX_FMT_YUVJ420P;
    codec->color_range = AVCOL_RANGE_JPEG;
    codec->time_base = (AVRational){ 1, 1 };
    codec->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    codec->global_quality = quality * FF_QP2LAMBDA;
    codec->thread_count = 1;
    picture->quality = codec->global_quality;
    error = gav.avcodec_open2(codec, encoder, NULL);
    if (error >= 0) error = gav.avcodec_send_frame(codec, picture);
    if (error >= 0) error = gav.avcodec_send_frame(codec, NULL);
    if (error >= 0) error = gav.avcodec_receive_packet(codec, packet);
    if (error < 0) goto done;
    *bytes = malloc((size_t)packet->size);
    if (!*bytes) { error = AVERROR(ENOMEM); goto done; }
    memcpy(*bytes, packet->data, (size_t)packet->size);
    *count = (size_t)packet->size;
    error = 0;
done:
    if (context) gav.sws_freeContext(context);
    if (codec) gav.avcodec_free_context(&codec);
    if (picture) gav.av_frame_free(&picture);
    if (packet) gav.av_packet_free(&packet);
    return error < 0 ? error : 0;
}
