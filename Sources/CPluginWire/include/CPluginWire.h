#ifndef GANTRY_CPLUGINWIRE_H
#define GANTRY_CPLUGINWIRE_H

// memfd_create(2), which Swift's Glibc module leaves out: a memory file that can be sealed and is not inherited, or -1
// with errno.
int plugin_wire_memory_file(const char *name);

#endif
