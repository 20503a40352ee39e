#include "input.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"

enum { IO_BUFFER = 128 * 1024, MOST_STREAMS = 128 };

static int read_bytes(void *opaque, uint8_t *buffer, int size) {
    gav_input *input = opaque;
    if (gav_interrupt_check(input->interrupt)) return AVERROR_EXIT;
    ssize_t n;
    do n = read(input->fd, buffer, (size_t)size);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (int)n : n == 0 ? AVERROR_EOF : AVERROR(errno);
}

static int64_t seek_bytes(void *opaque, int64_t offset, int whence) {
    gav_input *input = opaque;
    if (whence & AVSEEK_SIZE) {
        struct stat status;
        return fstat(input->fd, &status) == 0 ? status.st_size : AVERROR(errno);
    }
    off_t at = lseek(input->fd, offset, whence & ~AVSEEK_FORCE);
    return at >= 0 ? at : AVERROR(errno);
}

static int open_nothing_else(
    AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    (void)format, (void)url, (void)flags, (void)options;
    *io = NULL;
    return AVERROR(EPERM);
}

static int make_io(gav_input *input, int fd, gav_interrupt *interrupt) {
    input->fd = fd;
    input->interrupt = interrupt;
    if (lseek(fd, 0, SEEK_SET) < 0) return AVERROR(errno);
    uint8_t *buffer = gav.av_malloc(IO_BUFFER);
    if (!buffer) return AVERROR(ENOMEM);
    input->io = gav.avio_alloc_context(buffer, IO_BUFFER, 0, input, read_bytes, NULL, seek_bytes);
    if (!input->io) {
        gav.av_free(buffer);
        return AVERROR(ENOMEM);
    }
    return 0;
}

static void free_io(gav_input *input) {
    if (!input->io) return;
    gav.av_freep(&input->io->buffer);
    gav.avio_context_free(&input->io);
}

static int result(const gav_input *input, int error) {
    if (error >= 0) return 0;
    int stopped = gav_interrupt_state(input->interrupt);
    if (stopped) return stopped;
    return error == AVERROR_EOF ? GAV_END : error == AVERROR(EAGAIN) ? GAV_AGAIN : error;
}

int gav_input_recognise(int fd, gav_interrupt *interrupt, const char **name) {
    gav_input input = { 0 };
    int error = make_io(&input, fd, interrupt);
    const AVInputFormat *format = NULL;
    if (error >= 0) error = gav.av_probe_input_buffer2(input.io, &format, "", NULL, 0, 1 << 20);
    error = result(&input, error);
    free_io(&input);
    *name = format ? format->name : NULL;
    return error;
}

int gav_input_open(
    gav_input **out, int fd, const char *formats, const char *codecs, int64_t probe_bytes, int64_t max_pixels,
    gav_interrupt *interrupt) {
    *out = NULL;
    gav_input *input = calloc(1, sizeof *input);
    if (!input) return AVERROR(ENOMEM);
    AVDictionary *options = NULL;
    int error = make_io(input, fd, interrupt);
    if (error < 0) goto failed;
    error = AVERROR(ENOMEM);
    input->packet = gav.av_packet_alloc();
    input->format = gav.avformat_alloc_context();
    if (!input->packet || !input->format) goto failed;
    input->format->pb = input->io;
    input->format->io_open = open_nothing_else;
    input->format->interrupt_callback = (AVIOInterruptCB){ gav_interrupt_check, interrupt };
    input->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    gav.av_dict_set(&options, "protocol_whitelist", "file", 0);
    gav.av_dict_set(&options, "format_whitelist", formats, 0);
    gav.av_dict_set(&options, "codec_whitelist", codecs, 0);
    gav.av_dict_set_int(&options, "probesize", probe_bytes, 0);
    gav.av_dict_set_int(&options, "max_streams", MOST_STREAMS, 0);
    // On failure avformat_open_input frees the context, but not the I/O that we made.
    error = gav.avformat_open_input(&input->format, "", NULL, &options);
    if (error < 0) goto failed;
    // Every stream's probing decoder obeys the same pixel limit.
    unsigned count = input->format->nb_streams;
    AVDictionary **each = calloc(count ? count : 1, sizeof *each);
    if (!each) { error = AVERROR(ENOMEM); goto failed; }
    for (unsigned i = 0; i < count; i++) {
        gav.av_dict_set_int(&each[i], "max_pixels", max_pixels, 0);
        gav.av_dict_set_int(&each[i], "threads", 1, 0);
    }
    error = gav.avformat_find_stream_info(input->format, each);
    for (unsigned i = 0; i < count; i++) gav.av_dict_free(&each[i]);
    free(each);
    if (error < 0 || gav_interrupt_check(interrupt)) goto failed;
    gav.av_dict_free(&options);
    gav_input_select(input, -1);
    *out = input;
    return 0;
failed:
    error = result(input, error < 0 ? error : AVERROR_EXIT);
    gav.av_dict_free(&options);
    gav_input_close(input);
    return error;
}

void gav_input_close(gav_input *input) {
    if (!input) return;
    if (input->format) gav.avformat_close_input(&input->format);
    free_io(input);
    if (input->packet) gav.av_packet_free(&input->packet);
    free(input);
}

const char *gav_input_format(const gav_input *input) { return input->format->iformat->name; }
int gav_input_stream_count(const gav_input *input) { return (int)input->format->nb_streams; }

int64_t gav_input_duration(const gav_input *input) {
    int64_t duration = input->format->duration;
    return duration == AV_NOPTS_VALUE || duration < 0 ? 0 : duration;
}

