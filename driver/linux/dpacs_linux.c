#include "dpacs_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REGISTER_BYTES = 4096, ATTRIBUTE = 64, PATH = 512, TO_DEVICE = 1, FROM_DEVICE = 2 };

dpacs_linux_options dpacs_linux_defaults(void) {
    return (dpacs_linux_options){
        .registers = "/dev/uio0",
        .memory = "/dev/udmabuf0",
        .attributes = "/sys/class/u-dma-buf/udmabuf0",
        .timeout_ms = 10000,
    };
}

__attribute__((format(printf, 3, 4))) static dpacs_status fail(dpacs_linux *l, dpacs_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(l->device->text, DPACS_TEXT, format, arguments);
    va_end(arguments);
    return status;
}

/* Between registers and memory, in both directions. */
static void barrier(void) {
#if defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("dsb sy" ::: "memory");
#else
    __sync_synchronize();
#endif
}

static dpacs_status read32(void *context, uint32_t offset, uint32_t *value) {
    const dpacs_linux *l = context;
    *value = l->registers[offset / 4];
    barrier();
    return DPACS_OK;
}

static dpacs_status write32(void *context, uint32_t offset, uint32_t value) {
    const dpacs_linux *l = context;
    barrier();
    l->registers[offset / 4] = value;
    return DPACS_OK;
}

/* The kernel masks the interrupt when it comes; it is a level, so that none is missed in between. */
static dpacs_status wait_interrupt(void *context) {
    dpacs_linux *l = context;
    const char *name = l->options.interrupt;
    const uint32_t unmask = 1;
    uint32_t count;
    struct pollfd file = {.fd = l->interrupt, .events = POLLIN};
    if (write(l->interrupt, &unmask, sizeof unmask) != (ssize_t)sizeof unmask)
        return fail(l, DPACS_IO, "%s: the interrupt cannot be unmasked: %s", name, strerror(errno));
    int ready;
    do ready = poll(&file, 1, l->options.timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready == 0) return fail(l, DPACS_TIMEOUT, "%s: no interrupt for %d ms", name, l->options.timeout_ms);
    if (ready < 0) return fail(l, DPACS_IO, "%s: %s", name, strerror(errno));
    if (read(l->interrupt, &count, sizeof count) != (ssize_t)sizeof count)
        return fail(l, DPACS_IO, "%s: no interrupt can be read", name);
    return DPACS_OK;
}

static dpacs_status allocate(void *context, size_t bytes, dpacs_memory *memory) {
    dpacs_linux *l = context;
    if (bytes > l->bytes)
        return fail(l, DPACS_NO_MEMORY, "%s has %zu bytes, the network needs %zu", l->options.memory, l->bytes, bytes);
    *memory = (dpacs_memory){.host = l->memory, .device = l->physical, .bytes = l->bytes};
    return DPACS_OK;
}

static dpacs_status set_attribute(dpacs_linux *l, const char *attribute, size_t value) {
    char path[PATH], text[ATTRIBUTE];
    int length = snprintf(text, sizeof text, "%zu", value);
    (void)snprintf(path, sizeof path, "%s/%s", l->options.attributes, attribute);
    int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    bool done = file >= 0 && write(file, text, (size_t)length) == length;
    if (!done) (void)fail(l, DPACS_IO, "%s: cannot be written: %s", path, strerror(errno));
    if (file >= 0) (void)close(file);
    return done ? DPACS_OK : DPACS_IO;
}

static dpacs_status sync_range(dpacs_linux *l, size_t at, size_t bytes, size_t direction, const char *verb) {
    dpacs_status status = set_attribute(l, "sync_offset", at);
    if (status == DPACS_OK) status = set_attribute(l, "sync_size", bytes);
    if (status == DPACS_OK) status = set_attribute(l, "sync_direction", direction);
    return status == DPACS_OK ? set_attribute(l, verb, 1) : status;
}

