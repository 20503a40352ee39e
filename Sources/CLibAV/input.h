#pragma once
#include "CLibAV.h"
#include "libav.h"

struct gav_input {
    AVFormatContext *format;
    AVIOContext *io;
    AVPacket *packet;
    gav_interrupt *interrupt;
    int fd;
};
