// verilate: dp_fetch -GParallel=1 -GPrune=1 -GPo=8 -GMapWords=1024 -GWeightRows=64 -GMaskW=32
// verilate: dp_fetch_short=dp_fetch -GParallel=1 -GPrune=1 -GPo=8 -GMapWords=1024 -GWeightRows=64 -GMaskW=32 -GMaxCommands=6
// Command lists of every length up to thirteen, from anywhere, out of a memory that answers late: all commands, in order, nothing beyond the last 256
// bytes. Lists that are empty, have no end or hold a command that cannot be executed: an error with its address, and nothing more.
#include "Vdp_fetch.h"
#include "Vdp_fetch_short.h"
#include "commands.h"

constexpr uint64_t Space = uint64_t{1} << 40;
enum Code { NoList = 6, Endless, BadCommand };

struct List {
    uint64_t addr, image, logits;
    std::vector<Command> commands; // the last one ends the job
    unsigned code = 0; // of its error
    size_t bad = 0; // command that is the error
};

static List random_list(Rng &rng, unsigned length) {
    List list = {rng.bits(34) << 6, rng.bits(40), rng.bits(40), {}};
    for (unsigned i = 0; i < length; i++)
        list.commands.push_back(random_command(rng, i + 1 == length ? static_cast<unsigned>(OpEnd) : OpImage + rng.below(4)));
    return list;
}

template <class Top> class Bench {
  public:
    Bench(Trial &t, const std::vector<List> &l) : trial(t), lists(l), unit(t) {
        for (size_t i = 0; i < lists.size(); i++) jobs.items.push_back(i);
        unit->job_valid_i = unit->req_ready_i = unit->rvalid_i = unit->cmd_ready_i = 0;
        unit.reset();
        for (const List &list : lists) commands += list.code ? list.bad : list.commands.size();
    }

    void run() {
        while (received < commands || !beats.items.empty() || !jobs.items.empty()) cycle();
        for (int i = 0; i < 40; i++) cycle();
        size_t bad = 0;
        for (const List &list : lists) bad += list.code != 0;
        CHECK(trial, received == commands && errors == bad, "%zu commands of %zu, %zu errors of %zu", received, commands, errors,
              bad);
    }

  private:
    void cycle() {
        unit->job_valid_i = jobs.offer(trial);
        if (unit->job_valid_i) {
            const List &l = lists[jobs.front()];
            set_bits(unit->job_data_i, 0, 40, l.logits);
            set_bits(unit->job_data_i, 40, 40, l.image);
            set_bits(unit->job_data_i, 80, 40, l.addr);
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
        check_error();
        if (beats.step(true)) beat++;
        if (request) answer();
        if (jobs.step(unit->job_ready_o)) {
            CHECK(trial, beats.items.empty() && (job_count == 0 || over), "a job was taken before the last one was read");
            job_count++;
            asked = beat = 0;
            over = false;
        }
        unit.edge();
    }

    void check_request() {
        const List &list = lists[job_count - 1];
        unsigned want = 4 - static_cast<unsigned>(list.addr / 64 + asked) % 4;
        CHECK(trial, !over, "a request beyond the list's end");
        CHECK(trial, beats.items.empty(), "a request before the last one has arrived");
        CHECK(trial, unit->req_addr_o == ((list.addr + 64 * asked) & (Space - 1)) && unit->req_beats_o == want,
              "%d beats from %010lx", unit->req_beats_o, (unsigned long)unit->req_addr_o);
    }

    void answer() {
        const List &list = lists[job_count - 1];
        for (unsigned n = unit->req_beats_o; n > 0; n--, asked++) {
            Command garbage;
            set_random(garbage, 512, trial.rng);
            beats.items.push_back(asked < list.commands.size() ? list.commands[asked] : garbage);
            over = over || asked + 1 >= (list.code ? list.bad + 1 : list.commands.size());
        }
    }

    void check_error() {
        const List *list = job_count > 0 ? &lists[job_count - 1] : nullptr;
        bool want = unit->rvalid_i && list->code && beat == list->bad;
        CHECK(trial, unit->error_o == want, "error %d at command %u", unit->error_o, beat);
        if (!want) return;
        errors++;
        uint64_t got = unit->error_data_o;
        CHECK(trial,
              (got & (Space - 1)) == ((list->addr + 64 * beat) & (Space - 1)) && got >> 52 == list->code &&
                  (got >> 48 & 15) == 8 && (got >> 40 & 0xff) == list->commands[list->bad].layer,
              "error record %014lx", (unsigned long)got);
    }

    void check_command() {
        while (index_out >= (lists[list_out].code ? lists[list_out].bad : lists[list_out].commands.size()))
            list_out++, index_out = 0;
        CHECK(trial, received < commands, "a command too many");
        const List &list = lists[list_out];
        CHECK(trial, get_command(unit->cmd_data_o) == list.commands[index_out], "command %zu of list %zu differs", index_out,
              list_out);
        CHECK(trial, get_bits(unit->cmd_data_o, 512, 40) == list.image && get_bits(unit->cmd_data_o, 552, 40) == list.logits,
              "addresses of list %zu differ", list_out);
        if (!unit->cmd_ready_i) return;
        received++;
        index_out++;
    }

    Trial &trial;
    const std::vector<List> &lists;
    Unit<Top> unit;
    Source<size_t> jobs;
    Source<Command> beats;
    Hold hold_request, hold_command;
    size_t commands = 0, received = 0, errors = 0, job_count = 0, list_out = 0, index_out = 0;
    unsigned asked = 0, beat = 0; // commands of the list
    bool over = true;
};

Test(dp_fetch, lists_of_all_lengths) {
    for_trials(3, [](Trial &trial) {
        std::vector<List> lists;
        for (unsigned length = 2; length <= 13; length++) lists.push_back(random_list(trial.rng, length));
        Bench<Vdp_fetch> bench(trial, lists);
        bench.run();
    });
}

Test(dp_fetch, empty_lists_and_commands_that_cannot_be_executed) {
    for_trials(3, [](Trial &trial) {
        std::vector<List> lists;
        for (unsigned length = 1; length <= 13; length++) {
            lists.push_back(random_list(trial.rng, length));
            List &list = lists.back();
            if (length == 1) list.code = NoList;
            if (length == 1 || length % 3 == 0) continue;
            list.code = BadCommand;
            list.bad = trial.rng.below(length - 1);
            list.commands[list.bad].pad2 = 1;
        }
        Bench<Vdp_fetch> bench(trial, lists);
        bench.run();
    });
}

Test(dp_fetch, lists_without_an_end) {
    for_trials(3, [](Trial &trial) {
        std::vector<List> lists;
        for (unsigned length = 5; length <= 9; length++) {
            lists.push_back(random_list(trial.rng, length));
            if (length > 6) lists.back().code = Endless, lists.back().bad = 5;
        }
        Bench<Vdp_fetch_short> bench(trial, lists);
        bench.run();
    });
}