static dpacs_status flush(void *context, const dpacs_memory *memory, size_t at, size_t bytes) {
    (void)memory;
    return sync_range(context, at, bytes, TO_DEVICE, "sync_for_device");
}

static dpacs_status invalidate(void *context, const dpacs_memory *memory, size_t at, size_t bytes) {
    (void)memory;
    return sync_range(context, at, bytes, FROM_DEVICE, "sync_for_cpu");
}

static dpacs_status get_attribute(dpacs_linux *l, const char *attribute, uint64_t *value) {
    char path[PATH], text[ATTRIBUTE], *end = text;
    (void)snprintf(path, sizeof path, "%s/%s", l->options.attributes, attribute);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail(l, DPACS_NO_DEVICE, "%s: %s", path, strerror(errno));
    ssize_t length = read(file, text, sizeof text - 1);
    (void)close(file);
    text[length > 0 ? length : 0] = '\0';
    *value = strtoull(text, &end, 0);
    return end != text ? DPACS_OK : fail(l, DPACS_NO_DEVICE, "%s: not a number", path);
}

static dpacs_status map(dpacs_linux *l, const char *path, size_t bytes, void **at) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return fail(l, DPACS_NO_DEVICE, "%s: %s", path, strerror(errno));
    *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int error = errno;
    (void)close(file);
    if (*at != MAP_FAILED) return DPACS_OK;
    *at = NULL;
    return fail(l, DPACS_NO_DEVICE, "%s: cannot be mapped: %s", path, strerror(error));
}

static dpacs_status open_all(dpacs_linux *l) {
    const dpacs_linux_options *o = &l->options;
    uint64_t bytes = 0, coherent = 0;
    void *registers = NULL, *memory = NULL;
    dpacs_status status = get_attribute(l, "size", &bytes);
    if (status == DPACS_OK) status = get_attribute(l, "phys_addr", &l->physical);
    if (status == DPACS_OK) status = get_attribute(l, "dma_coherent", &coherent);
    if (status == DPACS_OK) status = map(l, o->registers, REGISTER_BYTES, &registers);
    l->registers = registers;
    if (status == DPACS_OK) status = map(l, o->memory, (size_t)bytes, &memory);
    l->memory = memory;
    if (status != DPACS_OK) return status;
    l->bytes = (size_t)bytes;
    l->coherent = coherent != 0;
    l->interrupt = open(o->interrupt, O_RDWR | O_CLOEXEC | O_NOCTTY);
    return l->interrupt >= 0 ? DPACS_OK : fail(l, DPACS_NO_DEVICE, "%s: %s", o->interrupt, strerror(errno));
}

dpacs_status dpacs_linux_open(dpacs *d, dpacs_linux *l, const dpacs_linux_options *options) {
    *d = (dpacs){.text = ""};
    *l = (dpacs_linux){.options = *options, .device = d, .interrupt = -1};
    if (l->options.interrupt == NULL) l->options.interrupt = l->options.registers;
    dpacs_status status = open_all(l);
    const dpacs_ops ops = {.context = l,
                           .read32 = read32,
                           .write32 = write32,
                           .wait = wait_interrupt,
                           .allocate = allocate,
                           .flush = l->coherent ? NULL : flush,
                           .invalidate = l->coherent ? NULL : invalidate};
    if (status == DPACS_OK) status = dpacs_open(d, &ops);
    if (status == DPACS_OK) status = dpacs_abort(d);
    if (status != DPACS_OK) dpacs_linux_close(l);
    return status;
}

void dpacs_linux_close(dpacs_linux *l) {
    if (l->registers != NULL) (void)munmap((void *)l->registers, REGISTER_BYTES);
    if (l->memory != NULL) (void)munmap(l->memory, l->bytes);
    if (l->interrupt >= 0) (void)close(l->interrupt);
    *l = (dpacs_linux){.interrupt = -1};
}
