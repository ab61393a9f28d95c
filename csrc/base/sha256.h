/* SHA-256 (FIPS 180-4), for files that come with their checksum. */
#ifndef DPACS_SHA256_H
#define DPACS_SHA256_H

#include <stddef.h>

/* 64 lower-case hexadecimal digits and a zero. */
void sha256_hex(const void *data, size_t size, char hex[65]);

#endif
