// The libav functions this shim calls, as a table filled by dlopen at first use.
//
// libavcodec pulls in dozens of libraries: linked in the ordinary way they would load at every start of the program,
// and a machine without them could not even print its version.
#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/cpu.h>
#include <libavutil/display.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#define GAV_AVUTIL(X) \
    X(avutil_version) \
    X(av_channel_layout_copy) \
    X(av_channel_layout_default) \
    X(av_dict_free) \
    X(av_dict_get) \
    X(av_dict_parse_string) \
    X(av_dict_set) \
    X(av_dict_set_int) \
    X(av_display_rotation_get) \
    X(av_frame_alloc) \
    X(av_frame_free) \
    X(av_frame_get_buffer) \
    X(av_frame_make_writable) \
    X(av_frame_move_ref) \
    X(av_frame_ref) \
    X(av_frame_unref) \
    X(av_free) \
    X(av_freep) \
    X(av_get_bytes_per_sample) \
    X(av_get_cpu_flags) \
    X(av_get_pix_fmt_name) \
    X(av_log_set_callback) \
    X(av_malloc) \
    X(av_pix_fmt_desc_get) \
    X(av_rescale_q) \
    X(av_sample_fmt_is_planar) \
    X(av_strerror)

#define GAV_AVCODEC(X) \
    X(avcodec_version) \
    X(av_new_packet) \
    X(av_packet_alloc) \
    X(av_packet_free) \
    X(av_packet_rescale_ts) \
    X(av_packet_unref) \
    X(avcodec_alloc_context3) \
    X(avcodec_default_get_buffer2) \
    X(avcodec_descriptor_get) \
    X(avcodec_find_decoder) \
    X(avcodec_find_encoder) \
    X(avcodec_find_encoder_by_name) \
    X(avcodec_free_context) \
    X(avcodec_get_name) \
    X(avcodec_open2) \
    X(avcodec_parameters_alloc) \
    X(avcodec_parameters_copy) \
    X(avcodec_parameters_free) \
    X(avcodec_parameters_from_context) \
    X(avcodec_parameters_to_context) \
    X(avcodec_receive_frame) \
    X(avcodec_receive_packet) \
    X(avcodec_send_frame) \
    X(avcodec_send_packet)

// From version 61 on side data belongs to a stream's parameters and is copied with them.
#if LIBAVFORMAT_VERSION_MAJOR < 61
#define GAV_AVFORMAT_SIDE_DATA(X) X(av_stream_new_side_data)
#else
#define GAV_AVFORMAT_SIDE_DATA(X)
#endif

#define GAV_AVFORMAT(X) \
    GAV_AVFORMAT_SIDE_DATA(X) \
    X(avformat_version) \
    X(av_guess_frame_rate) \
    X(av_interleaved_write_frame) \
    X(av_probe_input_buffer2) \
    X(av_read_frame) \
    X(av_write_trailer) \
    X(avformat_alloc_context) \
    X(avformat_alloc_output_context2) \
    X(avformat_close_input) \
    X(avformat_find_stream_info) \
    X(avformat_free_context) \
    X(avformat_new_stream) \
    X(avformat_open_input) \
    X(avformat_query_codec) \
    X(avformat_seek_file) \
    X(avformat_write_header) \
    X(avio_alloc_context) \
    X(avio_closep) \
    X(avio_context_free) \
    X(avio_open)

#define GAV_SWSCALE(X) \
    X(swscale_version) \
    X(sws_freeContext) \
    X(sws_getCachedContext) \
    X(sws_getCoefficients) \
    X(sws_scale) \
    X(sws_setColorspaceDetails)

#define GAV_SWRESAMPLE(X) \
    X(swr_alloc_set_opts2) \
    X(swr_convert) \
    X(swr_free) \
    X(swr_get_delay) \
    X(swr_init)

#define GAV_ENTRY(name) __typeof__(name) *name;

typedef struct {
    GAV_AVUTIL(GAV_ENTRY)
    GAV_AVCODEC(GAV_ENTRY)
    GAV_AVFORMAT(GAV_ENTRY)
    GAV_SWSCALE(GAV_ENTRY)
    GAV_SWRESAMPLE(GAV_ENTRY)
} gav_table;

// Filled by gav_load; read-only afterwards.
extern gav_table gav;

struct gav_frame {
    AVFrame *av;
};
