#include "axi_mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axi_mem_parts.h"

enum {
    GUARD = 0xa5,
    LATE = 4 /* latencies, at most, that a response to a write waits */
};

static const uint64_t ADDRESS_END = (uint64_t)1 << 40;

axi_mem_options axi_mem_defaults(void) {
    return (axi_mem_options){.latency = 80, .bandwidth = AXI_MEM_BANDWIDTH, .ports = 1, .beat = DUT_BEAT, .reads = 32, .seed = 1};
}

dp_status axi_mem_create(axi_mem **mem, const axi_mem_options *options, size_t bytes, dp_error *err) {
    *mem = NULL;
    if (bytes > UINT32_MAX || options->base + bytes > ADDRESS_END)
        return dp_fail(err, DP_BAD_INPUT, "%zu bytes of memory from 0x%08" PRIx64 " on: more than the addresses reach", bytes,
                       options->base);
    axi_mem *m = calloc(1, sizeof *m);
    if (m != NULL) m->bytes = malloc(bytes + 1);
    if (m == NULL || m->bytes == NULL) {
        free(m);
        return dp_fail(err, DP_NO_MEMORY, "out of memory for %zu bytes of DDR", bytes);
    }
    m->options = *options;
    if (m->options.reads > MAX_READS) m->options.reads = MAX_READS;
    m->size = bytes;
    memset(m->bytes, GUARD, bytes);
    rng_seed(&m->random, options->seed);
    *mem = m;
    return DP_OK;
}

void axi_mem_destroy(axi_mem *mem) {
    if (mem != NULL) free(mem->bytes);
    free(mem);
}

dp_status axi_mem_map(axi_mem *mem, uint32_t address, size_t bytes, bool writable, const void *data, dp_error *err) {
    size_t begin = address, end = begin + bytes;
    int at = mem->area_count;
    while (at > 0 && mem->areas[at - 1].begin >= end) at--;
    bool overlap = at > 0 && mem->areas[at - 1].end > begin;
    if (bytes == 0 || end > mem->size || overlap || mem->area_count == MAX_AREAS)
        return dp_fail(err, DP_BAD_INPUT, "memory area 0x%" PRIx32 " of %zu bytes does not fit", address, bytes);
    memmove(&mem->areas[at + 1], &mem->areas[at], (size_t)(mem->area_count - at) * sizeof *mem->areas);
    mem->areas[at] = (area){begin, end, writable};
    mem->area_count++;
    if (data != NULL) {
        memcpy(mem->bytes + begin, data, bytes);
    } else {
        memset(mem->bytes + begin, 0, bytes);
    }
    return DP_OK;
}

uint8_t *axi_mem_at(axi_mem *mem, uint32_t address) { return mem->bytes + address; }
const axi_mem_state *axi_mem_look(const axi_mem *mem) { return &mem->state; }
void axi_mem_inject(axi_mem *mem, axi_fault fault) { mem->fault = fault; }

static void fail(axi_mem *m, const char *what, uint64_t address) {
    axi_mem_state *s = &m->state;
    if (s->failures++ > 0) return;
    s->failure_cycle = m->cycle;
    (void)snprintf(s->failure, sizeof s->failure, "%s (address 0x%08" PRIx64 ")", what, address);
}

/* The area that [begin, end) touches first, or NULL. */
static const area *area_touched(const axi_mem *m, size_t begin, size_t end) {
    int low = 0, high = m->area_count;
    while (low < high) { /* first area that ends behind begin */
        int middle = (low + high) / 2;
        if (m->areas[middle].end > begin)
            high = middle;
        else
            low = middle + 1;
    }
    return low < m->area_count && m->areas[low].begin < end ? &m->areas[low] : NULL;
}

static void push(burst_queue *q, burst b) { q->slot[(q->first + q->count++) % MAX_READS] = b; }

/* Whether a burst lies in the memory at all; *at counts from its beginning. */
static bool inside(const axi_mem *m, uint64_t address, uint8_t len, uint64_t *at) {
    *at = address - m->options.base;
    return address >= m->options.base && *at + ((uint64_t)len + 1) * (uint64_t)m->options.beat <= m->size;
}

static void take_read(axi_mem *m, port *p, const dut_bus_out *out) {
    uint64_t address;
    bool somewhere = inside(m, out->ar_addr, out->ar_len, &address);
    const char *problem = axi_check_burst(out->ar_addr, out->ar_len, out->ar_kind, m->options.beat);
    p->handshakes[AXI_AR]++;
    if (problem == NULL && !somewhere && !m->options.decode) problem = "burst ends behind the memory";
    const size_t whole = ((size_t)out->ar_len + 1) * (size_t)m->options.beat;
    for (size_t i = 0; i < whole && somewhere;
         i += DUT_BEAT) { /* a beat may reach beyond the bytes asked for, but not lie beside them */
        size_t begin = address + i;
        somewhere = area_touched(m, begin, begin + DUT_BEAT) != NULL;
        if (!somewhere && !m->options.decode && problem == NULL) fail(m, "read outside the mapped areas", begin);
        if (!m->options.decode) somewhere = true;
    }
    if (problem != NULL) {
        fail(m, problem, address);
        return; /* not answered: there may be nothing to answer with */
    }
    push(&p->reads, (burst){.address = (uint32_t)address,
                            .len = out->ar_len,
                            .id = out->ar_id,
                            .nowhere = !somewhere,
                            .due = m->cycle + (uint64_t)m->options.latency});
}

