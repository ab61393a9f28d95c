/* See dut_sources.h. What is hashed, and in which order, is also in dut.mk (`sources`, `shim_sources`). */
#define _POSIX_C_SOURCE 200809L
#include "dut_sources.h"

#include <glob.h>
#include <limits.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEX = 64, LINE = 1024 };

static FILE *open_file(const char *project, const char *name) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", project, name);
    return length > 0 && length < (int)sizeof path ? fopen(path, "r") : NULL;
}

/* A file that is gone is as good as an empty one: the checksum is another. */
static void add_file(FILE *all, const char *project, const char *name) {
    char part[1 << 14];
    size_t got;
    FILE *in = open_file(project, name);
    if (in == NULL) return;
    while ((got = fread(part, 1, sizeof part, in)) > 0) (void)fwrite(part, 1, got, all);
    (void)fclose(in);
}

/* "serial-small-dense.trace" has the geometry of serial-small, and so has "serial-small-board.check". */
static void add_geometry(FILE *all, const char *project, const char *build) {
    static const char dense[] = "-dense";
    char line[LINE], start[LINE];
    const char *board = strstr(build, "-board");
    size_t length = board != NULL ? (size_t)(board - build) : strcspn(build, "."), tail = sizeof dense - 1;
    if (length > tail && strncmp(build + length - tail, dense, tail) == 0) length -= tail;
    (void)snprintf(start, sizeof start, "BUILD_%.*s ", (int)length, build);
    FILE *in = open_file(project, "builds.mk");
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, start, strlen(start)) == 0) (void)fputs(line, all);
    if (in != NULL) (void)fclose(in);
}

static void add_rtl(FILE *all, FILE *list, const char *project) {
    char line[LINE];
    while (fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0') add_file(all, project, line);
    }
}

/* What builds with assertions read beside the modules, by name. */
static void add_properties(FILE *all, const char *project) {
    char pattern[PATH_MAX];
    glob_t found;
    int length = snprintf(pattern, sizeof pattern, "%s/rtl/*/*.svh", project);
    if (length <= 0 || length >= (int)sizeof pattern || glob(pattern, 0, NULL, &found) != 0) return;
    for (size_t i = 0; i < found.gl_pathc; i++) add_file(all, project, found.gl_pathv[i] + strlen(project) + 1);
    globfree(&found);
}

/* Ends `all`, which writes to *data. */
static void finish(FILE *all, char **data, const size_t *size, char hex[HEX + 1]) {
    (void)fclose(all);
    (void)SHA256Data((const uint8_t *)*data, *size, hex);
    free(*data);
}

bool dut_sources(const char *project, const char *build, char text[DUT_SOURCES_SIZE]) {
    char *data = NULL, rtl[HEX + 1], shim[HEX + 1];
    size_t size = 0;
    FILE *list = open_file(project, "rtl/files.f"), *all = list != NULL ? open_memstream(&data, &size) : NULL;
    if (all != NULL) {
        add_geometry(all, project, build);
        add_file(all, project, "rtl/files.f");
        add_file(all, project, "rtl/lint.vlt");
        add_file(all, project, "tb/dut/verilated_casts.h");
        add_rtl(all, list, project);
        if (strstr(build, ".check") != NULL) add_properties(all, project);
        if (strchr(build, '.') == NULL && strstr(build, "-board") == NULL) add_file(all, project, "tb/dut/dp_clocked.sv");
        if (strstr(build, ".trace") != NULL) add_file(all, project, "tb/dut/dp_cycle.sv");
        if (strstr(build, ".cover") != NULL) add_file(all, project, "tb/dut/cover.sv");
        finish(all, &data, &size, rtl);
        all = open_memstream(&data, &size);
    }
    if (list != NULL) (void)fclose(list);
    if (all == NULL) return false;
    add_file(all, project, "tb/dut/dut.h");
    add_file(all, project, "tb/dut/dut_shim.cpp");
    finish(all, &data, &size, shim);
    (void)snprintf(text, DUT_SOURCES_SIZE, "%s %s", rtl, shim);
    return true;
}

const char *dut_sources_differ(const char *made_of, const char *now) {
    if (strncmp(made_of, now, HEX) != 0) return "rtl/ or its line of builds.mk";
    return strcmp(made_of, now) != 0 ? "tb/dut/dut_shim.cpp or dut.h" : NULL;
}
