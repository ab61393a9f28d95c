/* `dpacs sweep` from outside: what it runs, that it goes on after every kind of end, and that nothing is left behind. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum { OUTPUT = 1 << 16, COMMAND = 1024, PATH = 128, MAX_RECORDS = 256, WORDS = 32 };

TestSuite(sweep, .timeout = 120);

typedef struct {
    char directory[32], file[PATH];
    int code;
    char text[OUTPUT];
    pid_t pid; /* of a sweep in the background */
} box;

static void open_box(box *b) {
    *b = (box){.code = 0};
    (void)snprintf(b->directory, sizeof b->directory, "/tmp/dpacs-sweep-XXXXXX");
    cr_assert_not_null(mkdtemp(b->directory));
    (void)snprintf(b->file, sizeof b->file, "%s/r.jsonl", b->directory);
}

static void close_box(box *b) {
    (void)unlink(b->file);
    cr_expect_eq(rmdir(b->directory), 0, "%s: something is left", b->directory);
}

/* Waits for the end; both streams are kept. */
static void run(box *b, const char *arguments) {
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "'%s' sweep %s -o '%s' 2>&1 </dev/null", program_path(), arguments, b->file);
    b->code = program_shell(command, b->text, sizeof b->text);
}

static void expect(box *b, const char *arguments, int code, const char *said) {
    run(b, arguments);
    cr_assert_eq(b->code, code, "sweep %s: exit code %d instead of %d: %s", arguments, b->code, code, b->text);
    cr_assert_not_null(strstr(b->text, said), "sweep %s: '%s' expected: %s", arguments, said, b->text);
}

