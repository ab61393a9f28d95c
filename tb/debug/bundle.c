/* See bundle.h. */
#include "bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atomic_file.h"
#include "build_choice.h"
#include "paths.h"

static dp_status make_directory(const char *path, dp_error *err) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "%s: cannot be made: %s", path, strerror(errno));
}

/* Names from a container may hold anything; those of files hold letters, digits and -._ */
static void make_file_name(char *name) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    for (name += strspn(name, good); *name != '\0'; name += strspn(name, good)) *name = '_';
}

dp_status bundle_place(const dp_model *model, const bundle_run *run, const sim_failure *failure, char *directory, size_t size,
                       dp_error *err) {
    char parent[PATH_MAX], name[sizeof model->name];
    memcpy(name, model->name, sizeof name);
    make_file_name(name);
    if (!path_beside_program(parent, "failures"))
        return dp_fail(err, DP_BAD_INPUT, "the program's directory has too long a name");
    int length =
        snprintf(directory, size, "%s/%s-%s-img%d-cycle%" PRIu64, parent, name, run->build, failure->image, failure->cycle);
    if (length < 0 || (size_t)length >= size) return dp_fail(err, DP_BAD_INPUT, "the program's directory has too long a name");
    return make_directory(parent, err);
}

/* What a command prints first, or "". */
static void first_line(const char *command, char *text, size_t size) {
    FILE *out = popen(command, "re");
    text[0] = '\0';
    if (out == NULL) return;
    if (fgets(text, (int)size, out) == NULL) text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    (void)pclose(out);
}

static void revision(char *text, size_t size) {
    char project[PATH_MAX], command[2 * PATH_MAX + 96];
    text[0] = '\0';
    if (!path_in_project(project, "") || strchr(project, '\'') != NULL) return;
    (void)snprintf(command, sizeof command,
                   "git --git-dir='%s/.git' --work-tree='%s' describe --always --dirty --abbrev=12 2>/dev/null", project,
                   project);
    first_line(command, text, size);
}

static json_t *optional(int value) { return value >= 0 ? json_integer(value) : json_null(); }

static json_t *run_json(const bundle_run *r, const char *model_sum, const char *pixel_sum) {
    return json_pack("{s:s, s:s?, s:s, s:b, s:s, s:s?, s:s, s:i, s:i, s:I, s:i, s:i, s:i, s:I, s:I, s:s}", "model", r->model,
                     "model_sha256", model_sum[0] != '\0' ? model_sum : NULL, "build", r->build, "dense", r->plan.dense,
                     "schedule", plan_schedule_name(r->plan.schedule), "images", r->images, "pixels_sha256", pixel_sum, "first",
                     r->first, "count", r->count, "seed", (json_int_t)r->seed, "stall", r->stall, "latency", r->latency,
                     "bandwidth", r->bandwidth, "base", (json_int_t)r->base, "hang_cycles", (json_int_t)r->hang_cycles, "fault",
                     r->fault);
}

static json_t *geometry_json(const dut_geometry *g) {
    return json_pack("{s:b, s:b, s:i, s:i, s:i, s:i, s:i, s:i}", "parallel", g->parallel, "prune", g->prune, "pi", g->pi, "po",
                     g->po, "map_words", g->map_words, "weight_rows", g->weight_rows, "mask_w", g->mask_w, "patch_bytes",
                     g->patch_bytes);
}

static const char *fault_name(const bundle_input *in) {
    if (in->failure->reported) return scoreboard_fault_name(in->failure->report.fault);
    if (strncmp(in->message, "HANG", 4) == 0) return "HANG";
    if (strncmp(in->message, "BUS", 3) == 0) return "BUS ERROR";
    return strncmp(in->message, "ASSERTION", 9) == 0 ? "ASSERTION" : "MISMATCH";
}

