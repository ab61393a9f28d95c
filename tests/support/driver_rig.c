/* See driver_rig.h. */
#include "driver_rig.h"

#include <criterion/criterion.h>
#include <string.h>

driver_rig *driver_rig_new(void) {
    static driver_rig r;
    memset(&r, 0, sizeof r);
    fake_device_init(&r.f);
    r.n = fake_network(r.bytes);
    for (int i = 0; i < 100; i++) r.image[i] = (int8_t)(i - 50);
    return &r;
}

dpacs_status driver_rig_open(driver_rig *r) {
    const dpacs_ops ops = fake_device_ops(&r->f);
    return dpacs_open(&r->d, &ops);
}

driver_rig *driver_rig_loaded(void) {
    driver_rig *r = driver_rig_new();
    cr_assert_eq(driver_rig_open(r), DPACS_OK);
    cr_assert_eq(dpacs_load(&r->d, &r->n), DPACS_OK, "%s", r->d.text);
    return r;
}

void driver_rig_expect(const driver_rig *r, dpacs_status got, dpacs_status want, const char *words) {
    cr_expect_eq(got, want, "status %d instead of %d: %s", (int)got, (int)want, r->d.text);
    cr_expect_not_null(strstr(r->d.text, words), "'%s' does not say '%s'", r->d.text, words);
}

void driver_rig_queue(driver_rig *r, uint32_t want) {
    uint32_t job = ~0u;
    cr_assert_eq(dpacs_queue(&r->d, r->image, &job), DPACS_OK, "%s", r->d.text);
    cr_assert_eq(job, want);
}
