// Sound that MP4 cannot hold, made into AAC.
#include <stdlib.h>

#include "libav.h"
#include "output.h"

struct gav_sound {
    AVCodecContext *codec;
    SwrContext *resampler;
    AVFrame *block;    // what the encoder takes at a time
    AVPacket *packet;
    int64_t next;      // time of the next block, in samples
    int is_timed;
};

static int nearest_rate(int rate) {
    static const int rates[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 };
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (rate == rates[i]) return rate;
    return 48000;
}

int gav_sound_open(gav_sound **out, gav_output *output, int rate, int channels) {
    *out = NULL;
    const AVCodec *encoder = gav.avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (!encoder) return AVERROR_ENCODER_NOT_FOUND;
    gav_sound *sound = calloc(1, sizeof *sound);
    if (!sound) return AVERROR(ENOMEM);
    int error = AVERROR(ENOMEM);
    AVCodecContext *codec = sound->codec = gav.avcodec_alloc_context3(encoder);
    sound->block = gav.av_frame_alloc();
    sound->packet = gav.av_packet_alloc();
    if (!codec || !sound->block || !sound->packet) goto failed;
    codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
    codec->sample_rate = nearest_rate(rate);
    gav.av_channel_layout_default(&codec->ch_layout, channels == 1 ? 1 : 2);
    codec->bit_rate = channels == 1 ? 96000 : 160000;
    codec->time_base = (AVRational){ 1, codec->sample_rate };
    codec->thread_count = 1;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    error = gav.avcodec_open2(codec, encoder, NULL);
    if (error < 0) goto failed;
    AVCodecParameters *parameters = gav.avcodec_parameters_alloc();
    if (!parameters) { error = AVERROR(ENOMEM); goto failed; }
    error = gav.avcodec_parameters_from_context(parameters, codec);
    if (error >= 0) error = gav_output_add_audio_stream(output, parameters, codec->time_base);
    gav.avcodec_parameters_free(&parameters);
    if (error < 0) goto failed;
    sound->block->format = codec->sample_fmt;
    sound->block->sample_rate = codec->sample_rate;
    sound->block->nb_samples = codec->frame_size;
    error = gav.av_channel_layout_copy(&sound->block->ch_layout, &codec->ch_layout);
    if (error >= 0) error = gav.av_frame_get_buffer(sound->block, 0);
    if (error < 0) goto failed;
    *out = sound;
    return 0;
failed:
    gav_sound_close(sound);
    return error;
}

void gav_sound_close(gav_sound *sound) {
    if (!sound) return;
    if (sound->codec) gav.avcodec_free_context(&sound->codec);
    if (sound->resampler) gav.swr_free(&sound->resampler);
    if (sound->block) gav.av_frame_free(&sound->block);
    if (sound->packet) gav.av_packet_free(&sound->packet);
    free(sound);
}

// Sends the block, or the end, and writes what comes out.
static int encode(gav_sound *sound, gav_output *output, AVFrame *block) {
    int error = gav.avcodec_send_frame(sound->codec, block);
    while (error >= 0) {
        error = gav.avcodec_receive_packet(sound->codec, sound->packet);
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return 0;
        if (error >= 0) error = gav_output_write_audio_packet(output, sound->packet, 0);
    }
    return error;
}

// Encodes whole blocks while there are any; with `rest`, also the last short one.
static int encode_ready(gav_sound *sound, gav_output *output, int rest) {
    int size = sound->codec->frame_size;
    for (;;) {
        int64_t ready = gav.swr_get_delay(sound->resampler, sound->codec->sample_rate);
        if (ready < size && !(rest && ready > 0)) return 0;
        int error = gav.av_frame_make_writable(sound->block);
        if (error < 0) return error;
        int got = gav.swr_convert(sound->resampler, sound->block->data, size, NULL, 0);
        if (got <= 0) return got;
        sound->block->nb_samples = got;
        sound->block->pts = sound->next;
        sound->next += got;
        error = encode(sound, output, sound->block);
        sound->block->nb_samples = size;
        if (error < 0 || got < size) return error;
    }
}

static int open_resampler(gav_sound *sound, const AVFrame *frame) {
    AVChannelLayout layout = { 0 };
    if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        gav.av_channel_layout_default(&layout, frame->ch_layout.nb_channels);
    else
        gav.av_channel_layout_copy(&layout, &frame->ch_layout);
    int error = gav.swr_alloc_set_opts2(
        &sound->resampler, &sound->codec->ch_layout, sound->codec->sample_fmt, sound->codec->sample_rate, &layout,
        frame->format, frame->sample_rate, 0, NULL);
    return error < 0 ? error : gav.swr_init(sound->resampler);
}

void gav_frame_sound(const gav_frame *frame, int64_t *samples, int *rate) {
    *samples = frame->av->nb_samples;
    *rate = frame->av->sample_rate;
}

enum { MOST_CHANNELS = 64 };

int gav_sound_write(
    gav_sound *sound, gav_output *output, const gav_frame *frame, int64_t first, int64_t count, int64_t microseconds) {
    const AVFrame *av = frame->av;
    int planar = gav.av_sample_fmt_is_planar(av->format), channels = av->ch_layout.nb_channels;
    if (first < 0 || count < 0 || first + count > av->nb_samples || channels > MOST_CHANNELS) return AVERROR(EINVAL);
    const uint8_t *samples[MOST_CHANNELS] = { 0 };
    int64_t offset = first * gav.av_get_bytes_per_sample(av->format) * (planar ? 1 : channels);
    for (int i = 0; i < (planar ? channels : 1); i++) samples[i] = av->extended_data[i] + offset;
    int error = sound->resampler ? 0 : open_resampler(sound, frame->av);
    if (error < 0) return error;
    int64_t time = gav.av_rescale_q(microseconds, (AVRational){ 1, 1000000 }, sound->codec->time_base);
    int64_t expected = sound->next + gav.swr_get_delay(sound->resampler, sound->codec->sample_rate);
    // Sound follows on without a seam unless a part of it is missing.
    if (!sound->is_timed || time > expected + sound->codec->sample_rate / 5) {
        if (sound->is_timed) error = encode_ready(sound, output, 1);
        if (error < 0) return error;
        sound->next = time;
        sound->is_timed = 1;
    }
    error = gav.swr_convert(sound->resampler, NULL, 0, samples, (int)count);
    return error < 0 ? error : encode_ready(sound, output, 0);
}

int gav_sound_finish(gav_sound *sound, gav_output *output) {
    if (!sound->resampler) return 0;
    int error = encode_ready(sound, output, 1);
    return error < 0 ? error : encode(sound, output, NULL);
}
