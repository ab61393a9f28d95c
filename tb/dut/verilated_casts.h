/* How a Verilated model extends a sign, in a way that a C++ compiler sees through: an int8 stays an int8 for the vectorizer, where
   Verilator's own functions (shift, negate, or) hide it. The values are the same. Each model directory gets a verilated.h that includes
   Verilator's, then this (Makefile): the model's files find it first, however they are split or precompiled. */
#ifndef DPACS_VERILATED_CASTS_H
#define DPACS_VERILATED_CASTS_H

#include <cstdint>

static inline IData dpacs_extend(int bits, IData value) {
    return bits == 8    ? static_cast<IData>(static_cast<int8_t>(value))
           : bits == 16 ? static_cast<IData>(static_cast<int16_t>(value))
           : bits == 32 ? value
                        : VL_EXTENDS_II(32, bits, value);
}
static inline IData dpacs_multiply(int bits, IData a, IData b) { return dpacs_extend(bits, a) * dpacs_extend(bits, b); }

#define VL_EXTENDS_II(to, from, value) dpacs_extend(from, value)
#define VL_MULS_III(bits, a, b) dpacs_multiply(bits, a, b)

#endif
