#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <stdio.h>
#include <time.h>

enum { BAR = 30 };
static const double interval = 0.2;

double progress_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_start(progress *p, bool on) {
    *p = (progress){.on = on, .started = progress_now()};
    p->shown = p->started;
}

void progress_show(progress *p, double share, uint64_t cycle, const char *text) {
    double now = p->on ? progress_now() : 0;
    if (!p->on || now - p->shown < interval) return;
    char rate[24] = "";
    if (cycle > p->cycle) (void)snprintf(rate, sizeof rate, "%.0f kHz", (double)(cycle - p->cycle) / (now - p->shown) / 1e3);
    int filled = share < 1 ? (int)(share * BAR) : BAR;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++) bar[i] = i < filled ? '#' : '.';
    bar[BAR] = '\0';
    (void)fprintf(stderr, "\r[%s] %3d%%  %s  %s \033[K", bar, (int)(share * 100), text, rate);
    (void)fflush(stderr);
    p->shown = now;
    p->cycle = cycle;
}

void progress_clear(const progress *p) {
    if (p->on) (void)fprintf(stderr, "\r\033[K");
}
