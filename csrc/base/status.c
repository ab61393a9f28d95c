#include "status.h"

#include <stdio.h>

dp_status dp_fail(dp_error *err, dp_status status, const char *format, ...) {
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}
