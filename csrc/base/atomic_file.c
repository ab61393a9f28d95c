#define _POSIX_C_SOURCE 200809L
#include "atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_ATTEMPTS = 100 };

/* Creates PATH.PID.N.tmp for the first N that is free. */
static int create_temporary(atomic_file *file, size_t room) {
    for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        (void)snprintf(file->temporary, room, "%s.%ld.%d.tmp", file->path, (long)getpid(), attempt);
        int fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

dp_status atomic_open(atomic_file *file, const char *path, dp_error *err) {
    *file = (atomic_file){.path = path};
    struct stat existing;
    bool exists = stat(path, &existing) == 0;
    if (exists && S_ISFIFO(existing.st_mode)) {
        file->stream = fopen(path, "wb");
        return file->stream != NULL ? DP_OK : dp_fail(err, DP_BAD_INPUT, "%s: cannot be written: %s", path, strerror(errno));
    }
    if (exists && !S_ISREG(existing.st_mode)) return dp_fail(err, DP_BAD_INPUT, "%s: exists and is not a regular file", path);
    size_t room = strlen(path) + 48;
    file->temporary = malloc(room);
    if (file->temporary == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    int fd = create_temporary(file, room);
    if (fd < 0) {
        dp_status status = dp_fail(err, DP_BAD_INPUT, "%s: cannot be written: %s", path, strerror(errno));
        free(file->temporary);
        return status;
    }
    file->stream = fdopen(fd, "wb");
    if (file->stream == NULL) {
        (void)close(fd);
        (void)unlink(file->temporary);
        free(file->temporary);
        return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    }
    return DP_OK;
}

dp_status atomic_commit(atomic_file *file, dp_error *err) {
    errno = 0;
    int failure = 0; /* errno of the first step that fails; ferror: of a write before */
    bool is_pipe = file->temporary == NULL;
    bool failed = fflush(file->stream) != 0 || (!is_pipe && fsync(fileno(file->stream)) != 0) || ferror(file->stream) != 0;
    if (failed) failure = errno != 0 ? errno : EIO;
    if (fclose(file->stream) != 0 && failure == 0) failure = errno;
    if (failure == 0 && !is_pipe && rename(file->temporary, file->path) != 0) failure = errno;
    if (failure != 0 && !is_pipe) (void)unlink(file->temporary);
    free(file->temporary);
    if (failure != 0) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be written: %s", file->path, strerror(failure));
    return DP_OK;
}

void atomic_abandon(atomic_file *file) {
    (void)fclose(file->stream);
    if (file->temporary != NULL) (void)unlink(file->temporary);
    free(file->temporary);
}
