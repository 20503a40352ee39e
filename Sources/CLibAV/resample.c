#include "resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define GAV_AVX2 1
#endif

enum { GROUP = 8, BLOCK = 32, PLANS = 8, WEIGHT_BITS = 6 };

// Where eight neighbouring outputs of a row come from: pairs of neighbouring samples out of 16 bytes from `base` on.
typedef struct {
    int base;
    uint8_t shuffle[16];  // left and right sample of each output, counted from base
    int8_t weights[16];   // their weights; a pair's sum is 64
} group;

// How one plane's rows become rows of `width` outputs.
typedef struct plan {
    int source_width, plane_width, width, shift, halvings;
    double offset;
    int groups;
    group *table;
    unsigned used;
} plan;

// Two rows of a plane that were scaled last, in 1/64 of a level.
typedef struct {
    int16_t *rows[2];
    int index[2];
} row_pair;

struct gav_resampler {
    plan plans[PLANS];
    unsigned uses;
    row_pair cache[3];
    int cache_width;
    uint8_t *scratch[2];  // a row on its way through the halvings
    size_t scratch_width;
};

gav_resampler *gav_resampler_new(void) { return calloc(1, sizeof(gav_resampler)); }

void gav_resampler_free(gav_resampler *resampler) {
    if (!resampler) return;
    for (int i = 0; i < PLANS; i++) free(resampler->plans[i].table);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++) free(resampler->cache[i].rows[k]);
    for (int k = 0; k < 2; k++) free(resampler->scratch[k]);
    free(resampler);
}

static int halvings_for(double ratio) {
    int halvings = 0;
    for (; ratio > 2; ratio /= 2) halvings++;
    return halvings;
}

// The position, in samples of the plane after its halvings, of output `i`: its middle lies in the middle of its share
// of the source.
static double position(int i, int source, int target, int shift, double offset, int halvings) {
    double pixels = (i + 0.5) * source / target;
    return (pixels / (1 << shift) - offset) / (1 << halvings) - 0.5;
}

static const plan *plan_for(gav_resampler *resampler, int source_width, const gav_plane *plane, int width) {
    struct plan *oldest = &resampler->plans[0];
    for (int i = 0; i < PLANS; i++) {
        struct plan *known = &resampler->plans[i];
        if (known->table && known->source_width == source_width && known->plane_width == plane->width &&
            known->width == width && known->shift == plane->shift_x && known->offset == plane->offset_x) {
            known->used = ++resampler->uses;
            return known;
        }
        if (known->used < oldest->used) oldest = known;
    }
    int halvings = halvings_for((double)source_width / (1 << plane->shift_x) / width);
    int reduced = plane->width >> halvings;
    if (reduced < 16) return NULL;
    int groups = (width + BLOCK - 1) / BLOCK * BLOCK / GROUP;
    struct plan *made = oldest;
    free(made->table);
    *made = (struct plan){ source_width, plane->width, width, plane->shift_x, halvings, plane->offset_x, groups,
                           calloc((size_t)groups, sizeof(group)), ++resampler->uses };
    if (!made->table) return NULL;
    for (int k = 0; k < groups; k++) {
        group *at = &made->table[k];
        for (int i = 0; i < GROUP; i++) {
            int output = k * GROUP + i < width ? k * GROUP + i : width - 1;
            double x = position(output, source_width, width, plane->shift_x, plane->offset_x, halvings);
            int left = (int)floor(x), weight = (int)lround((x - floor(x)) * (1 << WEIGHT_BITS));
            int right = left + 1;
            left = left < 0 ? 0 : left >= reduced ? reduced - 1 : left;
            right = right < 0 ? 0 : right >= reduced ? reduced - 1 : right;
            if (i == 0) at->base = left < reduced - 16 ? left : reduced - 16;
            at->shuffle[2 * i] = (uint8_t)(left - at->base);
            at->shuffle[2 * i + 1] = (uint8_t)(right - at->base);
            at->weights[2 * i] = (int8_t)((1 << WEIGHT_BITS) - weight);
            at->weights[2 * i + 1] = (int8_t)weight;
        }
    }
    return made;
}

// ---- the row kernels, portable -----------------------------------------------------------------------------------

static inline int16_t multiply_round(int16_t a, int16_t b) { return (int16_t)((a * b + 0x4000) >> 15); }

static void scale_row_portable(const plan *plan, const uint8_t *row, int16_t *out) {
    for (int k = 0; k < plan->groups; k++) {
        const group *at = &plan->table[k];
        for (int i = 0; i < GROUP; i++)
            out[k * GROUP + i] = (int16_t)(row[at->base + at->shuffle[2 * i]] * at->weights[2 * i] +
                                           row[at->base + at->shuffle[2 * i + 1]] * at->weights[2 * i + 1]);
    }
}

