#pragma once
#include "CLibAV.h"

// In the shape of AVIOInterruptCB: non-zero stops libav. `interrupt` may be NULL.
int gav_interrupt_check(void *interrupt);
