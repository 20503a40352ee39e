// What Swift sees of libav and FreeType: opaque handles and plain structs, none of their types.
//
// Every function that can fail returns 0 or a negative AVERROR. Nothing here is thread-safe unless it says so: a handle
// has one owner at a time. The libraries are loaded at the first call of gav_load (thread-safe, once).
#pragma once
#include <stddef.h>
#include <stdint.h>

#define GAV_NO_TIME INT64_MIN
// Results that callers tell apart; every other negative value is an AVERROR.
#define GAV_AGAIN (-1000001)
#define GAV_END (-1000002)
#define GAV_CANCELLED (-1000003)
#define GAV_DEADLINE (-1000004)

// ---- loading ---------------------------------------------------------------------------------------------------

// Loads libavutil, libavcodec, libavformat and libswscale. On failure writes one line into `message`.
int gav_load(char *message, size_t capacity);
// Loads libswresample, likewise.
int gav_load_swresample(char *message, size_t capacity);
// Memory that is given back stays with the process, up to so many bytes.
void gav_keep_memory(int bytes);
// "libavformat 59.27.100, …"; valid after gav_load.
const char *gav_versions(void);
// What libav says of an error number.
void gav_error_text(int error, char *text, size_t capacity);
// The last line libav logged as an error on this thread, emptied by reading.
void gav_last_log(char *text, size_t capacity);

// ---- interruption ----------------------------------------------------------------------------------------------

// A cancel flag and a deadline that any thread may set while libav works.
typedef struct gav_interrupt gav_interrupt;
gav_interrupt *gav_interrupt_new(void);
void gav_interrupt_free(gav_interrupt *);
void gav_interrupt_cancel(gav_interrupt *);
// The deadline is `nanoseconds` from now; negative means none.
void gav_interrupt_set_deadline(gav_interrupt *, int64_t nanoseconds);
// 0, GAV_CANCELLED or GAV_DEADLINE.
int gav_interrupt_state(const gav_interrupt *);

// ---- input -----------------------------------------------------------------------------------------------------

typedef struct gav_input gav_input;

typedef enum { GAV_VIDEO, GAV_AUDIO, GAV_SUBTITLE, GAV_DATA, GAV_ATTACHMENT, GAV_UNKNOWN } gav_kind;

typedef struct {
    gav_kind kind;
    int codec;                // for gav_codec_name
    int64_t bit_rate;         // 0 where unknown
    int sample_rate, channels;
    int width, height;        // as coded
    int pixel_format;         // for gav_pixel_format_name
    int time_base_num, time_base_den;
    int frame_rate_num, frame_rate_den;  // libav's average, or its guess; 0/1 where unknown
    int64_t promised_frames;  // what the header says; 0 where it does not
    int rotation;             // clockwise degrees that bring the picture upright: 0, 90, 180, 270
    int aspect_num, aspect_den;  // shape of a pixel; 0/1 where unknown
    int is_cover;             // a still picture attached to a sound file
    int is_default;
    int reorders;             // the codec may show frames in another order than it codes them
    int has_decoder;
} gav_stream;

typedef struct {
    int stream;
    int64_t pts, dts, duration, position;
    int size;
    int key;      // the container calls it a keyframe
    int discard;  // decoded but never shown (edit lists)
    int corrupt;  // cut short or with lost parts
} gav_packet;

// Finds out the container's short name ("mov,mp4,…") from its content alone, without opening it. `name` is static.
// The descriptor is borrowed and its offset moved.
int gav_input_recognise(int fd, gav_interrupt *, const char **name);

// Opens a container over a borrowed descriptor of a regular file. Nothing but this descriptor is ever read: every
// request of a demuxer to open something else is refused. `formats` and `codecs` are comma-separated whitelists;
// `probe_bytes` are read at most to learn of the streams what the header does not say.
int gav_input_open(
    gav_input **, int fd, const char *formats, const char *codecs, int64_t probe_bytes, int64_t max_pixels,
    gav_interrupt *);
