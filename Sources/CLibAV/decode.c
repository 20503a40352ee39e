#include <stdlib.h>

#include "input.h"
#include "libav.h"

struct gav_decoder {
    AVCodecContext *codec;
};

int gav_decoder_open(gav_decoder **out, const gav_input *input, int stream_index, int threads, int64_t max_pixels) {
    *out = NULL;
    AVStream *stream = input->format->streams[stream_index];
    const AVCodec *found = gav.avcodec_find_decoder(stream->codecpar->codec_id);
    if (!found) return AVERROR_DECODER_NOT_FOUND;
    gav_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return AVERROR(ENOMEM);
    AVDictionary *options = NULL;
    int error = AVERROR(ENOMEM);
    decoder->codec = gav.avcodec_alloc_context3(found);
    if (!decoder->codec) goto failed;
    error = gav.avcodec_parameters_to_context(decoder->codec, stream->codecpar);
    if (error < 0) goto failed;
    decoder->codec->pkt_timebase = stream->time_base;
    decoder->codec->thread_count = threads;
    gav.av_dict_set_int(&options, "max_pixels", max_pixels, 0);
    error = gav.avcodec_open2(decoder->codec, found, &options);
    if (error < 0) goto failed;
    gav.av_dict_free(&options);
    *out = decoder;
    return 0;
failed:
    gav.av_dict_free(&options);
    gav_decoder_close(decoder);
    return error;
}

void gav_decoder_close(gav_decoder *decoder) {
    if (!decoder) return;
    if (decoder->codec) gav.avcodec_free_context(&decoder->codec);
    free(decoder);
}

static int result(int error) {
    return error >= 0 ? 0 : error == AVERROR(EAGAIN) ? GAV_AGAIN : error == AVERROR_EOF ? GAV_END : error;
}

int gav_decoder_send(gav_decoder *decoder, const gav_input *input) {
    return result(gav.avcodec_send_packet(decoder->codec, input ? input->packet : NULL));
}

int gav_decoder_receive(gav_decoder *decoder, gav_frame *frame) {
    return result(gav.avcodec_receive_frame(decoder->codec, frame->av));
}

gav_frame *gav_frame_new(void) {
    gav_frame *frame = calloc(1, sizeof *frame);
    if (!frame) return NULL;
    frame->av = gav.av_frame_alloc();
    if (frame->av) return frame;
    free(frame);
    return NULL;
}

void gav_frame_free(gav_frame *frame) {
    if (!frame) return;
    gav.av_frame_free(&frame->av);
    free(frame);
}

void gav_frame_move(gav_frame *to, gav_frame *from) {
    gav.av_frame_unref(to->av);
    gav.av_frame_move_ref(to->av, from->av);
}

void gav_frame_describe(const gav_frame *frame, gav_frame_info *info) {
    const AVFrame *av = frame->av;
    int64_t time = av->pts != AV_NOPTS_VALUE ? av->pts : av->best_effort_timestamp;
    *info = (gav_frame_info){
        .pts = time == AV_NOPTS_VALUE ? GAV_NO_TIME : time,
#if LIBAVUTIL_VERSION_MAJOR >= 58
        .duration = av->duration,
        .key = (av->flags & AV_FRAME_FLAG_KEY) != 0,
        .interlaced = av->flags & AV_FRAME_FLAG_INTERLACED ? av->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST ? 1 : 2 : 0,
#else
        .duration = av->pkt_duration,
        .key = av->key_frame,
        .interlaced = av->interlaced_frame ? av->top_field_first ? 1 : 2 : 0,
#endif
        .width = av->width,
        .height = av->height,
        .pixel_format = av->format,
        .damaged = av->decode_error_flags != 0 || (av->flags & AV_FRAME_FLAG_CORRUPT) != 0,
    };
}

void gav_frame_chroma_step(const gav_frame *frame, int *x, int *y) {
    const AVPixFmtDescriptor *format = gav.av_pix_fmt_desc_get(frame->av->format);
    *x = format ? 1 << format->log2_chroma_w : 1;
    *y = format ? 1 << format->log2_chroma_h : 1;
}
