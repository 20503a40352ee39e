// sync_file_range(2), which Swift's Glibc module leaves out.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/// Has the kernel begin to write out `count` bytes of a file from `start`; with `waits`, returns when they are written.
/// 0, or -1 and errno. Says nothing about the file's size and place: that is fsync's.
int file_safety_write_out(int descriptor, off_t start, off_t count, bool waits);
