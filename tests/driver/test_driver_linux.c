/* libdpacs through UIO and u-dma-buf, with files in their place: registers and memory are ordinary files, the attributes are files in a
   folder, and the interrupt is a terminal whose other end the test holds. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "dpacs_linux.h"
#include "fake_device.h"
#include "plan_command.h"

TestSuite(driver_linux, .timeout = 60);

enum { REGISTERS = 4096, PATH = 96, LIST = 256 };

typedef struct {
    char folder[32], registers_path[PATH], memory_path[PATH], interrupt_path[PATH];
    uint32_t *registers;
    uint8_t *memory;
    int other_end, terminal; /* of the interrupt */
    dpacs_linux_options options;
    dpacs d;
    dpacs_linux board;
    uint8_t bytes[FAKE_NETWORK];
    dpacs_network n;
} fake;

static const char *in_folder(const fake *f, const char *name, char path[PATH]) {
    (void)snprintf(path, PATH, "%s/%s", f->folder, name);
    return path;
}

static void put_attribute(const fake *f, const char *name, const char *value) {
    char path[PATH];
    FILE *file = fopen(in_folder(f, name, path), "w");
    cr_assert_not_null(file);
    (void)fputs(value, file);
    cr_assert_eq(fclose(file), 0);
}

static void expect_attribute(const fake *f, const char *name, const char *value) {
    char path[PATH], text[64] = "";
    FILE *file = fopen(in_folder(f, name, path), "r");
    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    cr_expect_str_eq(text, value, "%s", name);
}

static void *make_file(const char *path, size_t bytes) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    cr_assert(file >= 0 && ftruncate(file, (off_t)bytes) == 0);
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    cr_assert_neq(at, MAP_FAILED);
    (void)close(file);
    return at;
}

static void make_interrupt(fake *f) {
    struct termios raw;
    f->other_end = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    cr_assert(f->other_end >= 0 && grantpt(f->other_end) == 0 && unlockpt(f->other_end) == 0);
    (void)snprintf(f->interrupt_path, PATH, "%s", ptsname(f->other_end));
    f->terminal = open(f->interrupt_path, O_RDWR | O_NOCTTY);
    cr_assert(f->terminal >= 0 && tcgetattr(f->terminal, &raw) == 0);
    cfmakeraw(&raw);
    cr_assert_eq(tcsetattr(f->terminal, TCSANOW, &raw), 0);
}

static fake *make(void) {
    static fake f;
    f = (fake){.folder = "/tmp/dpacs-uio-XXXXXX"};
    cr_assert_not_null(mkdtemp(f.folder));
    f.n = fake_network(f.bytes);
    f.registers = make_file(in_folder(&f, "uio0", f.registers_path), REGISTERS);
    f.memory = make_file(in_folder(&f, "udmabuf0", f.memory_path), FAKE_MEMORY);
    f.registers[REG_ID / 4] = REG_ID_VALUE;
    f.registers[REG_VERSION / 4] = REG_VERSION_VALUE;
    f.registers[REG_GEOMETRY / 4] = f.n.geometry;
    f.registers[REG_CAPACITY / 4] = f.n.capacity;
    put_attribute(&f, "size", "65536\n");
    put_attribute(&f, "phys_addr", "0x0000000870000000\n");
    put_attribute(&f, "dma_coherent", "0\n");
    static const char *const written[] = {"sync_offset", "sync_size", "sync_direction", "sync_for_device", "sync_for_cpu"};
    for (int i = 0; i < 5; i++) put_attribute(&f, written[i], "");
    make_interrupt(&f);
    f.options = (dpacs_linux_options){f.registers_path, f.interrupt_path, f.memory_path, f.folder, 50};
    return &f;
}

static void unmake(fake *f) {
    char command[PATH];
    if (f->other_end >= 0) (void)close(f->other_end);
    (void)close(f->terminal);
    (void)munmap(f->registers, REGISTERS);
    (void)munmap(f->memory, FAKE_MEMORY);
    (void)snprintf(command, sizeof command, "rm -r %s", f->folder);
    cr_assert_eq(system(command), 0);
}

