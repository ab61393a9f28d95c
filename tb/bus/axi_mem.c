#include "axi_mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axi_check.h"
#include "rng.h"

enum { MAX_READS = 256, MAX_WRITES = 8, MAX_AREAS = 64, GUARD = 0xa5, SLVERR = 2 };

typedef struct {
    uint32_t address;
    uint8_t len, id;
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
    int read_beat, write_beat; /* of the first burst in the queue */
    bool beat_standing, response_standing; /* R, B show what was not taken yet */
    bool write_waits; /* W was valid and not taken: it goes first */
    uint64_t handshakes[5];
};

axi_mem_options axi_mem_defaults(void) {
    return (axi_mem_options){.latency = 80, .bandwidth = AXI_MEM_BANDWIDTH, .reads = 32, .stall = 0, .seed = 1, .base = 0};
}

dp_status axi_mem_create(axi_mem **mem, const axi_mem_options *options, size_t bytes, dp_error *err) {
    *mem = NULL;
    if (bytes > UINT32_MAX - options->base)
        return dp_fail(err, DP_BAD_INPUT, "%zu bytes of memory from 0x%08" PRIx32 " on: more than 32-bit addresses reach", bytes,
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

static void fail(axi_mem *m, const char *what, uint32_t address) {
    axi_mem_state *s = &m->state;
    if (s->failures++ > 0) return;
    s->failure_cycle = m->cycle;
    (void)snprintf(s->failure, sizeof s->failure, "%s (address 0x%08" PRIx32 ")", what, address);
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

/* Skips a beat that is to be dropped; false where that was the burst's last. */
static bool skip_dropped(axi_mem *m) {
    if (m->fault.kind != AXI_FAULT_DROP || m->state.read_beats != m->fault.nth) return true;
    m->fault.kind = AXI_FAULT_NONE;
    m->read_beat++;
    if (m->read_beat <= front(&m->reads)->len) return true;
    m->read_beat = 0;
    pop(&m->reads);
    return false;
}

/* Puts the next beat on R. */
static void show_beat(axi_mem *m, dut_in *in) {
    const burst *b = front(&m->reads);
    const axi_fault *f = &m->fault;
    memcpy(in->r_data, m->bytes + b->address + (size_t)m->read_beat * DUT_BEAT, DUT_BEAT);
    in->r_valid = true;
    in->r_last = m->read_beat == b->len;
    in->r_id = b->id;
    in->r_resp = f->kind == AXI_FAULT_READ_ERROR && f->nth == m->state.read_bursts ? SLVERR : 0;
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
        bool due = m->reads.count > 0 && front(&m->reads)->due <= m->cycle;
        /* one of the two directions has the tokens: a write that waits comes first */
        if (due && m->tokens >= DUT_BEAT && !(m->write_waits && in->w_ready) && !stalls(m, AXI_R) && skip_dropped(m)) {
            show_beat(m, in);
            in->w_ready = false;
        }
    }
    if (!m->response_standing) {
        m->response_standing = m->responses.count > 0 && front(&m->responses)->due <= m->cycle && !stalls(m, AXI_B);
        in->b_valid = m->response_standing;
        in->b_resp = m->fault.kind == AXI_FAULT_WRITE_ERROR && m->fault.nth == m->state.write_bursts ? SLVERR : 0;
    }
    m->driven.ar_ready = in->ar_ready;
    m->driven.aw_ready = in->aw_ready;
    m->driven.w_ready = in->w_ready;
    m->driven.r_valid = in->r_valid;
    m->driven.b_valid = in->b_valid;
}

static void take_read(axi_mem *m, const dut_out *out) {
    const uint32_t address = out->ar_addr - m->options.base;
    const char *problem = axi_check_burst(address, out->ar_len, m->size);
    m->handshakes[AXI_AR]++;
    if (problem != NULL) {
        fail(m, problem, address);
        return; /* not answered: there may be nothing to answer with */
    }
    for (size_t i = 0; i <= out->ar_len; i++) { /* a beat may reach beyond the bytes asked for, but not lie beside them */
        size_t begin = address + i * DUT_BEAT;
        if (area_touched(m, begin, begin + DUT_BEAT) == NULL) {
            fail(m, "read outside the mapped areas", (uint32_t)begin);
            break;
        }
    }
    push(&m->reads, (burst){address, out->ar_len, out->ar_id, m->cycle + (uint64_t)m->options.latency});
}

static void take_beat(axi_mem *m) {
    m->handshakes[AXI_R]++;
    m->state.read_beats++;
    m->beat_standing = false;
    if (m->read_beat++ < front(&m->reads)->len) return;
    m->read_beat = 0;
    m->state.read_bursts++;
    pop(&m->reads);
}

static void take_write(axi_mem *m, const dut_out *out) {
    const uint32_t address = out->aw_addr - m->options.base;
    const char *problem = axi_check_burst(address, out->aw_len, m->size);
    m->handshakes[AXI_AW]++;
    if (problem != NULL) {
        fail(m, problem, address);
        return;
    }
    push(&m->writes, (burst){.address = address, .len = out->aw_len});
}

static void store(axi_mem *m, uint32_t address, const dut_out *out) {
    for (uint32_t i = 0; i < DUT_BEAT; i++) {
        if ((out->w_strb >> i & 1) == 0) continue;
        const area *a = area_touched(m, address + i, (size_t)address + i + 1);
        if (a == NULL || !a->writable) fail(m, a == NULL ? "write to a guard byte" : "write to a read-only byte", address + i);
        m->bytes[address + i] = out->w_data[i];
    }
}

static void take_data(axi_mem *m, const dut_out *out) {
    burst *b = front(&m->writes);
    m->handshakes[AXI_W]++;
    m->state.write_beats++;
    m->tokens -= DUT_BEAT;
    store(m, b->address + (uint32_t)m->write_beat * DUT_BEAT, out);
    bool last = m->write_beat == b->len;
    if (out->w_last != last) fail(m, last ? "WLAST missing on the last beat" : "WLAST before the last beat", b->address);
    m->write_beat++;
    if (!last) return;
    m->write_beat = 0;
    b->due = m->cycle + (uint64_t)m->options.latency;
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