void gav_input_close(gav_input *);
const char *gav_input_format(const gav_input *);
int gav_input_stream_count(const gav_input *);
// In microseconds, as the header says or libav guesses; 0 where unknown.
int64_t gav_input_duration(const gav_input *);
void gav_input_stream(const gav_input *, int index, gav_stream *);
// The stream's language tag, or NULL; valid while the input is open.
const char *gav_input_language(const gav_input *, int index);
// libav's short names; static, NULL where unknown.
const char *gav_codec_name(int codec);
const char *gav_pixel_format_name(int pixel_format);
// Hands out packets of this stream only (-1: of none; call again to add one).
void gav_input_select(gav_input *, int stream);
// Reads the next packet, which stays current until the next read. GAV_END at the end.
int gav_input_read(gav_input *, gav_packet *);
// Gives the current packet this presentation time before it is sent.
void gav_input_set_packet_time(gav_input *, int64_t pts);
// Whether decoding may begin at the current packet, a keyframe: an IDR, CRA or BLA picture, or a recovery point that
// is exact at once (ISO/IEC 14496-10, D.2.8). 1 for codecs whose keyframes always reset the decoder.
int gav_input_starts_clean(const gav_input *);
// Whether nothing shown or coded after the current packet leans on anything before it, pictures shown before it aside: an
// IDR picture of H.264, a random access point of HEVC. 0 for other codecs.
int gav_input_resets(const gav_input *);
// The bytes of the current packet, and the codec's headers as the container has them; valid until the next read.
const uint8_t *gav_input_bytes(const gav_input *, size_t *count);
const uint8_t *gav_input_headers(const gav_input *, int stream, size_t *count);
// The time code that a container gives the first picture, or NULL; valid while the input is open.
const char *gav_input_timecode(const gav_input *, int stream);
// Moves to a keyframe at or before `time`, in the stream's ticks.
int gav_input_seek(gav_input *, int stream, int64_t time);

// ---- decoding --------------------------------------------------------------------------------------------------

typedef struct gav_decoder gav_decoder;
typedef struct gav_frame gav_frame;

typedef struct {
    int64_t pts;       // the packet's, or libav's best effort
    int64_t duration;  // 0 where unknown
    int width, height;
    int pixel_format;  // for gav_pixel_format_name
    int damaged;       // parts were guessed
    int key;
    int interlaced;    // 0: no, 1: the upper field comes first, 2: the lower
} gav_frame_info;

int gav_decoder_open(gav_decoder **, const gav_input *, int stream, int threads, int64_t max_pixels);
void gav_decoder_close(gav_decoder *);
// Sends the input's current packet; NULL ends the stream. GAV_AGAIN: receive first.
int gav_decoder_send(gav_decoder *, const gav_input *);
// GAV_AGAIN: send more. GAV_END: nothing is left.
int gav_decoder_receive(gav_decoder *, gav_frame *);

gav_frame *gav_frame_new(void);
void gav_frame_free(gav_frame *);
// Empties `from` into `to`.
void gav_frame_move(gav_frame *to, gav_frame *from);
void gav_frame_describe(const gav_frame *, gav_frame_info *);

// ---- single pictures -------------------------------------------------------------------------------------------

// A picture with a copy of `height` rows of `width` pixels, red, green, blue, a byte each, `stride` bytes apart.
int gav_frame_of_rgb(gav_frame **, const uint8_t *bytes, ptrdiff_t stride, int width, int height);
typedef enum { GAV_JPEG, GAV_PNG } gav_still;
// Decodes one picture; whatever is wrong with its data is an error.
int gav_still_decode(gav_frame **, const uint8_t *bytes, size_t count, gav_still, int64_t max_pixels);
// Converts a whole picture to red, green, blue, a byte each, without padding.
int gav_frame_to_rgb(const gav_frame *, uint8_t *bytes);
// Copies such a picture upright. `width` and `height` are those of `from`; `orientation` is EXIF's, 1 to 8, of which 5 to
// 8 exchange them.
void gav_orient_rgb(const uint8_t *from, uint8_t *to, int width, int height, int orientation);

// ---- conversion ------------------------------------------------------------------------------------------------

typedef struct gav_scaler gav_scaler;

typedef struct { int x, y, width, height; } gav_rect;

gav_scaler *gav_scaler_new(void);
void gav_scaler_free(gav_scaler *);
// With `plain` set, vector instructions beyond the compiler's own are not used: for tests that both ways agree.
void gav_scaler_restrict(gav_scaler *, int plain);
// Scales the part `source` of the frame, in coded pixels, to `width` x `height` upright pixels after turning it
// clockwise by `rotation` degrees, into three 8-bit planes of `stride` bytes a row.
// `source` is within the frame; its origin is even where the frame's chroma is subsampled (see gav_frame_chroma_step).
int gav_scaler_rgb(
    gav_scaler *, const gav_frame *, gav_rect source, int rotation, uint8_t *r, uint8_t *g, uint8_t *b,
    ptrdiff_t stride, int width, int height);
