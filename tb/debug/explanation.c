#include "explanation.h"

#include <stdarg.h>
#include <stdio.h>

void explain_say(explanation *e, const char *format, ...) {
    size_t room = sizeof e->text - e->used;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(e->text + e->used, room, format, args);
    va_end(args);
    if (length > 0) e->used += (size_t)length < room ? (size_t)length : room - 1;
}