// The matrix in 1/8192, and what black and "no colour" measure in 1/64 of a level.
typedef struct {
    int16_t luma, red_v, green_u, green_v, blue_u, black;
} coefficients;

static coefficients coefficients_of(gav_colour colour) {
    double red = 0.299, blue = 0.114;
    switch (colour.matrix) {
        case SWS_CS_ITU709: red = 0.2126, blue = 0.0722; break;
        case SWS_CS_FCC: red = 0.30, blue = 0.11; break;
        case SWS_CS_SMPTE240M: red = 0.212, blue = 0.087; break;
        case SWS_CS_BT2020: red = 0.2627, blue = 0.0593; break;
        default: break;
    }
    double green = 1 - red - blue;
    double luma = colour.full_range ? 1 : 255.0 / 219, chroma = colour.full_range ? 1 : 255.0 / 224;
    return (coefficients){
        .luma = (int16_t)lround(8192 * luma),
        .red_v = (int16_t)lround(8192 * chroma * 2 * (1 - red)),
        .green_u = (int16_t)lround(-8192 * chroma * 2 * (1 - blue) * blue / green),
        .green_v = (int16_t)lround(-8192 * chroma * 2 * (1 - red) * red / green),
        .blue_u = (int16_t)lround(8192 * chroma * 2 * (1 - blue)),
        .black = colour.full_range ? 0 : 16 << WEIGHT_BITS,
    };
}

// Two rows of each plane and how far between them the output row lies, in 1/32768.
typedef struct {
    const int16_t *first[3], *second[3];
    int16_t weight[3];
} rows;

static inline uint8_t level(int16_t value) {
    value = (int16_t)((value + 8) >> 4);
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

// Rows between two rows, for one plane of a block.
static void between_portable(const rows *in, int plane, int x, int16_t *restrict out) {
    const int16_t *restrict first = in->first[plane] + x, *restrict second = in->second[plane] + x;
    int16_t weight = in->weight[plane];
    for (int i = 0; i < BLOCK; i++)
        out[i] = (int16_t)(first[i] + multiply_round((int16_t)(second[i] - first[i]), weight));
}

static void colour_block_portable(
    const rows *in, const coefficients *c, int x, uint8_t *restrict r, uint8_t *restrict g, uint8_t *restrict b) {
    const coefficients by = *c;
    int16_t luma[BLOCK], blueness[BLOCK], redness[BLOCK];
    between_portable(in, 0, x, luma);
    between_portable(in, 1, x, blueness);
    between_portable(in, 2, x, redness);
    for (int i = 0; i < BLOCK; i++) {
        int16_t y = multiply_round((int16_t)(luma[i] - by.black), by.luma);
        int16_t u = (int16_t)(blueness[i] - (128 << WEIGHT_BITS)), v = (int16_t)(redness[i] - (128 << WEIGHT_BITS));
        r[i] = level((int16_t)(y + multiply_round(v, by.red_v)));
        g[i] = level((int16_t)(y + multiply_round(u, by.green_u) + multiply_round(v, by.green_v)));
        b[i] = level((int16_t)(y + multiply_round(u, by.blue_u)));
    }
}

// ---- the row kernels, for AVX2 -----------------------------------------------------------------------------------

#if GAV_AVX2
__attribute__((target("avx2"))) static void scale_row_avx2(const plan *plan, const uint8_t *row, int16_t *out) {
    for (int k = 0; k + 1 < plan->groups; k += 2) {
        const group *low = &plan->table[k], *high = low + 1;
        __m256i samples = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(row + low->base))),
            _mm_loadu_si128((const __m128i *)(row + high->base)), 1);
        __m256i shuffle = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low->shuffle)),
            _mm_loadu_si128((const __m128i *)high->shuffle), 1);
        __m256i weights = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low->weights)),
            _mm_loadu_si128((const __m128i *)high->weights), 1);
        _mm256_storeu_si256(
            (__m256i *)(out + k * GROUP), _mm256_maddubs_epi16(_mm256_shuffle_epi8(samples, shuffle), weights));
    }
}

__attribute__((target("avx2"))) static inline __m256i between_avx2(const rows *in, int plane, int x) {
    __m256i first = _mm256_loadu_si256((const __m256i *)(in->first[plane] + x));
    __m256i second = _mm256_loadu_si256((const __m256i *)(in->second[plane] + x));
    __m256i weight = _mm256_set1_epi16(in->weight[plane]);
    return _mm256_add_epi16(first, _mm256_mulhrs_epi16(_mm256_sub_epi16(second, first), weight));
}