static void expect(const fake *f, dpacs_status got, dpacs_status want, const char *words) {
    cr_expect_eq(got, want, "status %d instead of %d: %s", (int)got, (int)want, f->d.text);
    cr_expect_not_null(strstr(f->d.text, words), "'%s' does not say '%s'", f->d.text, words);
}

static void interrupt(const fake *f, uint32_t cause) {
    const uint32_t count = 1;
    f->registers[REG_IRQ_STATUS / 4] = cause;
    cr_assert_eq(write(f->other_end, &count, sizeof count), (ssize_t)sizeof count);
}

static int unmasked(const fake *f) {
    uint32_t word;
    int times = 0;
    while (read(f->other_end, &word, sizeof word) == (ssize_t)sizeof word) times += word == 1;
    return times;
}

static void open_and_load(fake *f) {
    cr_assert_eq(dpacs_linux_open(&f->d, &f->board, &f->options), DPACS_OK, "%s", f->d.text);
    cr_assert_eq(dpacs_load(&f->d, &f->n), DPACS_OK, "%s", f->d.text);
}

static int open_files(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    cr_assert_not_null(folder);
    while (readdir(folder) != NULL) count++;
    (void)closedir(folder);
    return count;
}

Test(driver_linux, runs_a_job) {
    fake *f = make();
    int8_t image[100];
    int32_t logits[3];
    uint32_t job;
    memset(image, 3, sizeof image);
    f->registers[REG_JOBS_DONE / 4] = 41; /* somebody else's */
    open_and_load(f);
    cr_expect_eq(f->registers[REG_ABORT / 4], 1);
    cr_expect_eq(f->registers[REG_IRQ_STATUS / 4], 15);
    cr_expect_eq(memcmp(f->memory, f->bytes, LIST), 0);
    const uint8_t *conv = f->memory + LIST + PLAN_COMMAND_BYTES;
    cr_expect(conv[PLAN_AT_WEIGHT_HIGH] == 8 && conv[PLAN_AT_WEIGHT_ADDR + 3] == 0x70 && conv[PLAN_AT_WEIGHT_ADDR + 1] == 4);
    cr_expect_eq(f->registers[REG_CMD_ADDR_HIGH / 4], 8);
    expect_attribute(f, "sync_offset", "0");
    expect_attribute(f, "sync_size", "4096");
    expect_attribute(f, "sync_direction", "1");
    expect_attribute(f, "sync_for_device", "1");
    expect_attribute(f, "sync_for_cpu", "");

    const int files = open_files();
    cr_assert_eq(dpacs_queue(&f->d, image, &job), DPACS_OK, "%s", f->d.text);
    cr_expect_eq(open_files(), files);
    expect_attribute(f, "sync_offset", "8192");
    cr_expect_eq(memcmp(f->memory + 0x2000, image, sizeof image), 0);
    cr_expect_eq(f->registers[REG_CMD_ADDR / 4], 0x70000100);
    cr_expect_eq(f->registers[REG_IMAGE_ADDR / 4], 0x70002000);
    cr_expect_eq(f->registers[REG_LOGITS_ADDR / 4], 0x70003000);
    cr_expect_eq(f->registers[REG_START / 4], 1);
    cr_expect_eq(unmasked(f), 0);

    f->registers[REG_JOBS_DONE / 4] = 42;
    f->memory[0x3004] = 9;
    interrupt(f, IRQ_DONE);
    cr_assert_eq(dpacs_logits(&f->d, job, logits), DPACS_OK, "%s", f->d.text);
    cr_expect(logits[0] == 0 && logits[1] == 9 && logits[2] == 0);
    cr_expect_eq(unmasked(f), 1);
    expect_attribute(f, "sync_offset", "12288");
    expect_attribute(f, "sync_size", "12");
    expect_attribute(f, "sync_direction", "2");
    expect_attribute(f, "sync_for_cpu", "1");
    cr_expect_eq(dpacs_close(&f->d), DPACS_OK);
    cr_expect_eq(f->registers[REG_IRQ_ENABLE / 4], 0);
    dpacs_linux_close(&f->board);
    unmake(f);
}

