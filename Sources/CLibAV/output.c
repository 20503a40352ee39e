// An MP4 file being written: pictures encoded here or passed in coded, sound packets passed in ready.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "libav.h"
#include "output.h"

enum { SHOWN = 256 };

struct gav_output {
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *video, *audio;
    AVPacket *packet;
    AVRational audio_clock, video_clock;
    // How long the pictures inside the encoder are shown, by time.
    struct { int64_t pts, duration; } shown[SHOWN];
    int headed;
};

static const AVCodec *find_encoder(const char **name) {
    static const char *const names[] = { "libx264", "libopenh264", "mpeg4" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const AVCodec *codec = gav.avcodec_find_encoder_by_name(names[i]);
        if (codec) return *name = names[i], codec;
    }
    return NULL;
}

// x264 without its AVX-512 code. Its mbtree_propagate_list for AVX-512 takes eight macroblocks at a time and does not
// cut the last group of a row at the row's end: where the width is no multiple of eight macroblocks it counts motion
// from memory nobody wrote, which shifts quantisers from run to run (seen in version 164). Every processor with AVX-512
// has AVX2 and BMI2; the others are left to x264's own detection.
const char *gav_x264_parameters(void) {
#ifdef __x86_64__
    if (gav.av_get_cpu_flags() & AV_CPU_FLAG_AVX512) return "sliced-threads=1:asm=AVX2,BMI2";
#endif
    return "sliced-threads=1";
}

static int open_encoder(gav_output *output, const gav_output_settings *settings, const gav_frame *canvas,
                        const char **name) {
    const AVCodec *encoder = find_encoder(name);
    if (!encoder) return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *codec = output->codec = gav.avcodec_alloc_context3(encoder);
    if (!codec) return AVERROR(ENOMEM);
    const AVFrame *like = canvas->av;
    codec->width = like->width;
    codec->height = like->height;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->color_range = like->color_range;
    codec->colorspace = like->colorspace;
    codec->color_primaries = like->color_primaries;
    codec->color_trc = like->color_trc;
    codec->chroma_sample_location = like->chroma_location;
    codec->sample_aspect_ratio = (AVRational){ settings->aspect_num, settings->aspect_den };
    codec->time_base = (AVRational){ settings->time_base_num, settings->time_base_den };
    codec->framerate = (AVRational){ settings->frame_rate_num, settings->frame_rate_den };
    // The number of slice threads is part of the result, so it is the same on every machine.
    codec->thread_count = 4;
    codec->gop_size = settings->keyframe_interval;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary *options = NULL;
    if (strcmp(*name, "libx264") == 0) {
        gav.av_dict_set(&options, "preset", "veryfast", 0);
        gav.av_dict_set_int(&options, "crf", settings->quality, 0);
        gav.av_dict_set(&options, "x264-params", gav_x264_parameters(), 0);
    } else {
        codec->bit_rate = (int64_t)codec->width * codec->height * 4;
    }
    int error = gav.avcodec_open2(codec, encoder, &options);
    gav.av_dict_free(&options);
    return error;
}

int gav_output_open(
    gav_output **out, const char *path, const gav_output_settings *settings, const gav_frame *canvas,
    const char **encoder) {
    *out = NULL;
    gav_output *output = calloc(1, sizeof *output);
    if (!output) return AVERROR(ENOMEM);
    AVDictionary *options = NULL;
    int error = open_encoder(output, settings, canvas, encoder);
    if (error < 0) goto failed;
    error = gav.avformat_alloc_output_context2(&output->format, NULL, "mp4", path);
    if (error < 0) goto failed;
    error = AVERROR(ENOMEM);
    output->packet = gav.av_packet_alloc();
    output->video = gav.avformat_new_stream(output->format, NULL);
    if (!output->packet || !output->video) goto failed;
    error = gav.avcodec_parameters_from_context(output->video->codecpar, output->codec);
    if (error < 0) goto failed;
    output->video->time_base = output->codec->time_base;
    output->video->avg_frame_rate = output->codec->framerate;
    output->video->sample_aspect_ratio = output->codec->sample_aspect_ratio;
    *out = output;
    return 0;
failed:
    gav.av_dict_free(&options);
    gav_output_close(output);
    return error;
}

