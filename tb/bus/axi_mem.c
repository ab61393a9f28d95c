#include "axi_mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axi_check.h"
#include "rng.h"

enum {
    MAX_READS = 256,
    MAX_WRITES = 8,
    MAX_AREAS = 64,
    GUARD = 0xa5,
    SLVERR = 2,
    DECERR = 3,
    NOTHING = 0xee,
    LATE = 4 /* latencies, at most, that a response to a write waits */
};

static const uint64_t ADDRESS_END = (uint64_t)1 << 40;

typedef struct {
    uint32_t address;
    uint8_t len, id;
    int beat; /* next; beyond len: all are sent */
    bool nowhere; /* DECERR */
    uint64_t due; /* first cycle in which it may be answered */
} burst;

typedef struct {
    burst slot[MAX_READS];
    int first, count;
} burst_queue;

typedef struct {
    size_t begin, end;
    bool writable;
} area;

struct axi_mem {
    axi_mem_options options;
    axi_mem_state state;
    uint8_t *bytes;
    size_t size;
    area areas[MAX_AREAS]; /* by address */
    int area_count;
    rng random;
    axi_check check;
    axi_fault fault;
    uint64_t cycle;
    int tokens; /* bytes that may move: every cycle brings the bandwidth, a beat takes its size, a beat and a cycle's worth pile up */
    dut_in driven; /* what this cycle's inputs are, without the data */
    burst_queue reads, writes, responses;
    burst *serving; /* whose beat is on R, or was last */
    bool beat_standing, response_standing; /* R, B show what was not taken yet */
    bool write_waits; /* W was valid and not taken: it goes first */
    uint64_t handshakes[5];
};

