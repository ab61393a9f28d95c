/* The memory's side of a cycle: readies, data and responses, with latency, bandwidth, stalls, disorder and faults. */
#include <string.h>

#include "axi_mem_parts.h"

enum { SLVERR = 2, DECERR = 3, NOTHING = 0xee };

/* Whether this is the beat, burst or handshake, by its number at its port, that has the fault. */
static bool faulty(const axi_mem *m, const port *p, axi_fault_kind kind, uint64_t number) {
    const axi_fault *f = &m->fault;
    const uint64_t ports = (uint64_t)m->options.ports;
    return f->kind == kind && p == &m->ports[f->nth % ports] && number == f->nth / ports;
}

static bool stalls(axi_mem *m, const port *p, axi_channel channel) {
    const axi_fault *f = &m->fault;
    const uint64_t ports = (uint64_t)m->options.ports;
    if (f->kind == AXI_FAULT_WITHHOLD && f->channel == channel && p == &m->ports[f->nth % ports] &&
        p->handshakes[channel] >= f->nth / ports)
        return true;
    return m->options.stall > 0 && (int)rng_below(&m->random, 100) < m->options.stall;
}

/* Whose beat is next: the oldest burst's; in disorder, with luck the oldest one's of another ID. NULL: it is not due. */
static burst *next_read(axi_mem *m, port *p) {
    burst *oldest = front(&p->reads), *chosen = oldest;
    if (p->reads.count == 0) return NULL;
    if (m->options.disorder > 0 && (int)rng_below(&m->random, 100) < m->options.disorder)
        for (int i = 1; i < p->reads.count && chosen == oldest; i++) {
            burst *b = &p->reads.slot[(p->reads.first + i) % MAX_READS];
            if (b->id != oldest->id && b->beat <= b->len && b->due <= m->cycle) chosen = b;
        }
    return chosen->due <= m->cycle ? chosen : NULL;
}

/* Skips a beat that is to be dropped; false where that was the burst's last. */
static bool skip_dropped(axi_mem *m, port *p, burst *b) {
    if (!faulty(m, p, AXI_FAULT_DROP, p->handshakes[AXI_R])) return true;
    m->fault.kind = AXI_FAULT_NONE;
    if (++b->beat <= b->len) return true;
    pop_sent(p);
    return false;
}

/* Puts the burst's next beat on R. */
static void show_beat(axi_mem *m, port *p, burst *b, dut_bus_in *in) {
    const uint64_t number = p->handshakes[AXI_R];
    const size_t size = (size_t)m->options.beat;
    if (b->nowhere)
        memset(in->r_data, NOTHING, size);
    else
        memcpy(in->r_data, m->bytes + b->address + (size_t)b->beat * size, size);
    in->r_valid = true;
    in->r_last = (b->beat == b->len) != faulty(m, p, AXI_FAULT_LAST, number);
    in->r_id = faulty(m, p, AXI_FAULT_READ_ID, number) ? b->id ^ 1 : b->id;
    in->r_resp = b->nowhere ? DECERR : faulty(m, p, AXI_FAULT_READ_ERROR, p->read_bursts) ? SLVERR : 0;
    p->serving = b;
    if (faulty(m, p, AXI_FAULT_FLIP, number)) {
        const size_t at = (size_t)m->fault.bit / 8 % size;
        in->r_data[at] = (uint8_t)(in->r_data[at] ^ (1 << m->fault.bit % 8));
    }
    p->beat_standing = true;
    m->tokens -= m->options.beat;
}

static void drive(axi_mem *m, port *p, dut_bus_in *in) {
    const int size = m->options.beat;
    in->ar_ready = p->reads.count < m->options.reads && !stalls(m, p, AXI_AR);
    in->aw_ready = p->writes.count + p->responses.count < MAX_WRITES && !stalls(m, p, AXI_AW);
    in->w_ready = p->writes.count > 0 && m->tokens >= size && !stalls(m, p, AXI_W);
    if (!p->beat_standing) {
        in->r_valid = false;
        burst *b = next_read(m, p);
        /* one of the two directions has the tokens: a write that waits comes first */
        if (b != NULL && m->tokens >= size && !(p->write_waits && in->w_ready) && !stalls(m, p, AXI_R) && skip_dropped(m, p, b)) {
            show_beat(m, p, b, in);
            in->w_ready = false;
        }
    }
    if (!p->response_standing) {
        const burst *b = front(&p->responses);
        const uint64_t number = p->handshakes[AXI_B];
        p->response_standing = p->responses.count > 0 && b->due <= m->cycle && !stalls(m, p, AXI_B);
        in->b_valid = p->response_standing;
        in->b_resp = b->nowhere ? DECERR : faulty(m, p, AXI_FAULT_WRITE_ERROR, number) ? SLVERR : 0;
        in->b_id = faulty(m, p, AXI_FAULT_WRITE_ID, number) ? b->id ^ 1 : b->id;
    }
    p->driven.ar_ready = in->ar_ready;
    p->driven.aw_ready = in->aw_ready;
    p->driven.w_ready = in->w_ready;
    p->driven.r_valid = in->r_valid;
    p->driven.b_valid = in->b_valid;
}

/* The ports take turns at being the first that the bytes of a cycle are offered to. */
void axi_mem_drive(axi_mem *m, dut_in *in) {
    const int ports = m->options.ports;
    const int most = m->options.beat - 1 + m->options.bandwidth; /* the rest of a beat is never lost while beats wait */
    m->tokens += m->options.bandwidth;
    if (m->tokens > most) m->tokens = most;
    for (int i = 0; i < ports; i++) {
        const int at = ports == 1 ? 0 : (int)((m->cycle + (uint64_t)i) % (uint64_t)ports);
        drive(m, &m->ports[at], &in->bus[at]);
    }
}
