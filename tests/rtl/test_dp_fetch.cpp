// verilate: dp_fetch
// Command lists of every length up to thirteen, from a memory that answers late: all commands, in order, nothing beyond the last quad.
#include "Vdp_fetch.h"
#include "pkg.h"

struct List {
    uint32_t addr, image, logits;
    std::vector<Command> commands; // the last one ends the job
};

static List random_list(Rng &rng, unsigned length) {
    List list = {
        static_cast<uint32_t>(rng.bits(20)) << 8, static_cast<uint32_t>(rng.next()), static_cast<uint32_t>(rng.next()), {}};
    for (unsigned i = 0; i < length; i++) {
        Command c = {};
        set_random(c, 512, rng);
        c.op = static_cast<uint8_t>(i + 1 == length ? OpEnd : rng.range(OpImage, OpGroups));
        list.commands.push_back(c);
    }
    return list;
}

class Bench {
  public:
    Bench(Trial &t, const std::vector<List> &l) : trial(t), lists(l), unit(t) {
        for (size_t i = 0; i < lists.size(); i++) jobs.items.push_back(i);
        unit->job_valid_i = unit->req_ready_i = unit->rvalid_i = unit->cmd_ready_i = 0;
        unit.reset();
        for (const List &list : lists) commands += list.commands.size();
    }

    void run() {
        while (received < commands || !beats.items.empty()) cycle();
        for (int i = 0; i < 10; i++) cycle();
        CHECK(trial, jobs.items.empty() && received == commands, "commands left over");
    }

  private:
    void cycle() {
        unit->job_valid_i = jobs.offer(trial);
        if (unit->job_valid_i) {
            const List &l = lists[jobs.front()];
            set_bits(unit->job_data_i, 0, 32, l.logits);
            set_bits(unit->job_data_i, 32, 32, l.image);
            set_bits(unit->job_data_i, 64, 32, l.addr);
        }
        unit->req_ready_i = trial.takes();
        unit->cmd_ready_i = trial.takes();
        unit->rvalid_i = beats.offer(trial);
        if (unit->rvalid_i) set_command(unit->rdata_i, beats.front());
        unit.settle();
        CHECK(trial, hold_request.step(unit->req_valid_o, unit->req_ready_i), "a request vanished");
        CHECK(trial, hold_command.step(unit->cmd_valid_o, unit->cmd_ready_i), "a command vanished");
        bool request = unit->req_valid_o && unit->req_ready_i;
        if (unit->req_valid_o) check_request();
        if (unit->cmd_valid_o) check_command();
        beats.step(true);
        if (request) answer();
        if (jobs.step(unit->job_ready_o)) {
            CHECK(trial, asked == accepted_quads, "a job was taken before the last one was read");
            accepted_quads += (lists[job_count++].commands.size() + 3) / 4;
        }
        unit.edge();
    }

    void check_request() {
        CHECK(trial, asked < accepted_quads, "a quad beyond the list's end");
        CHECK(trial, beats.items.empty(), "a quad before the last one has arrived");
        CHECK(trial, unit->req_addr_o == lists[job_count - 1].addr + 256 * quad && unit->req_beats_o == 4, "quad %u at %08x",
              quad, unit->req_addr_o);
    }

    void answer() {
        const List &list = lists[job_count - 1];
        for (size_t i = 4 * quad; i < 4 * quad + 4; i++) {
            Command garbage = random_list(trial.rng, 2).commands[trial.rng.below(2)];
            beats.items.push_back(i < list.commands.size() ? list.commands[i] : garbage);
        }
        asked++;
        quad = 4 * quad + 4 >= list.commands.size() ? 0 : quad + 1;
    }

    void check_command() {
        CHECK(trial, received < commands, "a command too many");
        const List &list = lists[list_out];
        CHECK(trial, get_command(unit->cmd_data_o) == list.commands[index_out], "command %zu of list %zu differs", index_out,
              list_out);
        CHECK(trial, get_bits(unit->cmd_data_o, 512, 32) == list.image && get_bits(unit->cmd_data_o, 544, 32) == list.logits,
              "addresses of list %zu differ", list_out);
        if (!unit->cmd_ready_i) return;
        received++;
        if (++index_out == list.commands.size()) {
            index_out = 0;
            list_out++;
        }
    }

    Trial &trial;
    const std::vector<List> &lists;
    Unit<Vdp_fetch> unit;
    Source<size_t> jobs;
    Source<Command> beats;
    Hold hold_request, hold_command;
    size_t commands = 0, received = 0, accepted_quads = 0, asked = 0, job_count = 0, list_out = 0, index_out = 0;
    unsigned quad = 0;
};

Test(dp_fetch, lists_of_all_lengths) {
    for_trials(2, [](Trial &trial) {
        std::vector<List> lists;
        for (unsigned length = 1; length <= 13; length++) lists.push_back(random_list(trial.rng, length));
        Bench bench(trial, lists);
        bench.run();
    });
}