// The pixels that share a chroma sample, in x and in y: 2 and 2 for 4:2:0.
void gav_frame_chroma_step(const gav_frame *, int *x, int *y);

// Three planes of `count` pixels to one of red, green, blue.
void gav_interleave(const uint8_t *r, const uint8_t *g, const uint8_t *b, size_t count, uint8_t *rgb);

// ---- comparing -------------------------------------------------------------------------------------------------

// Hue 0...179 (two degrees each), saturation and value 0...255, of planar RGB.
void gav_hsv(
    const uint8_t *r, const uint8_t *g, const uint8_t *b, size_t count, uint8_t *hue, uint8_t *saturation,
    uint8_t *value);
// Sums of absolute differences; of hues, the short way round the circle.
uint64_t gav_difference(const uint8_t *a, const uint8_t *b, size_t count);
uint64_t gav_hue_difference(const uint8_t *a, const uint8_t *b, size_t count);
uint64_t gav_sum(const uint8_t *bytes, size_t count);
// Means of `factor` x `factor` pixels; both sides are multiples of it.
void gav_shrink(const uint8_t *from, int width, int height, int factor, uint8_t *to);
// Sum over 256ths of a grey level of how far `between` is from `a` mixed with `weight` 256ths of `b`; with
// `ignores_level`, after a difference that is the same everywhere is taken out.
int64_t gav_blend_residual(
    const uint8_t *a, const uint8_t *b, const uint8_t *between, int weight, size_t count, int ignores_level);

// ---- drawing ---------------------------------------------------------------------------------------------------

// Coverage, 0…255, of the pixels from (x, y) on; rows follow without padding. Origin and size are even for blending.
typedef struct { uint8_t *coverage; int x, y, width, height; } gav_mask;
// A rectangle with rounded corners, in pixels.
typedef struct { float x, y, width, height, radius; } gav_shape;

void gav_mask_clear(gav_mask);
void gav_mask_fill(gav_mask, gav_shape);
// The outline, `thickness` wide, half of it outside; `dash` > 0 breaks it into dashes of that length.
void gav_mask_stroke(gav_mask, gav_shape, float thickness, float dash);
// A line with round ends whose radius and opacity (0…1) change evenly from one end to the other; where it meets what is
// there the stronger wins, so that joints do not show.
void gav_mask_line(
    gav_mask, float x0, float y0, float x1, float y1, float radius0, float radius1, float opacity0, float opacity1);

// A font at one size; `text` is in Unicode scalars.
typedef struct gav_font gav_font;
int gav_font_open(gav_font **, const char *path, int pixels);
void gav_font_close(gav_font *);
double gav_font_width(gav_font *, const uint32_t *text, size_t count);
double gav_font_cap_height(gav_font *);
void gav_font_draw(gav_font *, gav_mask, double x, double baseline, const uint32_t *text, size_t count);

// A writable 8-bit 4:2:0 picture for upright pictures of this size, rounded up to even numbers, in the colours of
// `like`.
int gav_canvas_new(gav_frame **, const gav_frame *like, int width, int height);
// The canvas's matrix (601, 709 or 2020) and range.
void gav_canvas_colour(const gav_frame *canvas, int *matrix, int *full_range);
// Puts the frame onto the canvas, turned clockwise by `rotation` degrees; `width` and `height` are upright.
int gav_canvas_paint(gav_scaler *, gav_frame *canvas, const gav_frame *, int rotation, int width, int height);
void gav_canvas_blend(gav_frame *canvas, gav_mask, const uint8_t yuv[3], uint8_t opacity);
// The luma samples of row `y`, valid until the canvas changes.
const uint8_t *gav_canvas_luma_row(const gav_frame *canvas, int y);
// The picture as a JPEG file, without the canvas's padding; `quality` 2 (best) to 31. The bytes are the caller's to
// free.
int gav_canvas_jpeg(
    const gav_frame *canvas, int width, int height, int quality, uint8_t **bytes, size_t *count);

// ---- encoding --------------------------------------------------------------------------------------------------

typedef struct gav_encoder gav_encoder;

