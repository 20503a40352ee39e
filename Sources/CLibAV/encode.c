// Pictures coded on their own, for a file that also holds pictures coded by others.
#include <stdlib.h>

#include "CLibAV.h"
#include "libav.h"

struct gav_encoder {
    AVCodecContext *codec;
    AVFrame *frame;
    AVPacket *packet;
};

int gav_encoder_exists(const char *name) { return gav.avcodec_find_encoder_by_name(name) != NULL; }

static void describe(AVCodecContext *codec, const gav_encoder_settings *settings, const AVFrame *like) {
    codec->width = like->width;
    codec->height = like->height;
    codec->pix_fmt = like->format;
    codec->color_range = like->color_range;
    codec->colorspace = like->colorspace;
    codec->color_primaries = like->color_primaries;
    codec->color_trc = like->color_trc;
    codec->chroma_sample_location = like->chroma_location;
    codec->sample_aspect_ratio = (AVRational){ settings->aspect_num, settings->aspect_den };
    codec->time_base = (AVRational){ settings->time_base_num, settings->time_base_den };
    codec->framerate = (AVRational){ settings->frame_rate_num, settings->frame_rate_den };
    codec->thread_count = settings->threads;
    codec->gop_size = settings->keyframe_interval;
    codec->bit_rate = settings->bit_rate;
    if (settings->level > 0) codec->level = settings->level;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (settings->interlaced) {
        codec->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
        codec->field_order = settings->interlaced == 1 ? AV_FIELD_TT : AV_FIELD_BB;
    }
}

int gav_encoder_open(
    gav_encoder **out, const char *name, const char *options, const gav_encoder_settings *settings,
    const gav_frame *like) {
    *out = NULL;
    const AVCodec *found = gav.avcodec_find_encoder_by_name(name);
    if (!found) return AVERROR_ENCODER_NOT_FOUND;
    gav_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return AVERROR(ENOMEM);
    AVDictionary *own = NULL;
    int error = AVERROR(ENOMEM);
    encoder->codec = gav.avcodec_alloc_context3(found);
    encoder->frame = gav.av_frame_alloc();
    encoder->packet = gav.av_packet_alloc();
    if (!encoder->codec || !encoder->frame || !encoder->packet) goto failed;
    describe(encoder->codec, settings, like->av);
    error = gav.av_dict_parse_string(&own, options, "=", "\n", 0);
    if (error >= 0) error = gav.avcodec_open2(encoder->codec, found, &own);
    if (error < 0) goto failed;
    gav.av_dict_free(&own);
    *out = encoder;
    return 0;
failed:
    gav.av_dict_free(&own);
    gav_encoder_close(encoder);
    return error;
}

void gav_encoder_close(gav_encoder *encoder) {
    if (!encoder) return;
    if (encoder->codec) gav.avcodec_free_context(&encoder->codec);
    if (encoder->frame) gav.av_frame_free(&encoder->frame);
    if (encoder->packet) gav.av_packet_free(&encoder->packet);
    free(encoder);
}

const uint8_t *gav_encoder_headers(const gav_encoder *encoder, size_t *count) {
    *count = encoder->codec->extradata_size > 0 ? (size_t)encoder->codec->extradata_size : 0;
    return encoder->codec->extradata;
}

static int result(int error) {
    return error >= 0 ? 0 : error == AVERROR(EAGAIN) ? GAV_AGAIN : error == AVERROR_EOF ? GAV_END : error;
}

int gav_encoder_send(gav_encoder *encoder, const gav_frame *frame, int64_t pts) {
    if (!frame) return result(gav.avcodec_send_frame(encoder->codec, NULL));
    gav.av_frame_unref(encoder->frame);
    int error = gav.av_frame_ref(encoder->frame, frame->av);
    if (error < 0) return error;
    encoder->frame->pts = pts;
    encoder->frame->pict_type = AV_PICTURE_TYPE_NONE;
    return result(gav.avcodec_send_frame(encoder->codec, encoder->frame));
}

int gav_encoder_receive(gav_encoder *encoder, gav_coded *coded) {
    gav.av_packet_unref(encoder->packet);
    int error = result(gav.avcodec_receive_packet(encoder->codec, encoder->packet));
    if (error < 0) return error;
    const AVPacket *packet = encoder->packet;
    *coded = (gav_coded){
        .bytes = packet->data,
        .count = (size_t)packet->size,
        .pts = packet->pts,
        .key = (packet->flags & AV_PKT_FLAG_KEY) != 0,
    };
    return 0;
}
