#pragma once
#include <archive.h>
#include <archive_entry.h>

// AE_IFREG is a cast that Swift does not import.
static inline unsigned int gantry_regular_file(void) { return AE_IFREG; }