typedef struct {
    int time_base_num, time_base_den;
    int frame_rate_num, frame_rate_den;  // the mean, for rate control only
    int aspect_num, aspect_den;          // shape of a pixel; 0/1 for unknown
    int keyframe_interval;               // frames
    int level;                           // as the codec counts them; 0: the encoder's choice
    int64_t bit_rate;                    // for encoders without a constant quality; else 0
    int interlaced;                      // as in gav_frame_info
    int threads;                         // 0: the encoder's choice
} gav_encoder_settings;

typedef struct {
    const uint8_t *bytes;  // valid until the next call
    size_t count;
    int64_t pts;
    int key;
} gav_coded;

// Opens the encoder of this name (libx264, libx265, …) for pictures like `like`. `options` are its own, `name=value` on
// lines.
int gav_encoder_open(
    gav_encoder **, const char *name, const char *options, const gav_encoder_settings *, const gav_frame *like);
void gav_encoder_close(gav_encoder *);
// The codec's headers.
const uint8_t *gav_encoder_headers(const gav_encoder *, size_t *count);
// Sends a picture, which stays as it is; NULL ends the stream. GAV_AGAIN: receive first.
int gav_encoder_send(gav_encoder *, const gav_frame *, int64_t pts);
// GAV_AGAIN: send more. GAV_END: nothing is left.
int gav_encoder_receive(gav_encoder *, gav_coded *);
int gav_encoder_exists(const char *name);

// ---- output ----------------------------------------------------------------------------------------------------

typedef struct gav_output gav_output;

typedef struct {
    int time_base_num, time_base_den;
    int frame_rate_num, frame_rate_den;  // the mean, for rate control only
    int aspect_num, aspect_den;          // shape of a pixel; 0/1 for unknown
    int quality;            // x264's CRF
    int keyframe_interval;  // frames
} gav_output_settings;

// Prepares an MP4 file of pictures like `canvas`. `encoder` becomes the name of the best encoder there is: libx264,
// libopenh264 or mpeg4.
int gav_output_open(
    gav_output **, const char *path, const gav_output_settings *, const gav_frame *canvas, const char **encoder);
// Before gav_output_begin: a sound stream with the input's packets as they are. Fails where MP4 cannot hold the codec.
int gav_output_add_audio(gav_output *, const gav_input *, int stream);
int gav_output_begin(gav_output *);
// Times are in ticks of the settings' time base and ascend.
int gav_output_write(gav_output *, gav_frame *canvas, int64_t pts, int64_t duration);
// Writes the input's current packet, `shift` ticks of its stream earlier.
int gav_output_copy_audio(gav_output *, gav_input *, int64_t shift);
// Sound that MP4 cannot hold, encoded anew as AAC; after gav_load_swresample.
typedef struct gav_sound gav_sound;
// Before gav_output_begin: adds a sound stream of about this rate, mono or stereo.
int gav_sound_open(gav_sound **, gav_output *, int rate, int channels);
void gav_sound_close(gav_sound *);
// `count` samples of a decoded piece of sound from sample `first` on, and when they begin, counted from the first picture.
int gav_sound_write(
    gav_sound *, gav_output *, const gav_frame *, int64_t first, int64_t count, int64_t microseconds);
// The samples and the rate of a decoded piece of sound.
void gav_frame_sound(const gav_frame *, int64_t *samples, int *rate);
int gav_sound_finish(gav_sound *, gav_output *);
// Writes what the encoder still holds and the header, moved to the front.
int gav_output_finish(gav_output *);
// Prepares an MP4 file whose pictures are coded elsewhere. Rotation and the like are those of the input's stream, size and
// colours too, or those of `like` if it is not NULL; `headers` are the codec's (parameter sets with start codes for H.264
// and HEVC).
int gav_output_open_coded(
    gav_output **, const char *path, const gav_input *, int stream, const char *codec, const uint8_t *headers,
    size_t count, const gav_frame *like);
// Writes a coded picture. Times are in ticks of the input's stream; decode times ascend.
int gav_output_write_coded(
    gav_output *, const uint8_t *bytes, size_t count, int64_t pts, int64_t dts, int64_t duration, int key);
// Shortens the input's current sound packet to this many ticks of its stream.
void gav_input_set_packet_duration(gav_input *, int64_t duration);
// x264's parameters that make its result the same every time.
const char *gav_x264_parameters(void);
// Frees everything; an unfinished file stays behind incomplete.
void gav_output_close(gav_output *);
