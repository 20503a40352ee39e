#pragma once
#include "CLibAV.h"
#include "libav.h"

// Adds a sound stream with these parameters, whose packets come with times in ticks of `clock`.
int gav_output_add_audio_stream(gav_output *, const AVCodecParameters *, AVRational clock);
// Writes a packet, emptied, `shift` ticks earlier.
int gav_output_write_audio_packet(gav_output *, AVPacket *, int64_t shift);
