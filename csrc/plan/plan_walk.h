/* The order of the commands, and which map lies where while they run. */
#ifndef DPACS_PLAN_WALK_H
#define DPACS_PLAN_WALK_H

#include "plan_emit.h"

/* Emits the commands of the whole network and sets what of the plan follows from them: chains,
   queue, image_not_negative, map_words. */
void plan_walk_layers(plan_emitter *e);

#endif