__attribute__((target("avx2"))) static inline __m256i levels_avx2(__m256i low, __m256i high) {
    const __m256i half = _mm256_set1_epi16(8);
    low = _mm256_srai_epi16(_mm256_add_epi16(low, half), 4);
    high = _mm256_srai_epi16(_mm256_add_epi16(high, half), 4);
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xD8);
}

__attribute__((target("avx2"))) static void colour_block_avx2(
    const rows *in, const coefficients *c, int x, uint8_t *r, uint8_t *g, uint8_t *b) {
    const __m256i black = _mm256_set1_epi16(c->black), middle = _mm256_set1_epi16(128 << WEIGHT_BITS);
    __m256i red[2], green[2], blue[2];
    for (int half = 0; half < 2; half++) {
        __m256i y = between_avx2(in, 0, x + 16 * half);
        __m256i u = _mm256_sub_epi16(between_avx2(in, 1, x + 16 * half), middle);
        __m256i v = _mm256_sub_epi16(between_avx2(in, 2, x + 16 * half), middle);
        y = _mm256_mulhrs_epi16(_mm256_sub_epi16(y, black), _mm256_set1_epi16(c->luma));
        red[half] = _mm256_add_epi16(y, _mm256_mulhrs_epi16(v, _mm256_set1_epi16(c->red_v)));
        green[half] = _mm256_add_epi16(
            _mm256_add_epi16(y, _mm256_mulhrs_epi16(u, _mm256_set1_epi16(c->green_u))),
            _mm256_mulhrs_epi16(v, _mm256_set1_epi16(c->green_v)));
        blue[half] = _mm256_add_epi16(y, _mm256_mulhrs_epi16(u, _mm256_set1_epi16(c->blue_u)));
    }
    _mm256_storeu_si256((__m256i *)r, levels_avx2(red[0], red[1]));
    _mm256_storeu_si256((__m256i *)g, levels_avx2(green[0], green[1]));
    _mm256_storeu_si256((__m256i *)b, levels_avx2(blue[0], blue[1]));
}

__attribute__((target("avx2"))) static void average_rows_avx2(
    const uint8_t *a, const uint8_t *b, uint8_t *out, int count) {
    for (int i = 0; i < count; i++) out[i] = (uint8_t)((a[i] + b[i] + 1) >> 1);
}

__attribute__((target("avx2"))) static void halve_row_avx2(const uint8_t *row, uint8_t *out, int count) {
    const __m256i ones = _mm256_set1_epi8(1), one = _mm256_set1_epi16(1);
    int i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i a = _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)(row + 2 * i)), ones);
        __m256i b = _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)(row + 2 * i + 32)), ones);
        a = _mm256_srli_epi16(_mm256_add_epi16(a, one), 1);
        b = _mm256_srli_epi16(_mm256_add_epi16(b, one), 1);
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xD8));
    }
    for (; i < count; i++) out[i] = (uint8_t)((row[2 * i] + row[2 * i + 1] + 1) >> 1);
}
#endif

static void average_rows_portable(const uint8_t *a, const uint8_t *b, uint8_t *out, int count) {
    for (int i = 0; i < count; i++) out[i] = (uint8_t)((a[i] + b[i] + 1) >> 1);
}

static void halve_row_portable(const uint8_t *row, uint8_t *out, int count) {
    for (int i = 0; i < count; i++) out[i] = (uint8_t)((row[2 * i] + row[2 * i + 1] + 1) >> 1);
}

typedef struct {
    void (*scale_row)(const plan *, const uint8_t *, int16_t *);
    void (*colour_block)(const rows *, const coefficients *, int, uint8_t *, uint8_t *, uint8_t *);
    void (*average_rows)(const uint8_t *, const uint8_t *, uint8_t *, int);
    void (*halve_row)(const uint8_t *, uint8_t *, int);
} kernels;

static const kernels portable_kernels = {
    scale_row_portable, colour_block_portable, average_rows_portable, halve_row_portable
};

static const kernels *best_kernels(void) {
#if GAV_AVX2
    static const kernels avx2 = { scale_row_avx2, colour_block_avx2, average_rows_avx2, halve_row_avx2 };
    if (__builtin_cpu_supports("avx2")) return &avx2;
#endif
    return &portable_kernels;
}

// ---- rows ----------------------------------------------------------------------------------------------------------

