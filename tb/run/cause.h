/* What the causes of dut.h are called, in reports and files. */
#ifndef DPACS_CAUSE_H
#define DPACS_CAUSE_H

/* "busy", "weights", …; "?" for what is no dut_cause. */
const char *cause_name(int cause);

#endif
