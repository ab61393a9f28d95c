/* What the fuzzers share: the input as a file, and a way to give up where two answers differ. Each fuzzer is one LLVMFuzzerTestOneInput
   (libFuzzer); `make fuzz` builds and runs them. */
#ifndef DPACS_FUZZ_BOX_H
#define DPACS_FUZZ_BOX_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the bytes to a file of that name in a directory in memory that is this process's own; its path is valid until the next call
   with that name. */
const char *fuzz_file(const char *name, const void *data, size_t size);
/* The directory. */
const char *fuzz_place(void);

/* Ends the process, as a finding, unless `holds`. */
void fuzz_expect(int holds, const char *what);

#endif
