/* Which jobs are done. */
#include "dpacs_access.h"
#include "dpacs_text.h"

dpacs_status dpacs_count(dpacs *d, uint32_t jobs_done) {
    uint32_t newly = jobs_done - d->jobs_done;
    d->jobs_done = jobs_done;
    if (newly > d->queued - d->done) {
        if (!d->started_alone) return dpacs_fail(d, DPACS_IO, "more jobs are done than were queued");
        newly = d->queued - d->done;
    }
    for (; newly > 0; newly--) d->slot[d->done++ % d->network.slots].state = DPACS_SLOT_DONE;
    return DPACS_OK;
}

void dpacs_lose_open_jobs(dpacs *d) {
    for (int i = 0; i < DPACS_SLOTS; i++)
        if (d->slot[i].state == DPACS_SLOT_OPEN) d->slot[i].state = DPACS_SLOT_LOST;
    d->done = d->queued;
}
