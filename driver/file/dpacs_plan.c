#include "dpacs_plan.h"

enum { PATCH_UNIT = 8 };

uint32_t dpacs_geometry(const plan_geometry *g) {
    return (uint32_t)g->pi | (uint32_t)g->po << 8 | (uint32_t)g->parallel << 16 | (uint32_t)g->prune << 17 |
           (uint32_t)(g->patch_bytes / PATCH_UNIT) << 18 | (uint32_t)g->mask_w << 24;
}

uint32_t dpacs_capacity(const plan_geometry *g) { return (uint32_t)g->map_words | (uint32_t)g->weight_rows << 16; }

plan_geometry dpacs_build(uint32_t geometry, uint32_t capacity) {
    return (plan_geometry){.pi = geometry & 0xff,
                           .po = geometry >> 8 & 0xff,
                           .parallel = (geometry >> 16 & 1) != 0,
                           .prune = (geometry >> 17 & 1) != 0,
                           .patch_bytes = (int)(geometry >> 18 & 0x3f) * PATCH_UNIT,
                           .mask_w = (int)(geometry >> 24),
                           .map_words = capacity & 0xffff,
                           .weight_rows = (int)(capacity >> 16)};
}

dpacs_network dpacs_of_plan(const plan *p) {
    return (dpacs_network){.bytes = p->image,
                           .size = (uint32_t)p->size,
                           .geometry = dpacs_geometry(&p->geometry),
                           .capacity = dpacs_capacity(&p->geometry),
                           .memory_bytes = (uint32_t)p->memory_bytes,
                           .commands_at = p->cmd_addr,
                           .commands = (uint32_t)p->commands,
                           .image_at = p->image_addr,
                           .image_bytes = p->image_bytes,
                           .image_stride = p->image_stride,
                           .logits_at = p->logits_addr,
                           .logits = p->logits_bytes / (uint32_t)sizeof(int32_t),
                           .logits_stride = p->logits_stride,
                           .slots = PLAN_SLOTS,
                           .open = (uint32_t)p->queue,
                           .not_negative = p->image_not_negative};
}