Test(driver_linux, coherent_memory_needs_no_attributes) {
    fake *f = make();
    int8_t image[100] = {0};
    uint32_t job;
    put_attribute(f, "dma_coherent", "1\n");
    open_and_load(f);
    cr_assert_eq(dpacs_queue(&f->d, image, &job), DPACS_OK);
    expect_attribute(f, "sync_for_device", "");
    dpacs_linux_close(&f->board);
    unmake(f);
}

Test(driver_linux, waits_no_longer_than_it_should) {
    fake *f = make();
    int8_t image[100] = {0};
    uint32_t job;
    open_and_load(f);
    cr_assert_eq(dpacs_queue(&f->d, image, &job), DPACS_OK);
    expect(f, dpacs_wait(&f->d), DPACS_TIMEOUT, "no interrupt for 50 ms");
    (void)close(f->other_end);
    f->other_end = -1;
    expect(f, dpacs_wait(&f->d), DPACS_IO, "the interrupt cannot be unmasked");
    dpacs_linux_close(&f->board);
    unmake(f);
}

static int mappings(void) {
    int count = 0;
    char line[512];
    FILE *file = fopen("/proc/self/maps", "r");
    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file) != NULL) count += strstr(line, "dpacs-uio") != NULL;
    (void)fclose(file);
    return count;
}

static void expect_not_opened(fake *f, const char *words) {
    const int files = open_files(), maps = mappings();
    expect(f, dpacs_linux_open(&f->d, &f->board, &f->options), DPACS_NO_DEVICE, words);
    cr_expect_eq(open_files(), files, "%s: files stay open", words);
    cr_expect_eq(mappings(), maps, "%s: mappings stay", words);
}

Test(driver_linux, says_what_is_not_there) {
    fake *f = make();
    const dpacs_linux_options right = f->options;
    f->options.registers = "/nonexistent/uio0";
    expect_not_opened(f, "/nonexistent/uio0: No such file");
    f->options = right;
    f->options.interrupt = "/nonexistent/irq";
    expect_not_opened(f, "/nonexistent/irq: No such file");
    f->options = right;
    f->options.memory = "/nonexistent/udmabuf0";
    expect_not_opened(f, "/nonexistent/udmabuf0: No such file");
    f->options.memory = "/proc/self/status"; /* is there, and cannot be mapped */
    expect_not_opened(f, "/proc/self/status: ");
    f->options = right;
    f->options.attributes = "/nonexistent";
    expect_not_opened(f, "/nonexistent/size: No such file");
    f->options = right;
    put_attribute(f, "phys_addr", "nothing\n");
    expect_not_opened(f, "phys_addr: not a number");
    put_attribute(f, "phys_addr", "0x70000000\n");
    f->registers[REG_ID / 4] = 7;
    expect_not_opened(f, "no DPACS there: register ID reads 0x00000007");
    unmake(f);
}

Test(driver_linux, refuses_memory_that_does_not_do) {
    fake *f = make();
    char path[PATH];
    put_attribute(f, "phys_addr", "0x70000040\n");
    cr_assert_eq(dpacs_linux_open(&f->d, &f->board, &f->options), DPACS_OK);
    expect(f, dpacs_load(&f->d, &f->n), DPACS_BAD_NETWORK, "multiple of 4096");
    dpacs_linux_close(&f->board);
    put_attribute(f, "phys_addr", "0x70000000\n");
    put_attribute(f, "size", "16384\n");
    cr_assert_eq(dpacs_linux_open(&f->d, &f->board, &f->options), DPACS_OK);
    expect(f, dpacs_load(&f->d, &f->n), DPACS_NO_MEMORY, "has 16384 bytes, the network needs 32768");
    dpacs_linux_close(&f->board);
    put_attribute(f, "size", "65536\n");
    cr_assert_eq(unlink(in_folder(f, "sync_for_device", path)), 0);
    cr_assert_eq(dpacs_linux_open(&f->d, &f->board, &f->options), DPACS_OK);
    expect(f, dpacs_load(&f->d, &f->n), DPACS_IO, "sync_for_device: cannot be written: No such file");
    dpacs_linux_close(&f->board);
    unmake(f);
}
