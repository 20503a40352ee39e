// Which keyframes of H.264 and HEVC a decoder may begin at and still show what a decoder that came from before shows.
#include "input.h"

// Calls `visit` on each NAL unit of the packet, length-prefixed (as in MP4) or with start codes (as in MPEG-TS), until
// it returns something else than -1.
static int each_unit(const AVPacket *packet, int length_size, int (*visit)(const uint8_t *, int)) {
    const uint8_t *at = packet->data, *end = packet->data + packet->size;
    if (length_size > 0) {
        while (end - at > length_size) {
            int64_t length = 0;
            for (int i = 0; i < length_size; i++) length = length << 8 | at[i];
            at += length_size;
            if (length <= 0 || length > end - at) return -1;
            int answer = visit(at, (int)length);
            if (answer >= 0) return answer;
            at += length;
        }
        return -1;
    }
    for (; end - at > 4; at++) {
        if (at[0] == 0 && at[1] == 0 && at[2] == 1) {
            int answer = visit(at + 3, (int)(end - at - 3));
            if (answer >= 0) return answer;
            at += 2;
        }
    }
    return -1;
}

// An SEI unit: does it hold a recovery point (type 6) with recovery_frame_cnt 0?
static int exact_recovery_point(const uint8_t *unit, int size) {
    for (int at = 1; at + 2 < size;) {
        int type = 0, length = 0;
        while (at < size && unit[at] == 0xFF) type += unit[at++];
        if (at < size) type += unit[at++];
        while (at < size && unit[at] == 0xFF) length += unit[at++];
        if (at < size) length += unit[at++];
        if (type == 6 && length > 0 && at < size) return (unit[at] & 0x80) != 0;  // ue(v): a leading 1 is zero
        if (length == 0 && type == 0) return 0;
        at += length;
    }
    return 0;
}

static int visit_h264(const uint8_t *unit, int size) {
    int type = unit[0] & 31;
    if (type == 5) return 1;
    if (type == 6 && exact_recovery_point(unit, size)) return 1;
    return type >= 1 && type <= 4 ? 0 : -1;
}

static int visit_hevc(const uint8_t *unit, int size) {
    (void)size;
    int type = unit[0] >> 1 & 63;
    return type >= 32 ? -1 : type >= 16 && type <= 23;
}

static int visit_h264_slice(const uint8_t *unit, int size) {
    (void)size;
    int type = unit[0] & 31;
    return type >= 1 && type <= 5 ? type == 5 : -1;
}

// What the visitor of the packet's codec says; `other` for codecs without units.
static int ask(
    const gav_input *input, int (*h264)(const uint8_t *, int), int (*hevc)(const uint8_t *, int), int other) {
    const AVPacket *packet = input->packet;
    const AVCodecParameters *codec = input->format->streams[packet->stream_index]->codecpar;
    const uint8_t *extra = codec->extradata;
    int length_size = 0;
    if (codec->codec_id == AV_CODEC_ID_H264) {
        if (extra && codec->extradata_size > 6 && extra[0] == 1) length_size = (extra[4] & 3) + 1;
        return each_unit(packet, length_size, h264) == 1;
    }
    if (codec->codec_id == AV_CODEC_ID_HEVC) {
        if (extra && codec->extradata_size > 22 && extra[0] == 1) length_size = (extra[21] & 3) + 1;
        return each_unit(packet, length_size, hevc) == 1;
    }
    return other;
}

int gav_input_starts_clean(const gav_input *input) { return ask(input, visit_h264, visit_hevc, 1); }
int gav_input_resets(const gav_input *input) { return ask(input, visit_h264_slice, visit_hevc, 0); }
