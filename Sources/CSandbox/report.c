// The report: one line per protection on a descriptor of the host's, which exec closes. Its end without an `exec` line
// therefore means that the program has started.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int descriptor = -1;
static bool failed = false;

void open_report(int number) { descriptor = number; }

bool has_failed(void) { return failed; }

enum outcome outcome_of_error(int error) {
    return error == ENOSYS || error == EOPNOTSUPP || error == EINVAL || error == EPERM ? NOT_OFFERED : FAILED;
}

void report(const char *name, enum outcome outcome, const char *detail) {
    static const char *const states[] = {"applied", "not-offered", "failed"};
    int error = errno;
    char line[512];
    int length = snprintf(line, sizeof line - 1, "%s %s %s", name, states[outcome], detail ? detail : "");
    if (outcome == FAILED) {
        failed = true;
        if (length > 0 && (size_t)length < sizeof line - 1)
            length += snprintf(line + length, sizeof line - 1 - (size_t)length, " (errno %d, %s)", error, strerror(error));
    }
    if (length < 0) return;
    if ((size_t)length > sizeof line - 2) length = (int)sizeof line - 2;
    // A line feed in a path would be read as a line of its own.
    for (int index = 0; index < length; index++)
        if ((unsigned char)line[index] < ' ') line[index] = '?';
    line[length++] = '\n';
    for (int written = 0; descriptor >= 0 && written < length;) {
        ssize_t count = write(descriptor, line + written, (size_t)(length - written));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return;
        written += (int)count;
    }
}

void reportf(const char *name, enum outcome outcome, const char *format, ...) {
    int error = errno;
    char detail[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    errno = error;
    report(name, outcome, detail);
}