// Row `y` of the plane after its halvings in both directions; in the scratch memory, or in the frame itself.
static const uint8_t *reduced_row(
    gav_resampler *resampler, const kernels *with, const gav_plane *plane, int y, int halvings_x, int halvings_y) {
    const uint8_t *row = plane->data + (ptrdiff_t)(y << halvings_y) * plane->stride;
    uint8_t *to = resampler->scratch[0], *other = resampler->scratch[1];
    // Averages of averages, pair by pair, as a vertical halving of the whole plane would give.
    if (halvings_y == 1) {
        with->average_rows(row, row + plane->stride, to, plane->width);
        row = to;
    } else if (halvings_y > 1) {
        uint32_t count = 1u << halvings_y;
        for (int x = 0; x < plane->width; x++) {
            uint32_t sum = count / 2;
            for (uint32_t k = 0; k < count; k++) sum += row[(ptrdiff_t)k * plane->stride + x];
            to[x] = (uint8_t)(sum >> halvings_y);
        }
        row = to;
    }
    int width = plane->width;
    for (int k = 0; k < halvings_x; k++) {
        uint8_t *out = row == resampler->scratch[0] ? other : to;
        width /= 2;
        with->halve_row(row, out, width);
        row = out;
    }
    return row;
}

static const int16_t *scaled_row(
    gav_resampler *resampler, const kernels *with, const plan *plan, int which, const gav_plane *plane, int y,
    int halvings_y, int keep) {
    row_pair *cache = &resampler->cache[which];
    for (int k = 0; k < 2; k++)
        if (cache->index[k] == y) return cache->rows[k];
    int slot = cache->index[0] == keep ? 1 : 0;
    const uint8_t *row = reduced_row(resampler, with, plane, y, plan->halvings, halvings_y);
    with->scale_row(plan, row, cache->rows[slot]);
    cache->index[slot] = y;
    return cache->rows[slot];
}

static int prepare(gav_resampler *resampler, const gav_plane planes[3], int width) {
    int padded = (width + BLOCK - 1) / BLOCK * BLOCK;
    if (resampler->cache_width < padded) {
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 2; k++) {
                free(resampler->cache[i].rows[k]);
                resampler->cache[i].rows[k] = malloc((size_t)padded * sizeof(int16_t));
                if (!resampler->cache[i].rows[k]) return -1;
            }
        resampler->cache_width = padded;
    }
    size_t row = (size_t)planes[0].width + 64;
    if (resampler->scratch_width < row) {
        for (int k = 0; k < 2; k++) {
            free(resampler->scratch[k]);
            resampler->scratch[k] = malloc(row);
            if (!resampler->scratch[k]) return -1;
        }
        resampler->scratch_width = row;
    }
    for (int i = 0; i < 3; i++) resampler->cache[i].index[0] = resampler->cache[i].index[1] = -1;
    return 0;
}

int gav_resample(
    gav_resampler *resampler, const gav_plane planes[3], int source_width, int source_height, gav_colour colour,
    uint8_t *r, uint8_t *g, uint8_t *b, ptrdiff_t stride, int width, int height, int portable) {
    const kernels *with = portable ? &portable_kernels : best_kernels();
    const plan *plans[3];
    int halvings[3], reduced[3];
    for (int i = 0; i < 3; i++) {
        plans[i] = plan_for(resampler, source_width, &planes[i], width);
        if (!plans[i]) return -1;
        halvings[i] = halvings_for((double)source_height / (1 << planes[i].shift_y) / height);
        reduced[i] = planes[i].height >> halvings[i];
        if (reduced[i] < 1) return -1;
    }
    if (prepare(resampler, planes, width) < 0) return -1;
    coefficients matrix = coefficients_of(colour);
    for (int line = 0; line < height; line++) {
        rows in;
        for (int i = 0; i < 3; i++) {
            double y = position(line, source_height, height, planes[i].shift_y, 0, halvings[i]);
            int upper = (int)floor(y), weight = (int)((y - floor(y)) * 32768), lower = upper + 1;
            upper = upper < 0 ? 0 : upper >= reduced[i] ? reduced[i] - 1 : upper;
            lower = lower < 0 ? 0 : lower >= reduced[i] ? reduced[i] - 1 : lower;
            in.first[i] = scaled_row(resampler, with, plans[i], i, &planes[i], upper, halvings[i], lower);
            in.second[i] = scaled_row(resampler, with, plans[i], i, &planes[i], lower, halvings[i], upper);
            in.weight[i] = (int16_t)weight;
        }
        ptrdiff_t at = line * stride;
        int x = 0;
        for (; x + BLOCK <= width; x += BLOCK) with->colour_block(&in, &matrix, x, r + at + x, g + at + x, b + at + x);
        if (x < width) {
            uint8_t rest[3][BLOCK];
            with->colour_block(&in, &matrix, x, rest[0], rest[1], rest[2]);
            memcpy(r + at + x, rest[0], (size_t)(width - x));
            memcpy(g + at + x, rest[1], (size_t)(width - x));
            memcpy(b + at + x, rest[2], (size_t)(width - x));
        }
    }
    return 0;
}