/* What the scoreboard said; null where it said nothing. */
static void add_report(json_t *to, const bundle_input *in) {
    const sim_failure *f = in->failure;
    scoreboard_report none = {.record = "run", .layer = -1, .stage = -1, .y = -1, .x = -1, .k = -1};
    const scoreboard_report *r = f->reported ? &f->report : &none;
    bool values = r->fault == SCOREBOARD_MISMATCH && f->reported;
    const capture_record *tile = &in->capture->first;
    bool has_tile = f->reported && tile->layer >= 0 && tile->wrong;
    char text[256] = "";
    if (f->reported) scoreboard_format(r, text, sizeof text);
    (void)json_object_set_new(to, "fault", json_string(fault_name(in)));
    (void)json_object_set_new(to, "message", json_string(f->reported ? text : in->message));
    (void)json_object_set_new(to, "record", json_string(r->record));
    (void)json_object_set_new(to, "image", optional(f->image));
    (void)json_object_set_new(to, "layer", optional(r->layer));
    (void)json_object_set_new(to, "name", r->name[0] != '\0' ? json_string(r->name) : json_null());
    (void)json_object_set_new(to, "stage", r->stage >= 0 ? json_string(scoreboard_stage_name(r->stage)) : json_null());
    (void)json_object_set_new(to, "y", optional(r->y));
    (void)json_object_set_new(to, "x", optional(r->x));
    (void)json_object_set_new(to, "channel", optional(r->k));
    (void)json_object_set_new(to, "slice", optional(has_tile ? tile->slice : -1));
    (void)json_object_set_new(to, "got", values ? json_integer(r->got) : json_null());
    (void)json_object_set_new(to, "want", values ? json_integer(r->want) : json_null());
    (void)json_object_set_new(to, "acc_got", r->has_acc ? json_integer(r->acc_got) : json_null());
    (void)json_object_set_new(to, "acc_want", r->has_acc ? json_integer(r->acc_want) : json_null());
    (void)json_object_set_new(to, "missing", json_integer((json_int_t)r->missing));
    (void)json_object_set_new(to, "cycle", json_integer((json_int_t)f->cycle));
    (void)json_object_set_new(to, "time", json_integer((json_int_t)f->cycle * 10));
}