static int rotation_of(const AVStream *stream) {
    const int32_t *matrix = NULL;
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    for (int i = 0; i < stream->codecpar->nb_coded_side_data; i++) {
        const AVPacketSideData *side = &stream->codecpar->coded_side_data[i];
#else
    for (int i = 0; i < stream->nb_side_data; i++) {
        const AVPacketSideData *side = &stream->side_data[i];
#endif
        if (side->type == AV_PKT_DATA_DISPLAYMATRIX && side->size >= 9 * sizeof(int32_t))
            matrix = (const int32_t *)side->data;
    }
    if (!matrix) return 0;
    double counterclockwise = gav.av_display_rotation_get(matrix);
    if (!isfinite(counterclockwise)) return 0;
    int quarters = (int)lround(-counterclockwise / 90);
    return ((quarters % 4 + 4) % 4) * 90;
}

void gav_input_stream(const gav_input *input, int index, gav_stream *info) {
    AVStream *stream = input->format->streams[index];
    const AVCodecParameters *codec = stream->codecpar;
    *info = (gav_stream){ 0 };
    switch (codec->codec_type) {
        case AVMEDIA_TYPE_VIDEO: info->kind = GAV_VIDEO; break;
        case AVMEDIA_TYPE_AUDIO: info->kind = GAV_AUDIO; break;
        case AVMEDIA_TYPE_SUBTITLE: info->kind = GAV_SUBTITLE; break;
        case AVMEDIA_TYPE_DATA: info->kind = GAV_DATA; break;
        case AVMEDIA_TYPE_ATTACHMENT: info->kind = GAV_ATTACHMENT; break;
        default: info->kind = GAV_UNKNOWN;
    }
    info->codec = codec->codec_id;
    info->bit_rate = codec->bit_rate;
    info->sample_rate = codec->sample_rate;
    info->channels = codec->ch_layout.nb_channels;
    info->width = codec->width;
    info->height = codec->height;
    info->pixel_format = codec->format;
    info->time_base_num = stream->time_base.num;
    info->time_base_den = stream->time_base.den;
    AVRational rate = { 0 };
    if (info->kind == GAV_VIDEO) rate = gav.av_guess_frame_rate(input->format, stream, NULL);
    info->frame_rate_num = rate.num;
    info->frame_rate_den = rate.den > 0 ? rate.den : 1;
    info->promised_frames = stream->nb_frames;
    info->rotation = rotation_of(stream);
    info->aspect_num = codec->sample_aspect_ratio.num;
    info->aspect_den = codec->sample_aspect_ratio.den > 0 ? codec->sample_aspect_ratio.den : 1;
    info->is_cover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    info->is_default = (stream->disposition & AV_DISPOSITION_DEFAULT) != 0;
    const AVCodecDescriptor *descriptor = gav.avcodec_descriptor_get(codec->codec_id);
    info->reorders = descriptor && (descriptor->props & AV_CODEC_PROP_REORDER) != 0;
    info->has_decoder = gav.avcodec_find_decoder(codec->codec_id) != NULL;
}

const char *gav_input_language(const gav_input *input, int index) {
    AVDictionaryEntry *entry = gav.av_dict_get(input->format->streams[index]->metadata, "language", NULL, 0);
    return entry ? entry->value : NULL;
}

const char *gav_codec_name(int codec) { return gav.avcodec_get_name(codec); }
const char *gav_pixel_format_name(int pixel_format) { return gav.av_get_pix_fmt_name(pixel_format); }

void gav_input_select(gav_input *input, int wanted) {
    for (unsigned i = 0; i < input->format->nb_streams; i++) {
        AVStream *stream = input->format->streams[i];
        if ((int)i == wanted) stream->discard = AVDISCARD_DEFAULT;
        else if (wanted < 0) stream->discard = AVDISCARD_ALL;
    }
}

static int64_t ticks(int64_t time) { return time == AV_NOPTS_VALUE ? GAV_NO_TIME : time; }

int gav_input_read(gav_input *input, gav_packet *info) {
    gav.av_packet_unref(input->packet);
    int error = result(input, gav.av_read_frame(input->format, input->packet));
    // A file has nothing to wait for.
    if (error < 0) return error == GAV_AGAIN ? GAV_END : error;
    const AVPacket *packet = input->packet;
    *info = (gav_packet){
        .stream = packet->stream_index,
        .pts = ticks(packet->pts),
        .dts = ticks(packet->dts),
        .duration = packet->duration,
        .position = packet->pos,
        .size = packet->size,
        .key = (packet->flags & AV_PKT_FLAG_KEY) != 0,
        .discard = (packet->flags & AV_PKT_FLAG_DISCARD) != 0,
        .corrupt = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0,
    };
    return 0;
}

const uint8_t *gav_input_bytes(const gav_input *input, size_t *count) {
    *count = input->packet->size > 0 ? (size_t)input->packet->size : 0;
    return input->packet->data;
}

const uint8_t *gav_input_headers(const gav_input *input, int stream, size_t *count) {
    const AVCodecParameters *codec = input->format->streams[stream]->codecpar;
    *count = codec->extradata && codec->extradata_size > 0 ? (size_t)codec->extradata_size : 0;
    return codec->extradata;
}

const char *gav_input_timecode(const gav_input *input, int stream) {
    AVDictionaryEntry *entry = gav.av_dict_get(input->format->streams[stream]->metadata, "timecode", NULL, 0);
    if (!entry) entry = gav.av_dict_get(input->format->metadata, "timecode", NULL, 0);
    return entry ? entry->value : NULL;
}

void gav_input_set_packet_duration(gav_input *input, int64_t duration) { input->packet->duration = duration; }

void gav_input_set_packet_time(gav_input *input, int64_t pts) { input->packet->pts = pts; }

int gav_input_seek(gav_input *input, int stream, int64_t time) {
    return result(input, gav.avformat_seek_file(input->format, stream, INT64_MIN, time, time, 0));
}