// What a stream says of its pictures beside their coding: how to turn them, mastering and light levels.
static int copy_side_data(AVStream *to, const AVStream *from) {
#if LIBAVFORMAT_VERSION_MAJOR < 61
    for (int i = 0; i < from->nb_side_data; i++) {
        const AVPacketSideData *side = &from->side_data[i];
        switch (side->type) {
            case AV_PKT_DATA_DISPLAYMATRIX:
            case AV_PKT_DATA_STEREO3D:
            case AV_PKT_DATA_SPHERICAL:
            case AV_PKT_DATA_MASTERING_DISPLAY_METADATA:
            case AV_PKT_DATA_CONTENT_LIGHT_LEVEL: break;
            default: continue;
        }
        uint8_t *copy = gav.av_stream_new_side_data(to, side->type, side->size);
        if (!copy) return AVERROR(ENOMEM);
        memcpy(copy, side->data, side->size);
    }
#else
    (void)to, (void)from;
#endif
    return 0;
}

int gav_output_open_coded(
    gav_output **out, const char *path, const gav_input *input, int stream, const char *codec, const uint8_t *headers,
    size_t count, const gav_frame *like) {
    *out = NULL;
    const AVStream *from = input->format->streams[stream];
    gav_output *output = calloc(1, sizeof *output);
    if (!output) return AVERROR(ENOMEM);
    int error = gav.avformat_alloc_output_context2(&output->format, NULL, "mp4", path);
    if (error < 0) goto failed;
    error = AVERROR(ENOMEM);
    output->packet = gav.av_packet_alloc();
    output->video = gav.avformat_new_stream(output->format, NULL);
    if (!output->packet || !output->video) goto failed;
    AVCodecParameters *to = output->video->codecpar;
    error = gav.avcodec_parameters_copy(to, from->codecpar);
    if (error < 0) goto failed;
    error = AVERROR(ENOMEM);
    gav.av_freep(&to->extradata);
    to->extradata_size = 0;
    to->extradata = gav.av_malloc(count + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!to->extradata) goto failed;
    memset(to->extradata, 0, count + AV_INPUT_BUFFER_PADDING_SIZE);
    memcpy(to->extradata, headers, count);
    to->extradata_size = (int)count;
    // HEVC as hvc1, its parameter sets in the header alone, is what Apple's players take.
    to->codec_tag = strcmp(codec, "hevc") == 0 ? MKTAG('h', 'v', 'c', '1') : 0;
    to->codec_id = strcmp(codec, "hevc") == 0   ? AV_CODEC_ID_HEVC
                   : strcmp(codec, "h264") == 0 ? AV_CODEC_ID_H264
                                                : AV_CODEC_ID_MPEG4;
    to->bit_rate = 0;
    if (like) {
        to->profile = to->level = FF_PROFILE_UNKNOWN;
        to->format = like->av->format;
        to->width = like->av->width;
        to->height = like->av->height;
        to->color_range = like->av->color_range;
        to->color_space = like->av->colorspace;
        to->color_primaries = like->av->color_primaries;
        to->color_trc = like->av->color_trc;
        to->chroma_location = like->av->chroma_location;
    }
    error = copy_side_data(output->video, from);
    if (error < 0) goto failed;
    output->video->time_base = output->video_clock = from->time_base;
    output->video->avg_frame_rate = from->avg_frame_rate;
    output->video->sample_aspect_ratio = from->codecpar->sample_aspect_ratio;
    *out = output;
    return 0;
failed:
    gav_output_close(output);
    return error;
}

int gav_output_write_coded(
    gav_output *output, const uint8_t *bytes, size_t count, int64_t pts, int64_t dts, int64_t duration, int key) {
    if (count > INT32_MAX) return AVERROR(EINVAL);
    int error = gav.av_new_packet(output->packet, (int)count);
    if (error < 0) return error;
    memcpy(output->packet->data, bytes, count);
    output->packet->pts = pts;
    output->packet->dts = dts;
    output->packet->duration = duration;
    output->packet->flags = key ? AV_PKT_FLAG_KEY : 0;
    output->packet->stream_index = output->video->index;
    gav.av_packet_rescale_ts(output->packet, output->video_clock, output->video->time_base);
    return gav.av_interleaved_write_frame(output->format, output->packet);
}

