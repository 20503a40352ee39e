#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "CLibAV.h"
#include "libav.h"

gav_table gav;

static _Thread_local char last_log[256];
static char versions[160];

static void capture_log(void *owner, int level, const char *format, va_list arguments) {
    (void)owner;
    if (level > AV_LOG_ERROR) return;
    vsnprintf(last_log, sizeof last_log, format, arguments);
    last_log[strcspn(last_log, "\r\n")] = 0;
}

void gav_last_log(char *text, size_t capacity) {
    snprintf(text, capacity, "%s", last_log);
    last_log[0] = 0;
}

typedef struct {
    const char *name;
    void **slot;
} entry;

static int load_library(
    const char *library, int major, const entry *entries, size_t count, char *message, size_t capacity) {
    char file[64];
    snprintf(file, sizeof file, "%s.so.%d", library, major);
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(message, capacity, "%s cannot be loaded: %s", file, dlerror());
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        *entries[i].slot = dlsym(handle, entries[i].name);
        if (!*entries[i].slot) {
            snprintf(message, capacity, "%s has no function %s", file, entries[i].name);
            return -1;
        }
    }
    return 0;
}

#define SLOT(name) { #name, (void **)&gav.name },
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const entry avutil[] = { GAV_AVUTIL(SLOT) };
static const entry avcodec[] = { GAV_AVCODEC(SLOT) };
static const entry avformat[] = { GAV_AVFORMAT(SLOT) };
static const entry swscale[] = { GAV_SWSCALE(SLOT) };
static const entry swresample[] = { GAV_SWRESAMPLE(SLOT) };

// The soname already fixes the major version; a library that lies about it would crash in the first struct access.
static int check_major(const char *library, unsigned found, unsigned wanted, char *message, size_t capacity) {
    if (AV_VERSION_MAJOR(found) == wanted) return 0;
    snprintf(message, capacity, "%s is version %u, but this build needs version %u", library,
             AV_VERSION_MAJOR(found), wanted);
    return -1;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int loaded, resampler_loaded;

static int load_all(char *message, size_t capacity) {
    if (load_library("libavutil", LIBAVUTIL_VERSION_MAJOR, avutil, COUNT(avutil), message, capacity) ||
        load_library("libavcodec", LIBAVCODEC_VERSION_MAJOR, avcodec, COUNT(avcodec), message, capacity) ||
        load_library("libavformat", LIBAVFORMAT_VERSION_MAJOR, avformat, COUNT(avformat), message, capacity) ||
        load_library("libswscale", LIBSWSCALE_VERSION_MAJOR, swscale, COUNT(swscale), message, capacity))
        return -1;
    unsigned u = gav.avutil_version(), c = gav.avcodec_version(), f = gav.avformat_version(), s = gav.swscale_version();
    if (check_major("libavutil", u, LIBAVUTIL_VERSION_MAJOR, message, capacity) ||
        check_major("libavcodec", c, LIBAVCODEC_VERSION_MAJOR, message, capacity) ||
        check_major("libavformat", f, LIBAVFORMAT_VERSION_MAJOR, message, capacity) ||
        check_major("libswscale", s, LIBSWSCALE_VERSION_MAJOR, message, capacity))
        return -1;
    gav.av_log_set_callback(capture_log);
    snprintf(versions, sizeof versions, "libavformat %u.%u.%u, libavcodec %u.%u.%u, libswscale %u.%u.%u",
             AV_VERSION_MAJOR(f), AV_VERSION_MINOR(f), AV_VERSION_MICRO(f), AV_VERSION_MAJOR(c), AV_VERSION_MINOR(c),
             AV_VERSION_MICRO(c), AV_VERSION_MAJOR(s), AV_VERSION_MINOR(s), AV_VERSION_MICRO(s));
    return 0;
}

int gav_load(char *message, size_t capacity) {
    pthread_mutex_lock(&lock);
    if (!loaded && load_all(message, capacity) == 0) loaded = 1;
    int ok = loaded;
    pthread_mutex_unlock(&lock);
    return ok ? 0 : -1;
}

int gav_load_swresample(char *message, size_t capacity) {
    pthread_mutex_lock(&lock);
    if (!resampler_loaded &&
        load_library("libswresample", LIBSWRESAMPLE_VERSION_MAJOR, swresample, COUNT(swresample), message, capacity)
            == 0)
        resampler_loaded = 1;
    int ok = resampler_loaded;
    pthread_mutex_unlock(&lock);
    return ok ? 0 : -1;
}

void gav_keep_memory(int bytes) {
    mallopt(M_TRIM_THRESHOLD, bytes);
    mallopt(M_MMAP_THRESHOLD, bytes);
}

const char *gav_versions(void) { return versions; }

void gav_error_text(int error, char *text, size_t capacity) { gav.av_strerror(error, text, capacity); }