static void take_beat(axi_mem *m, port *p) {
    p->handshakes[AXI_R]++;
    m->bytes_read += (uint64_t)m->options.beat;
    m->state.read_beats = m->bytes_read / DUT_BEAT;
    p->beat_standing = false;
    if (p->serving->beat++ < p->serving->len) return;
    p->read_bursts++;
    m->state.read_bursts++;
    pop_sent(p);
}

static void take_write(axi_mem *m, port *p, const dut_bus_out *out) {
    uint64_t address;
    bool somewhere = inside(m, out->aw_addr, out->aw_len, &address);
    const char *problem = axi_check_burst(out->aw_addr, out->aw_len, out->aw_kind, m->options.beat);
    p->handshakes[AXI_AW]++;
    if (problem == NULL && !somewhere && !m->options.decode) problem = "burst ends behind the memory";
    if (problem != NULL) {
        fail(m, problem, address);
        return;
    }
    push(&p->writes, (burst){.address = (uint32_t)address, .len = out->aw_len, .id = out->aw_id, .nowhere = !somewhere});
}

static void store(axi_mem *m, burst *b, const dut_bus_out *out) {
    const uint32_t size = (uint32_t)m->options.beat, address = b->address + (uint32_t)b->beat * size;
    for (uint32_t i = 0; i < size && !b->nowhere; i++) {
        if ((out->w_strb >> i & 1) == 0) continue;
        const area *a = area_touched(m, address + i, (size_t)address + i + 1);
        if (a == NULL || !a->writable) {
            b->nowhere = m->options.decode;
            if (b->nowhere) break;
            fail(m, a == NULL ? "write to a guard byte" : "write to a read-only byte", address + i);
        }
        m->bytes[address + i] = out->w_data[i];
    }
}

static void take_data(axi_mem *m, port *p, const dut_bus_out *out) {
    burst *b = front(&p->writes);
    p->handshakes[AXI_W]++;
    m->bytes_written += (uint64_t)m->options.beat;
    m->state.write_beats = m->bytes_written / DUT_BEAT;
    m->tokens -= m->options.beat;
    store(m, b, out);
    bool last = b->beat++ == b->len;
    if (out->w_last != last) fail(m, last ? "WLAST missing on the last beat" : "WLAST before the last beat", b->address);
    if (!last) return;
    b->due = m->cycle + (uint64_t)m->options.latency;
    if (m->options.disorder > 0) b->due += rng_below(&m->random, (uint32_t)(LATE * m->options.latency + 1));
    push(&p->responses, *b);
    pop(&p->writes);
}

static bool sample(axi_mem *m, port *p, const dut_bus_out *out) {
    const dut_bus_in *in = &p->driven;
    const char *problem = axi_check_stable(&p->check, in, out, m->options.beat);
    if (problem != NULL) fail(m, problem, (out->ar_valid ? out->ar_addr : out->aw_addr) - m->options.base);
    bool ar = out->ar_valid && in->ar_ready, r = in->r_valid && out->r_ready, aw = out->aw_valid && in->aw_ready;
    bool w = out->w_valid && in->w_ready, b = in->b_valid && out->b_ready;
    p->write_waits = out->w_valid && !w;
    if (r) take_beat(m, p);
    if (w) take_data(m, p, out);
    if (ar) take_read(m, p, out);
    if (aw) take_write(m, p, out);
    if (b) {
        p->handshakes[AXI_B]++;
        p->response_standing = false;
        m->state.write_bursts++;
        pop(&p->responses);
    }
    m->state.reads_waiting += p->reads.count;
    m->state.writes_waiting += p->writes.count + p->responses.count;
    return ar || r || aw || w || b;
}

bool axi_mem_sample(axi_mem *m, const dut_out *out) {
    bool moved = false;
    m->state.reads_waiting = m->state.writes_waiting = 0;
    for (int i = 0; i < m->options.ports; i++) moved |= sample(m, &m->ports[i], &out->bus[i]);
    m->cycle++;
    return moved;
}

void axi_mem_master_reset(axi_mem *m) {
    for (int i = 0; i < m->options.ports; i++) m->ports[i].check = (axi_check){0};
}

bool axi_mem_verify(axi_mem *m) {
    size_t at = 0;
    for (int i = 0; i <= m->area_count; i++) {
        size_t end = i < m->area_count ? m->areas[i].begin : m->size;
        for (; at < end; at++) {
            if (m->bytes[at] == GUARD) continue;
            fail(m, "guard byte changed", (uint32_t)at);
            return false;
        }
        if (i < m->area_count) at = m->areas[i].end;
    }
    return true;
}
