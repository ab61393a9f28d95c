/* libdpacs on a fake device, with its network. */
#ifndef DPACS_DRIVER_RIG_H
#define DPACS_DRIVER_RIG_H

#include "fake_device.h"

typedef struct {
    fake_device f;
    dpacs d;
    uint8_t bytes[FAKE_NETWORK];
    dpacs_network n;
    int8_t image[100];
} driver_rig;

/* Of both there is one: the next driver_rig_new takes it. */
driver_rig *driver_rig_new(void);
dpacs_status driver_rig_open(driver_rig *r);
/* Open, and with the network. */
driver_rig *driver_rig_loaded(void);
/* The status is that, and what the driver says has these words. */
void driver_rig_expect(const driver_rig *r, dpacs_status got, dpacs_status want, const char *words);
/* An image, as that job. */
void driver_rig_queue(driver_rig *r, uint32_t want);

#endif
