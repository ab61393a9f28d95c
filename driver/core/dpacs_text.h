/* Messages without stdio: each call adds to the text, and cuts off what does not fit. */
#ifndef DPACS_TEXT_H
#define DPACS_TEXT_H

#include "dpacs.h"

void dpacs_say(char *text, const char *words);
void dpacs_say_number(char *text, uint32_t value, int digits); /* decimal, at least so many */
void dpacs_say_hex(char *text, uint64_t value); /* 0x, at least eight digits */

/* Returns `status`, with d->text in place of what it was. */
dpacs_status dpacs_fail(dpacs *d, dpacs_status status, const char *words);
/* What a function of the back end returned; it may have said more. */
dpacs_status dpacs_back_end(dpacs *d, dpacs_status status, const char *words);

#endif