/* In the background, without a shell between. */
static void begin(box *b, const char *arguments) {
    char room[COMMAND], *words[WORDS] = {"dpacs", "sweep", "-o", b->file}, *rest;
    int count = 4;
    (void)snprintf(room, sizeof room, "%s", arguments);
    for (char *word = strtok_r(room, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) words[count++] = word;
    b->pid = fork();
    cr_assert_geq(b->pid, 0);
    if (b->pid > 0) return;
    int null = open("/dev/null", O_RDWR);
    (void)dup2(null, 0);
    (void)dup2(null, 1);
    (void)dup2(null, 2);
    (void)execv(program_path(), words);
    _exit(127);
}

static void pause_ms(long ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* -1: by a signal. */
static int end(const box *b, int signal_number) {
    int status;
    (void)kill(b->pid, signal_number);
    cr_assert_eq(waitpid(b->pid, &status, 0), b->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

typedef struct {
    int count, whole; /* lines that end */
    char id[MAX_RECORDS][32], status[MAX_RECORDS][16];
} records;

/* Every line must be an object with an id that no other has; a last one without an end is counted only. */
static void read_records(const box *b, records *r) {
    FILE *in = fopen(b->file, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    r->count = r->whole = 0;
    while (in != NULL && (length = getline(&line, &room, in)) > 0) {
        r->count++;
        if (line[length - 1] != '\n') break;
        json_t *object = json_loads(line, 0, NULL);
        cr_assert_not_null(object, "line %d is not JSON", r->count);
        (void)snprintf(r->id[r->whole], sizeof r->id[0], "%s", json_string_value(json_object_get(object, "id")));
        (void)snprintf(r->status[r->whole], sizeof r->status[0], "%s", json_string_value(json_object_get(object, "status")));
        for (int i = 0; i < r->whole; i++) cr_assert_str_neq(r->id[i], r->id[r->whole], "line %d is there twice", r->count);
        r->whole++;
        json_decref(object);
    }
    free(line);
    if (in != NULL) (void)fclose(in);
}

static void expect_records(const box *b, int count, const char *status) {
    records r;
    read_records(b, &r);
    cr_assert_eq(r.whole, count, "%d results instead of %d", r.whole, count);
    cr_assert_eq(r.count, count, "there is a torn line");
    for (int i = 0; i < count; i++) cr_assert_str_eq(r.status[i], status);
}

/* Processes that have the box's directory on their command line. */
static int processes_of(const box *b) {
    int found = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *e; proc != NULL && (e = readdir(proc)) != NULL;) {
        char path[512], text[4096];
        (void)snprintf(path, sizeof path, "/proc/%s/cmdline", e->d_name);
        int fd = open(path, O_RDONLY);
        ssize_t length = fd >= 0 ? read(fd, text, sizeof text) : 0;
        if (fd >= 0) (void)close(fd);
        if (length > 0 && memmem(text, (size_t)length, b->directory, strlen(b->directory)) != NULL) found++;
    }
    if (proc != NULL) (void)closedir(proc);
    return found;
}

static void expect_no_processes(const box *b) {
    for (int i = 0; i < 200 && processes_of(b) > 0; i++) pause_ms(20);
    cr_assert_eq(processes_of(b), 0, "processes are left");
}

static void wait_for_records(const box *b, int count) {
    records r = {.whole = 0};
    for (int i = 0; i < 2000 && r.whole < count; i++) {
        pause_ms(10);
        read_records(b, &r);
    }
    cr_assert_geq(r.whole, count);
}

Test(sweep, preset_is_the_published_table) {
    box b;
    int dense = 0, resolution = 0, serial = 0;
    open_box(&b);
    expect(&b, "--preset table --dry-run", 0, "92 cases");
    for (char *line = strtok(b.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        dense += strstr(line, "-ref-dense") != NULL;
        resolution += strstr(line, " resolution ") != NULL;
        serial += strstr(line, "serial-ref") != NULL;
    }
    cr_expect_eq(dense, 8);
    cr_expect_eq(resolution, 12);
    cr_expect_eq(serial, 46);
    close_box(&b);
}

Test(sweep, refuses_wrong_options) {
    static const char *const cases[][2] = {
        {"", "--nets is missing"},
        {"--nets resnet20,", "--nets"},
        {"--nets resnet19", "--nets: resnet19"},
        {"--nets resnet20 --keep 1.5", "--keep 1.5"},
        {"--nets resnet20 --keep 0.5:x", "--keep x"},
        {"--nets resnet20 --mask odd", "--mask odd"},
        {"--nets resnet20 --arch both", "--arch both"},
        {"--nets resnet20 --schedule other", "--schedule other"},
        {"--nets resnet20 --build ../x", "--build ../x"},
        {"--nets resnet20 --bandwidth 65", "--bandwidth 65"},
        {"--nets resnet20 --seed -1", "--seed -1"},
        {"--nets resnet20 --jobs 0", "--jobs 0"},
        {"--nets resnet20 --count 0", "--count 0"},
        {"--nets resnet20 --stall 96", "--stall 96"},
        {"--nets resnet20 --latency 0", "--latency 0"},
        {"--nets resnet20 --fault frob:1", "--fault frob"},
        {"--preset other", "--preset other"},
        {"resnet20", "--nets"},
        {"--models models/nosuch.dpm", "models/nosuch.dpm"},
        {"--models models/fmnist-dense.dpm --keep 0.5", "--keep is for generated networks"},
        {"--models models/fmnist-dense.dpm --nets resnet20", "--nets is for generated networks"},
        {"--nets resnet20 --total 5", "--total is for --models"},
        {"--nets resnet20 --images x", "--images is for --models"},
        {"--models models/fmnist-dense.dpm --total 0", "--total 0"},
    };
    box b;
    open_box(&b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(&b, cases[i][0], 2, cases[i][1]);
        cr_assert_neq(access(b.file, F_OK), 0, "%s: a file was made", cases[i][0]);
    }
    close_box(&b);
}

Test(sweep, refuses_an_output_that_does_not_work) {
    box b;
    open_box(&b);
    (void)snprintf(b.file, sizeof b.file, "/dev/full");
    expect(&b, "--nets resnet20", 2, "/dev/full: exists and is not a regular file");
    (void)snprintf(b.file, sizeof b.file, "/nonexistent/r.jsonl");
    expect(&b, "--nets resnet20", 2, "/nonexistent/r.jsonl: cannot be written");
    (void)rmdir(b.directory);
}

Test(sweep, a_missing_build_fails_its_cases_and_no_others) {
    box b;
    NEED_BUILD("parallel-small");
    open_box(&b);
    expect(&b, "--nets block:8x8x16 --arch parallel --keep 0.5,0.25 --build small,parallel-nosuch", 1, "2 of 4 cases failed");
    cr_assert_not_null(strstr(b.text, "parallel-nosuch: no such hardware build"), "%s", b.text);
    records r;
    read_records(&b, &r);
    cr_assert_eq(r.whole, 4);
    expect(&b, "--nets block:8x8x16 --arch parallel --keep 0.5,0.25 --build small", 0, "2 cases, all equal");
    read_records(&b, &r);
    cr_assert_eq(r.whole, 4);
    close_box(&b);
}

Test(sweep, a_mismatch_is_a_result) {
    box b;
    NEED_BUILD("parallel-small");
    open_box(&b);
    expect(&b, "--nets block:8x8x16 --arch parallel --keep 1 --seed 1,2 --fault flip:20", 1, "MISMATCH");
    cr_assert_not_null(strstr(b.text, "replay: build/dpacs gen block:8x8x16"), "%s", b.text);
    expect_records(&b, 2, "mismatch");
    expect(&b, "--nets block:8x8x16 --arch parallel --keep 1 --seed 1,2 --fault flip:20", 1, "2 of 2 cases are there already");
    expect_records(&b, 2, "mismatch");
    expect(&b, "--nets block:8x8x16 --arch parallel --keep 1 --seed 1,2 --fault flip:20 --dry-run", 0, "failed");
    close_box(&b);
}

Test(sweep, results_hold_parameters_and_layers) {
    box b;
    NEED_BUILD("parallel-small");
    open_box(&b);
    expect(&b, "--nets fmnist14 --arch parallel --keep 0.5:0.75 --mask clustered,resolution --bandwidth 32 --seed 7", 0, "1/1");
    json_t *object = json_load_file(b.file, 0, NULL), *c = json_object_get(object, "case");
    json_t *result = json_object_get(object, "result");
    cr_assert_not_null(object);
    cr_expect_str_eq(json_string_value(json_object_get(c, "net")), "fmnist14");
    cr_expect_str_eq(json_string_value(json_object_get(c, "mask")), "clustered");
    cr_expect_str_eq(json_string_value(json_object_get(c, "scope")), "resolution");
    cr_expect_float_eq(json_number_value(json_object_get(c, "keep_channel")), 0.75, 1e-12);
    cr_expect_eq(json_integer_value(json_object_get(c, "seed")), 7);
    cr_expect_eq(json_integer_value(json_object_get(result, "bandwidth")), 32);
    cr_expect_eq(json_integer_value(json_object_get(result, "tiles_failed")), 0);
    cr_expect_str_eq(json_string_value(json_object_get(result, "model")), "fmnist14-s50c25");
    cr_expect_gt(json_array_size(json_object_get(result, "layers")), 10);
    json_decref(object);
    close_box(&b);
}

Test(sweep, runs_trained_networks_on_the_images_of_their_data_set) {
    box b;
    NEED_BUILD("parallel-small");
    if (access("/usr/share/datasets/fashion-mnist", R_OK) != 0) cr_skip_test("dataset-fashion-mnist is not installed");
    open_box(&b);
    expect(&b, "--models models/fmnist-s75c75.dpm --arch parallel --build small --count 3 --total 5", 0, "2 cases, all equal");
    expect_records(&b, 2, "ok");
    int images = 0;
    FILE *in = fopen(b.file, "r");
    for (json_t *object; (object = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL)) != NULL; json_decref(object)) {
        const json_t *result = json_object_get(object, "result"), *each = json_object_get(result, "image_cycles");
        json_int_t sum = 0;
        for (size_t i = 0; i < json_array_size(each); i++) {
            cr_expect_gt(json_integer_value(json_array_get(each, i)), 1000);
            sum += json_integer_value(json_array_get(each, i));
        }
        cr_expect_eq(sum, json_integer_value(json_object_get(result, "cycles")));
        cr_expect_eq(json_array_size(each), (size_t)json_integer_value(json_object_get(result, "images")));
        cr_expect_eq(json_integer_value(json_object_get(result, "labelled")), (json_int_t)json_array_size(each));
        images += (int)json_array_size(each);
    }
    (void)fclose(in);
    cr_expect_eq(images, 5);
    close_box(&b);
}

static const char many[] = "--nets block:8x8x16 --keep 1,0.5 --seed 1,2,3,4,5,6,7,8,9,10,11,12 --arch parallel";
enum { MANY = 24 };

Test(sweep, goes_on_after_kill) {
    box b;
    NEED_BUILD("parallel-small");
    open_box(&b);
    for (int done = 3; done < MANY; done += 7) {
        begin(&b, many);
        wait_for_records(&b, done);
        cr_assert_eq(end(&b, SIGKILL), -1);
        expect_no_processes(&b);
        struct stat is;
        cr_assert_eq(stat(b.file, &is), 0);
        cr_assert_eq(truncate(b.file, is.st_size - 20), 0); /* a write that was cut off */
    }
    expect(&b, many, 0, "24 cases, all equal");
    cr_assert_not_null(strstr(b.text, "unfinished last line"), "%s", b.text);
    expect_records(&b, MANY, "ok");
    expect(&b, many, 0, "24 of 24 cases are there already");
    expect_records(&b, MANY, "ok");
    close_box(&b);
}

static void wait_for_two_cases(const box *b) {
    int found = 0;
    for (int i = 0; i < 500 && (found = processes_of(b)) < 3; i++) pause_ms(10);
    cr_assert_eq(found, 3, "the sweep and two cases");
}

static const char slow[] = "--nets resnet56 --keep 1 --arch serial --build serial-small --seed 1,2,3";

Test(sweep, ends_with_its_processes_when_interrupted) {
    static const int signals[] = {SIGINT, SIGTERM};
    NEED_BUILD("serial-small");
    for (int i = 0; i < 2; i++) {
        box b;
        open_box(&b);
        begin(&b, slow);
        wait_for_two_cases(&b);
        cr_assert_eq(end(&b, signals[i]), 130);
        cr_assert_eq(processes_of(&b), 0, "processes are left");
        expect_records(&b, 0, "");
        close_box(&b);
    }
}

Test(sweep, refuses_a_file_that_another_writes) {
    box b;
    NEED_BUILD("serial-small");
    open_box(&b);
    begin(&b, slow);
    wait_for_two_cases(&b);
    expect(&b, slow, 2, "another sweep");
    cr_assert_eq(end(&b, SIGINT), 130);
    close_box(&b);
}
