/* The way to a board under Linux: registers and interrupt through UIO, memory through u-dma-buf
   (docs/driver.md says what the device tree has to name). */
#ifndef DPACS_LINUX_H
#define DPACS_LINUX_H

#include "dpacs.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *registers; /* /dev/uio0: its first map holds them */
    const char *interrupt; /* NULL: the same file */
    const char *memory; /* /dev/udmabuf0 */
    const char *attributes; /* /sys/class/u-dma-buf/udmabuf0: size, phys_addr, sync_… */
    int timeout_ms; /* of an interrupt; -1: wait for ever */
} dpacs_linux_options;

/* Stays where it is while the device is open: the device points to it. */
typedef struct {
    dpacs_linux_options options;
    dpacs *device;
    volatile uint32_t *registers;
    int interrupt; /* file */
    uint8_t *memory;
    uint64_t physical;
    size_t bytes;
    bool coherent; /* no caches to be flushed */
} dpacs_linux;

dpacs_linux_options dpacs_linux_defaults(void);
/* dpacs_open on that device, and dpacs_abort: whoever had it before may have left it at work. On
   failure nothing stays open. */
dpacs_status dpacs_linux_open(dpacs *d, dpacs_linux *l, const dpacs_linux_options *options) DPACS_MUST_USE;
/* After dpacs_close. */
void dpacs_linux_close(dpacs_linux *l);

#ifdef __cplusplus
}
#endif

#endif
