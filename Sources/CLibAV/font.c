// Antialiased text through FreeType, each glyph rendered once per font.
//
// FreeType is linked, not loaded at first use like libav: it is small, and starting with it takes no measurable time.
#include <ft2build.h>
#include FT_FREETYPE_H
#include <stdlib.h>
#include <string.h>

#include "CLibAV.h"

typedef struct {
    uint32_t character;
    int left, top, width, rows, advance;  // pixels; the advance in 1/64
    uint8_t *coverage;
} glyph;

enum { GLYPHS = 512 };

struct gav_font {
    FT_Library library;
    FT_Face face;
    glyph *glyphs[GLYPHS];
};

int gav_font_open(gav_font **out, const char *path, int pixels) {
    *out = NULL;
    gav_font *font = calloc(1, sizeof *font);
    if (!font) return -1;
    if (FT_Init_FreeType(&font->library) == 0 && FT_New_Face(font->library, path, 0, &font->face) == 0 &&
        FT_Set_Pixel_Sizes(font->face, 0, (FT_UInt)pixels) == 0) {
        *out = font;
        return 0;
    }
    gav_font_close(font);
    return -1;
}

void gav_font_close(gav_font *font) {
    if (!font) return;
    for (int i = 0; i < GLYPHS; i++) {
        if (font->glyphs[i]) free(font->glyphs[i]->coverage);
        free(font->glyphs[i]);
    }
    if (font->face) FT_Done_Face(font->face);
    if (font->library) FT_Done_FreeType(font->library);
    free(font);
}

static const glyph *glyph_of(gav_font *font, uint32_t character) {
    glyph **slot = &font->glyphs[character % GLYPHS];
    if (*slot && (*slot)->character == character) return *slot;
    if (FT_Load_Glyph(font->face, FT_Get_Char_Index(font->face, character), FT_LOAD_RENDER) != 0) return NULL;
    const FT_GlyphSlot rendered = font->face->glyph;
    if (rendered->bitmap.pixel_mode != FT_PIXEL_MODE_GRAY && rendered->bitmap.rows > 0) return NULL;
    glyph *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->character = character;
    made->left = rendered->bitmap_left;
    made->top = rendered->bitmap_top;
    made->width = (int)rendered->bitmap.width;
    made->rows = (int)rendered->bitmap.rows;
    made->advance = (int)rendered->advance.x;
    size_t size = (size_t)made->width * (size_t)made->rows;
    made->coverage = size ? malloc(size) : NULL;
    if (size && !made->coverage) {
        free(made);
        return NULL;
    }
    for (int y = 0; y < made->rows; y++)
        memcpy(made->coverage + (size_t)y * (size_t)made->width,
               rendered->bitmap.buffer + (ptrdiff_t)y * rendered->bitmap.pitch, (size_t)made->width);
    if (*slot) free((*slot)->coverage);
    free(*slot);
    *slot = made;
    return made;
}

double gav_font_width(gav_font *font, const uint32_t *text, size_t count) {
    int64_t width = 0;
    for (size_t i = 0; i < count; i++) {
        const glyph *glyph = glyph_of(font, text[i]);
        if (glyph) width += glyph->advance;
    }
    return (double)width / 64;
}

double gav_font_cap_height(gav_font *font) {
    const glyph *glyph = glyph_of(font, 'H');
    return glyph ? glyph->top : 0;
}

void gav_font_draw(gav_font *font, gav_mask mask, double x, double baseline, const uint32_t *text, size_t count) {
    int64_t pen = (int64_t)(x * 64);
    int line = (int)(baseline + 0.5);
    for (size_t i = 0; i < count; i++) {
        const glyph *glyph = glyph_of(font, text[i]);
        if (!glyph) continue;
        int left = (int)((pen + 32) >> 6) + glyph->left - mask.x, top = line - glyph->top - mask.y;
        for (int row = 0; row < glyph->rows; row++) {
            int y = top + row;
            if (y < 0 || y >= mask.height) continue;
            for (int column = 0; column < glyph->width; column++) {
                int at = left + column;
                if (at < 0 || at >= mask.width) continue;
                uint8_t *coverage = &mask.coverage[(size_t)y * (size_t)mask.width + (size_t)at];
                uint8_t own = glyph->coverage[(size_t)row * (size_t)glyph->width + (size_t)column];
                if (own > *coverage) *coverage = own;
            }
        }
        pen += glyph->advance;
    }
}
