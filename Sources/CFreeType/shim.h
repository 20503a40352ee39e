// FreeType for CLibAV's text; pkg-config names its include folder.
#pragma once
#include <ft2build.h>
