#define _GNU_SOURCE
#include "CPluginWire.h"

#include <sys/mman.h>

int plugin_wire_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); }
