#include "dpacs_text.h"

#include <string.h>

void dpacs_say(char *text, const char *words) {
    int at = 0;
    while (text[at] != '\0') at++;
    while (*words != '\0' && at < DPACS_TEXT - 1) text[at++] = *words++;
    text[at] = '\0';
}

static void say_digits(char *text, uint64_t value, unsigned base, int digits) {
    char reversed[24], words[24];
    int count = 0;
    do {
        reversed[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || count < digits);
    for (int i = 0; i < count; i++) words[i] = reversed[count - 1 - i];
    words[count] = '\0';
    dpacs_say(text, words);
}

void dpacs_say_number(char *text, uint32_t value, int digits) { say_digits(text, value, 10, digits); }

void dpacs_say_hex(char *text, uint64_t value) {
    dpacs_say(text, "0x");
    say_digits(text, value, 16, 8);
}

dpacs_status dpacs_fail(dpacs *d, dpacs_status status, const char *words) {
    d->text[0] = '\0';
    dpacs_say(d->text, words);
    return status;
}

dpacs_status dpacs_back_end(dpacs *d, dpacs_status status, const char *words) {
    if (status != DPACS_OK && d->text[0] == '\0') dpacs_say(d->text, words);
    return status;
}