axi_mem_options axi_mem_defaults(void) {
    return (axi_mem_options){.latency = 80, .bandwidth = AXI_MEM_BANDWIDTH, .reads = 32, .seed = 1};
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

static burst *front(burst_queue *q) { return &q->slot[q->first]; }

static void pop(burst_queue *q) {
    q->first = (q->first + 1) % MAX_READS;
    q->count--;
}

static bool stalls(axi_mem *m, axi_channel channel) {
    const axi_fault *f = &m->fault;
    if (f->kind == AXI_FAULT_WITHHOLD && f->channel == channel && m->handshakes[channel] >= f->nth) return true;
    return m->options.stall > 0 && (int)rng_below(&m->random, 100) < m->options.stall;
}

/* Bursts that are sent leave the queue, the oldest first. */
static void pop_sent(axi_mem *m) {
    while (m->reads.count > 0 && front(&m->reads)->beat > front(&m->reads)->len) pop(&m->reads);
}

/* Whose beat is next: the oldest burst's; in disorder, with luck the oldest one's of another ID. NULL: it is not due. */
static burst *next_read(axi_mem *m) {
    burst *oldest = front(&m->reads), *chosen = oldest;
    if (m->reads.count == 0) return NULL;
    if (m->options.disorder > 0 && (int)rng_below(&m->random, 100) < m->options.disorder)
        for (int i = 1; i < m->reads.count && chosen == oldest; i++) {
            burst *b = &m->reads.slot[(m->reads.first + i) % MAX_READS];
            if (b->id != oldest->id && b->beat <= b->len && b->due <= m->cycle) chosen = b;
        }
    return chosen->due <= m->cycle ? chosen : NULL;
}

/* Skips a beat that is to be dropped; false where that was the burst's last. */
static bool skip_dropped(axi_mem *m, burst *b) {
    if (m->fault.kind != AXI_FAULT_DROP || m->state.read_beats != m->fault.nth) return true;
    m->fault.kind = AXI_FAULT_NONE;
    if (++b->beat <= b->len) return true;
    pop_sent(m);
    return false;
}

/* Puts the burst's next beat on R. */
static void show_beat(axi_mem *m, burst *b, dut_in *in) {
    const axi_fault *f = &m->fault;
    const bool faulty = f->nth == m->state.read_beats;
    if (b->nowhere)
        memset(in->r_data, NOTHING, DUT_BEAT);
    else
        memcpy(in->r_data, m->bytes + b->address + (size_t)b->beat * DUT_BEAT, DUT_BEAT);
    in->r_valid = true;
    in->r_last = (b->beat == b->len) != (f->kind == AXI_FAULT_LAST && faulty);
    in->r_id = f->kind == AXI_FAULT_READ_ID && faulty ? b->id ^ 1 : b->id;
    in->r_resp = b->nowhere ? DECERR : f->kind == AXI_FAULT_READ_ERROR && f->nth == m->state.read_bursts ? SLVERR : 0;
    m->serving = b;
    if (f->kind == AXI_FAULT_FLIP && f->nth == m->state.read_beats)
        in->r_data[f->bit / 8 % DUT_BEAT] = (uint8_t)(in->r_data[f->bit / 8 % DUT_BEAT] ^ (1 << f->bit % 8));
    m->beat_standing = true;
    m->tokens -= DUT_BEAT;
}

void axi_mem_drive(axi_mem *m, dut_in *in) {
    const int most = DUT_BEAT - 1 + m->options.bandwidth; /* the rest of a beat is never lost while beats wait */
    m->tokens += m->options.bandwidth;
    if (m->tokens > most) m->tokens = most;
    in->ar_ready = m->reads.count < m->options.reads && !stalls(m, AXI_AR);
    in->aw_ready = m->writes.count + m->responses.count < MAX_WRITES && !stalls(m, AXI_AW);
    in->w_ready = m->writes.count > 0 && m->tokens >= DUT_BEAT && !stalls(m, AXI_W);
    if (!m->beat_standing) {
        in->r_valid = false;
        burst *b = next_read(m);
        /* one of the two directions has the tokens: a write that waits comes first */
        if (b != NULL && m->tokens >= DUT_BEAT && !(m->write_waits && in->w_ready) && !stalls(m, AXI_R) && skip_dropped(m, b)) {
            show_beat(m, b, in);
            in->w_ready = false;
        }
    }
    if (!m->response_standing) {
        m->response_standing = m->responses.count > 0 && front(&m->responses)->due <= m->cycle && !stalls(m, AXI_B);
        in->b_valid = m->response_standing;
        bool faulty = m->fault.nth == m->state.write_bursts;
        const burst *b = front(&m->responses);
        in->b_resp = b->nowhere ? DECERR : m->fault.kind == AXI_FAULT_WRITE_ERROR && faulty ? SLVERR : 0;
        in->b_id = m->fault.kind == AXI_FAULT_WRITE_ID && faulty ? b->id ^ 1 : b->id;
    }
    m->driven.ar_ready = in->ar_ready;
    m->driven.aw_ready = in->aw_ready;
    m->driven.w_ready = in->w_ready;
    m->driven.r_valid = in->r_valid;
    m->driven.b_valid = in->b_valid;
}

/* Whether a burst lies in the memory at all; *at counts from its beginning. */
static bool inside(const axi_mem *m, uint64_t address, uint8_t len, uint64_t *at) {
    *at = address - m->options.base;
    return address >= m->options.base && *at + ((uint64_t)len + 1) * DUT_BEAT <= m->size;
}

static void take_read(axi_mem *m, const dut_out *out) {
    uint64_t address;
    bool somewhere = inside(m, out->ar_addr, out->ar_len, &address);
    const char *problem = axi_check_burst(out->ar_addr, out->ar_len, out->ar_kind);
    m->handshakes[AXI_AR]++;
    if (problem == NULL && !somewhere && !m->options.decode) problem = "burst ends behind the memory";
    for (size_t i = 0; i <= out->ar_len && somewhere;
         i++) { /* a beat may reach beyond the bytes asked for, but not lie beside them */
        size_t begin = address + i * DUT_BEAT;
        somewhere = area_touched(m, begin, begin + DUT_BEAT) != NULL;
        if (!somewhere && !m->options.decode && problem == NULL) fail(m, "read outside the mapped areas", begin);
        if (!m->options.decode) somewhere = true;
    }
    if (problem != NULL) {
        fail(m, problem, address);
        return; /* not answered: there may be nothing to answer with */
    }
    push(&m->reads, (burst){.address = (uint32_t)address,
                            .len = out->ar_len,
                            .id = out->ar_id,
                            .nowhere = !somewhere,
                            .due = m->cycle + (uint64_t)m->options.latency});
}

static void take_beat(axi_mem *m) {
    m->handshakes[AXI_R]++;
    m->state.read_beats++;
    m->beat_standing = false;
    if (m->serving->beat++ < m->serving->len) return;
    m->state.read_bursts++;
    pop_sent(m);
}

static void take_write(axi_mem *m, const dut_out *out) {
    uint64_t address;
    bool somewhere = inside(m, out->aw_addr, out->aw_len, &address);
    const char *problem = axi_check_burst(out->aw_addr, out->aw_len, out->aw_kind);
    m->handshakes[AXI_AW]++;
    if (problem == NULL && !somewhere && !m->options.decode) problem = "burst ends behind the memory";
    if (problem != NULL) {
        fail(m, problem, address);
        return;
    }
    push(&m->writes, (burst){.address = (uint32_t)address, .len = out->aw_len, .id = out->aw_id, .nowhere = !somewhere});
}

static void store(axi_mem *m, burst *b, const dut_out *out) {
    const uint32_t address = b->address + (uint32_t)b->beat * DUT_BEAT;
    for (uint32_t i = 0; i < DUT_BEAT && !b->nowhere; i++) {
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

static void take_data(axi_mem *m, const dut_out *out) {
    burst *b = front(&m->writes);
    m->handshakes[AXI_W]++;
    m->state.write_beats++;
    m->tokens -= DUT_BEAT;
    store(m, b, out);
    bool last = b->beat++ == b->len;
    if (out->w_last != last) fail(m, last ? "WLAST missing on the last beat" : "WLAST before the last beat", b->address);
    if (!last) return;
    b->due = m->cycle + (uint64_t)m->options.latency;
    if (m->options.disorder > 0) b->due += rng_below(&m->random, (uint32_t)(LATE * m->options.latency + 1));
    push(&m->responses, *b);
    pop(&m->writes);
}

bool axi_mem_sample(axi_mem *m, const dut_out *out) {
    const dut_in *in = &m->driven;
    const char *problem = axi_check_stable(&m->check, in, out);
    if (problem != NULL) fail(m, problem, (out->ar_valid ? out->ar_addr : out->aw_addr) - m->options.base);
    bool ar = out->ar_valid && in->ar_ready, r = in->r_valid && out->r_ready, aw = out->aw_valid && in->aw_ready;
    bool w = out->w_valid && in->w_ready, b = in->b_valid && out->b_ready;
    m->write_waits = out->w_valid && !w;
    if (r) take_beat(m);
    if (w) take_data(m, out);
    if (ar) take_read(m, out);
    if (aw) take_write(m, out);
    if (b) {
        m->handshakes[AXI_B]++;
        m->response_standing = false;
        m->state.write_bursts++;
        pop(&m->responses);
    }
    m->state.reads_waiting = m->reads.count;
    m->state.writes_waiting = m->writes.count + m->responses.count;
    m->cycle++;
    return ar || r || aw || w || b;
}

void axi_mem_master_reset(axi_mem *m) { m->check = (axi_check){0}; }

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