static dp_status write_json(const char *directory, const bundle_input *in, dp_error *err) {
    char path[PATH_MAX], git[128], model[BUNDLE_SUM], pixels[BUNDLE_SUM];
    const sim_failure *f = in->failure;
    bundle_names names;
    bundle_run run = bundle_absolute(in->run, &names);
    revision(git, sizeof git);
    dp_status status = bundle_sums(in->run, in->images, model, pixels, err);
    if (status != DP_OK) return status;
    if (snprintf(path, sizeof path, "%s/failure.json", directory) >= (int)sizeof path)
        return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", directory);
    json_t *o = json_object();
    (void)json_object_set_new(o, "version", json_integer(1));
    add_report(o, in);
    (void)json_object_set_new(o, "end", json_string(in->message));
    (void)json_object_set_new(o, "seed", json_integer((json_int_t)in->run->seed));
    (void)json_object_set_new(o, "wave", in->wave != NULL ? json_string("wave.fst") : json_null());
    (void)json_object_set_new(o, "no_wave", in->wave == NULL ? json_string(f->unwaved) : json_null());
    (void)json_object_set_new(o, "window", json_pack("[I, I]", (json_int_t)f->wave_from, (json_int_t)f->wave_to));
    (void)json_object_set_new(o, "replay_seconds", json_real(f->replay_seconds));
    (void)json_object_set_new(o, "run", run_json(&run, model, pixels));
    (void)json_object_set_new(o, "geometry", geometry_json(in->geometry));
    (void)json_object_set_new(o, "tools", json_string(in->geometry->tools));
    (void)json_object_set_new(o, "revision", json_string(git));
    int failed = o == NULL || json_dump_file(o, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0;
    json_decref(o);
    return failed ? dp_fail(err, DP_BAD_INPUT, "%s: cannot be written", path) : DP_OK;
}

static dp_status open_text(atomic_file *file, char path[PATH_MAX], const char *directory, const char *name, dp_error *err) {
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        return dp_fail(err, DP_BAD_INPUT, "%s: too long a name", directory);
    return atomic_open(file, path, err);
}

static void print_record(FILE *out, const dp_model *m, const plan *p, const capture_record *r) {
    const plan_conv *pc = r->stage >= 0 ? plan_find(p, r->layer, r->stage) : NULL;
    const char *name = pc != NULL ? pc->name : r->layer < m->layer_count ? m->layers[r->layer].name : "?";
    (void)fprintf(out, "%c %10" PRIu64 "  %-10s %-14s", r->wrong ? '>' : ' ', r->cycle, capture_kind_name(r->kind), name);
    if (r->y >= 0) (void)fprintf(out, " y=%-3d x=%-3d", r->y, r->x);
    if (r->slice >= 0) (void)fprintf(out, " %s=%d", r->kind == CAPTURE_SCORE ? "group" : "slice", r->slice);
    if (r->kind == CAPTURE_GROUPS) (void)fprintf(out, " keep 0x%" PRIx64, (uint64_t)r->value);
    if (r->kind >= CAPTURE_DONE || r->kind == CAPTURE_SCORE || r->kind == CAPTURE_MASK)
        (void)fprintf(out, "  %" PRId64, r->value);
    bool bytes = r->kind == CAPTURE_CONV || r->kind == CAPTURE_POOL, words = r->kind == CAPTURE_CONV || r->kind == CAPTURE_LOGITS;
    for (int i = 0; bytes && i < r->lanes; i++) (void)fprintf(out, "%s%d", i == 0 ? "  y " : " ", r->data[i]);
    for (int i = 0; words && i < r->lanes; i++) (void)fprintf(out, "%s%" PRId32, i == 0 ? "  acc " : " ", r->acc[i]);
    (void)fprintf(out, "\n");
}

static dp_status write_records(const char *directory, const bundle_input *in, dp_error *err) {
    char path[PATH_MAX];
    atomic_file file;
    plan p;
    plan_geometry geometry = build_geometry(in->geometry);
    dp_status status = plan_create(&p, in->model, &geometry, in->run->plan, err);
    if (status != DP_OK) return status;
    status = open_text(&file, path, directory, "retired.txt", err);
    if (status == DP_OK) {
        (void)fprintf(file.stream,
                      "# the last records of the observation port up to the failure; > is wrong\n#      cycle  record\n");
        for (int i = 0; i < in->capture->before_count; i++) print_record(file.stream, in->model, &p, &in->capture->before[i]);
        status = atomic_commit(&file, err);
    }
    plan_free(&p);
    return status;
}

static dp_status write_repro(const char *directory, const bundle_input *in, dp_error *err) {
    char path[PATH_MAX], program[PATH_MAX], command[8 * PATH_MAX];
    bundle_names names;
    bundle_run r = bundle_absolute(in->run, &names);
    atomic_file file;
    if (!path_program(program)) (void)snprintf(program, sizeof program, "build/dpacs");
    if (!bundle_command(&r, program, command, sizeof command)) return dp_fail(err, DP_BAD_INPUT, "too long a command line");
    dp_status status = open_text(&file, path, directory, "repro.sh", err);
    if (status != DP_OK) return status;
    (void)fprintf(
        file.stream,
        "#!/bin/sh\n# Repeats the run that failed, cycle by cycle, with the hardware as it is now; more options may follow.\n"
        "here=$(cd \"$(dirname \"$0\")\" && pwd)\n"
        "exec %s --first %d --count %d --same-as \"$here\" --bundle \"$here/again\" \"$@\"\n",
        command, r.first, r.count);
    status = atomic_commit(&file, err);
    if (status == DP_OK && chmod(path, 0755) != 0) status = dp_fail(err, DP_BAD_INPUT, "%s: %s", path, strerror(errno));
    return status;
}

/* A bundle without its wave is better than none. */
static void take_wave(const char *directory, bundle_input *in) {
    char path[PATH_MAX];
    dp_error err = {"too long a name"};
    bool fits = snprintf(path, sizeof path, "%s/wave.fst", directory) < (int)sizeof path;
    if (in->wave != NULL && fits && bundle_move(in->wave, path, &err) == DP_OK) return;
    if (in->wave != NULL) (void)snprintf(in->failure->unwaved, sizeof in->failure->unwaved, "%.300s", err.text);
    in->wave = NULL;
    if (fits) (void)unlink(path); /* one of an earlier failure would mislead */
}

/* The view is made by a script of the project; without it, or without Python, there is only the wave. */
static void write_view(const char *directory, const bundle_input *in, char *why, size_t size) {
    char script[PATH_MAX], command[4 * PATH_MAX];
    why[0] = '\0';
    if (in->wave == NULL) return;
    if (!path_in_project(script, "scripts/waves/gtkw.py") || access(script, X_OK) != 0) {
        (void)snprintf(why, size, "scripts/waves/gtkw.py is not there");
        return;
    }
    if (strchr(script, '\'') != NULL || strchr(directory, '\'') != NULL) {
        (void)snprintf(why, size, "a quote in its path");
        return;
    }
    (void)snprintf(command, sizeof command, "'%s' --fst '%s/wave.fst' --failure '%s/failure.json' -o '%s/wave.gtkw' >&2", script,
                   directory, directory, directory);
    int code = system(command);
    if (code != 0) (void)snprintf(why, size, "scripts/waves/gtkw.py failed (code %d)", WIFEXITED(code) ? WEXITSTATUS(code) : -1);
}

dp_status bundle_write(const char *directory, bundle_input *in, char *view, size_t view_size, dp_error *err) {
    dp_status status = make_directory(directory, err);
    if (status == DP_OK) take_wave(directory, in);
    if (status == DP_OK) status = write_json(directory, in, err);
    if (status == DP_OK) status = write_records(directory, in, err);
    if (status == DP_OK) status = write_repro(directory, in, err);
    if (status == DP_OK) status = bundle_write_tiles(directory, in, err);
    if (status != DP_OK) return status;
    write_view(directory, in, view, view_size);
    bundle_link_last(directory);
    return DP_OK;
}