int gav_output_add_audio_stream(gav_output *output, const AVCodecParameters *parameters, AVRational clock) {
    if (gav.avformat_query_codec(output->format->oformat, parameters->codec_id, FF_COMPLIANCE_NORMAL) != 1)
        return AVERROR(ENOSYS);
    output->audio = gav.avformat_new_stream(output->format, NULL);
    if (!output->audio) return AVERROR(ENOMEM);
    int error = gav.avcodec_parameters_copy(output->audio->codecpar, parameters);
    output->audio->codecpar->codec_tag = 0;
    output->audio->time_base = output->audio_clock = clock;
    return error;
}

int gav_output_add_audio(gav_output *output, const gav_input *input, int stream) {
    const AVStream *from = input->format->streams[stream];
    return gav_output_add_audio_stream(output, from->codecpar, from->time_base);
}

int gav_output_begin(gav_output *output) {
    AVDictionary *options = NULL;
    gav.av_dict_set(&options, "movflags", "+faststart+write_colr", 0);
    int error = gav.avio_open(&output->format->pb, output->format->url, AVIO_FLAG_WRITE);
    // The same input gives the same bytes: no encoder version, no creation time.
    output->format->flags |= AVFMT_FLAG_BITEXACT;
    if (error >= 0) error = gav.avformat_write_header(output->format, &options);
    gav.av_dict_free(&options);
    if (error >= 0) output->headed = 1;
    return error < 0 ? error : 0;
}

static int drain(gav_output *output) {
    for (;;) {
        int error = gav.avcodec_receive_packet(output->codec, output->packet);
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return 0;
        if (error < 0) return error;
        for (int i = 0; i < SHOWN; i++)
            if (output->shown[i].pts == output->packet->pts && output->shown[i].duration > 0) {
                output->packet->duration = output->shown[i].duration;
                output->shown[i].duration = 0;
                break;
            }
        output->packet->stream_index = output->video->index;
        gav.av_packet_rescale_ts(output->packet, output->codec->time_base, output->video->time_base);
        error = gav.av_interleaved_write_frame(output->format, output->packet);
        if (error < 0) return error;
    }
}

int gav_output_write(gav_output *output, gav_frame *canvas, int64_t pts, int64_t duration) {
    for (int i = 0; i < SHOWN; i++)
        if (output->shown[i].duration == 0) {
            output->shown[i].pts = pts;
            output->shown[i].duration = duration;
            break;
        }
    canvas->av->pts = pts;
    canvas->av->pict_type = AV_PICTURE_TYPE_NONE;
    int error = gav.avcodec_send_frame(output->codec, canvas->av);
    return error < 0 ? error : drain(output);
}

int gav_output_write_audio_packet(gav_output *output, AVPacket *packet, int64_t shift) {
    packet->stream_index = output->audio->index;
    packet->pos = -1;
    // Unsigned: a damaged decode time may be anything.
    if (packet->pts != AV_NOPTS_VALUE) packet->pts = (int64_t)((uint64_t)packet->pts - (uint64_t)shift);
    if (packet->dts != AV_NOPTS_VALUE) packet->dts = (int64_t)((uint64_t)packet->dts - (uint64_t)shift);
    gav.av_packet_rescale_ts(packet, output->audio_clock, output->audio->time_base);
    return gav.av_interleaved_write_frame(output->format, packet);
}

int gav_output_copy_audio(gav_output *output, gav_input *input, int64_t shift) {
    return gav_output_write_audio_packet(output, input->packet, shift);
}

int gav_output_finish(gav_output *output) {
    int error = output->codec ? gav.avcodec_send_frame(output->codec, NULL) : 0;
    if (error >= 0 && output->codec) error = drain(output);
    if (error < 0) return error;
    error = gav.av_write_trailer(output->format);
    output->headed = 0;
    int closing = gav.avio_closep(&output->format->pb);
    return error < 0 ? error : closing < 0 ? closing : 0;
}

void gav_output_close(gav_output *output) {
    if (!output) return;
    if (output->codec) gav.avcodec_free_context(&output->codec);
    if (output->packet) gav.av_packet_free(&output->packet);
    if (output->format) {
        if (output->format->pb) gav.avio_closep(&output->format->pb);
        gav.avformat_free_context(output->format);
    }
    free(output);
}
