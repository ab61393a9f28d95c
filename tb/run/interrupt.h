/* Ctrl-C and SIGTERM end a run where it stands, with its wave and results closed. The flag is the program's only global state. */
#ifndef DPACS_INTERRUPT_H
#define DPACS_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void);
bool interrupt_seen(void);

#endif
