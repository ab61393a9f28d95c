/* Of the program, its results and what it installs. */
#ifndef DPACS_VERSION_H
#define DPACS_VERSION_H

#define DPACS_VERSION "1.0"

#endif
