#define _GNU_SOURCE
#include "CFileSafety.h"

#include <fcntl.h>

int file_safety_write_out(int descriptor, off_t start, off_t count, bool waits) {
    unsigned int flags = SYNC_FILE_RANGE_WRITE;
    if (waits) flags |= SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER;
    return sync_file_range(descriptor, start, count, flags);
}
