#define _DEFAULT_SOURCE /* flock */
#include "sweep_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ROOM = 256 };
static const char line_start[] = "{\"id\":\"";

const char *sweep_status(int exit_code) {
    switch (exit_code) {
    case DP_OK: return "ok";
    case DP_MISMATCH: return "mismatch";
    case DP_BAD_INPUT: return "refused";
    case DP_HANG: return "hang";
    case DP_NO_BUILD: return "no build";
    case DP_NO_MEMORY: return "no memory";
    case -1: return "killed";
    default: return "stopped";
    }
}

static sweep_state state_of(const char *status) {
    if (strcmp(status, sweep_status(DP_OK)) == 0) return SWEEP_EQUAL;
    bool lasting = strcmp(status, sweep_status(DP_MISMATCH)) == 0 || strcmp(status, sweep_status(DP_HANG)) == 0;
    return lasting ? SWEEP_FAILED : SWEEP_MISSING;
}

static dp_status remember(sweep_file *f, const char *id, const char *status, int line, dp_error *err) {
    if (f->count == f->room) {
        int room = f->room > 0 ? 2 * f->room : FIRST_ROOM;
        sweep_record *more = realloc(f->records, (size_t)room * sizeof *more);
        if (more == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", f->path);
        f->records = more;
        f->room = room;
    }
    sweep_record *r = &f->records[f->count++];
    *r = (sweep_record){.line = line, .state = state_of(status)};
    (void)snprintf(r->id, sizeof r->id, "%s", id);
    return DP_OK;
}

static dp_status read_line(sweep_file *f, const char *text, size_t length, int line, dp_error *err) {
    json_t *object = json_loadb(text, length, 0, NULL);
    const char *id = json_string_value(json_object_get(object, "id"));
    const char *status = json_string_value(json_object_get(object, "status"));
    dp_status result = id != NULL && status != NULL && strlen(id) == SWEEP_ID - 1
                           ? remember(f, id, status, line, err)
                           : dp_fail(err, DP_BAD_INPUT, "%s:%d: not the result of a sweep", f->path, line);
    json_decref(object);
    return result;
}

/* What the last writer could not finish: after whole lines, or the beginning of one. */
static bool is_torn(const sweep_file *f, const char *text, size_t length) {
    size_t known = sizeof line_start - 1;
    return f->size > 0 || memcmp(text, line_start, length < known ? length : known) == 0;
}

static dp_status read_lines(sweep_file *f, FILE *in, dp_error *err) {
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    dp_status status = DP_OK;
    for (int line = 1; status == DP_OK && (length = getline(&text, &room, in)) > 0; line++) {
        if (text[length - 1] == '\n') {
            status = read_line(f, text, (size_t)length, line, err);
            f->size += length;
        } else if (is_torn(f, text, (size_t)length)) {
            f->dropped = length;
        } else {
            status = dp_fail(err, DP_BAD_INPUT, "%s:%d: not the result of a sweep", f->path, line);
        }
    }
    if (status == DP_OK && ferror(in)) status = dp_fail(err, DP_BAD_INPUT, "%s: cannot be read: %s", f->path, strerror(errno));
    free(text);
    return status;
}

static int by_id(const void *a, const void *b) {
    const sweep_record *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : x->line - y->line;
}

static void sort(sweep_file *f) {
    int kept = 0;
    if (f->count == 0) return;
    qsort(f->records, (size_t)f->count, sizeof *f->records, by_id);
    for (int i = 1; i < f->count; i++) {
        if (strcmp(f->records[i].id, f->records[kept].id) != 0) kept++;
        f->records[kept] = f->records[i];
    }
    f->count = kept + 1;
}

static dp_status scan(sweep_file *f, dp_error *err) {
    int fd = dup(f->fd);
    FILE *in = fd >= 0 ? fdopen(fd, "rb") : NULL;
    if (in == NULL) {
        if (fd >= 0) (void)close(fd);
        return dp_fail(err, DP_BAD_INPUT, "%s: cannot be read: %s", f->path, strerror(errno));
    }
    dp_status status = read_lines(f, in, err);
    (void)fclose(in);
    sort(f);
    return status;
}

/* Not blocking, or a named pipe would wait here for its other end. */
static dp_status open_and_lock(sweep_file *f, dp_error *err) {
    struct stat is;
    f->fd = open(f->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    if (f->fd < 0) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be written: %s", f->path, strerror(errno));
    if (fstat(f->fd, &is) != 0 || !S_ISREG(is.st_mode))
        return dp_fail(err, DP_BAD_INPUT, "%s: exists and is not a regular file", f->path);
    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0) return dp_fail(err, DP_BAD_INPUT, "%s: another sweep is writing it", f->path);
    return DP_OK;
}

dp_status sweep_file_open(sweep_file *file, const char *path, dp_error *err) {
    *file = (sweep_file){.path = path, .fd = -1};
    dp_status status = open_and_lock(file, err);
    if (status == DP_OK) status = scan(file, err);
    if (status != DP_OK) sweep_file_close(file);
    return status;
}

void sweep_file_close(sweep_file *file) {
    if (file->fd >= 0) (void)close(file->fd);
    free(file->records);
    *file = (sweep_file){.fd = -1};
}

void sweep_file_mark(const sweep_file *file, sweep_plan *plan, bool retry) {
    for (int i = 0; i < plan->count; i++) {
        sweep_case *c = &plan->cases[i];
        int low = 0, high = file->count;
        while (low < high) {
            int middle = (low + high) / 2;
            if (strcmp(file->records[middle].id, c->id) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        bool found = low < file->count && strcmp(file->records[low].id, c->id) == 0;
        c->state = found ? file->records[low].state : SWEEP_MISSING;
        if (retry && c->state == SWEEP_FAILED) c->state = SWEEP_MISSING;
    }
}

static bool write_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

dp_status sweep_file_append(sweep_file *file, const json_t *object, dp_error *err) {
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
    if (text == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", file->path);
    size_t length = strlen(text);
    text[length++] = '\n'; /* in place of the terminating zero */
    bool written = ftruncate(file->fd, file->size) == 0 && write_all(file->fd, text, length) && fdatasync(file->fd) == 0;
    int why = errno;
    free(text);
    if (written) {
        file->size += (int64_t)length;
        return DP_OK;
    }
    (void)!ftruncate(file->fd, file->size);
    return dp_fail(err, DP_BAD_INPUT, "%s: cannot be written: %s", file->path, strerror(why));
}
