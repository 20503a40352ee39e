#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *usage =
    "gantry-sandbox starts a plugin's process for Gantry; it is not meant to be called by hand.\n"
    "usage: gantry-sandbox [--report FD] [--keep FD] [--directory PATH] [--limit NAME=VALUE]... [--control-group FILE]\n"
    "         [--oom-score N] [--file-mask N] [--nice N] [--die-with PID] [--confine] [--nest] [--env NAME=VALUE]...\n"
    "         [--read PATH]... [--write PATH]... [--network] [--memory-files] [--pretend-missing NAME,...]\n"
    "         -- PROGRAM [ARGUMENT...]\n";

static void refuse(const char *option, const char *problem) {
    fprintf(stderr, "gantry-sandbox: %s: %s\n%s", option, problem, usage);
    exit(64);
}

static int number(const char *option, const char *text) {
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < -1000 || value > 1 << 22) refuse(option, "not a number");
    return (int)value;
}

void read_options(int count, char **arguments, struct plan *plan) {
    *plan = (struct plan){.report = -1, .keep = 2, .file_mask = 077};
    // No list can be longer than the command line.
    plan->read_paths = calloc((size_t)count, sizeof(char *));
    plan->write_paths = calloc((size_t)count, sizeof(char *));
    plan->limits = calloc((size_t)count, sizeof(char *));
    plan->environment = calloc((size_t)count + 1, sizeof(char *));
    if (!plan->environment || !plan->read_paths || !plan->write_paths || !plan->limits) refuse("memory", "none left");

    int index = 1;
    for (; index < count; index++) {
        const char *option = arguments[index];
        if (strcmp(option, "--") == 0) {
            index++;
            break;
        }
        if (strcmp(option, "--network") == 0) {
            plan->network = true;
            continue;
        }
        if (strcmp(option, "--memory-files") == 0) {
            plan->memory_files = true;
            continue;
        }
        if (strcmp(option, "--confine") == 0) {
            plan->confine = true;
            continue;
        }
        if (strcmp(option, "--nest") == 0) {
            plan->nest = true;
            continue;
        }
        if (index + 1 >= count) refuse(option, "a value is missing");
        const char *value = arguments[++index];
        if (strcmp(option, "--report") == 0) plan->report = number(option, value);
        else if (strcmp(option, "--keep") == 0) plan->keep = number(option, value);
        else if (strcmp(option, "--directory") == 0) plan->directory = value;
        else if (strcmp(option, "--read") == 0) plan->read_paths[plan->read_count++] = value;
        else if (strcmp(option, "--write") == 0) plan->write_paths[plan->write_count++] = value;
        else if (strcmp(option, "--limit") == 0) plan->limits[plan->limit_count++] = value;
        else if (strcmp(option, "--control-group") == 0) plan->control_group = value;
        else if (strcmp(option, "--oom-score") == 0) plan->oom_score = value;
        else if (strcmp(option, "--file-mask") == 0) plan->file_mask = number(option, value) & 0777;
        else if (strcmp(option, "--nice") == 0) {
            plan->niceness = number(option, value);
            plan->sets_niceness = true;
        }
        else if (strcmp(option, "--die-with") == 0) plan->parent = number(option, value);
        else if (strcmp(option, "--env") == 0) plan->environment[plan->environment_count++] = arguments[index];
        else if (strcmp(option, "--pretend-missing") == 0) plan->pretend = value;
        else refuse(option, "no such option");
    }
    if (index >= count) refuse("--", "the program is missing");
    plan->program = arguments + index;
}

bool is_pretended_missing(const struct plan *plan, const char *name) {
    size_t length = strlen(name);
    for (const char *at = plan->pretend; at && *at;) {
        size_t word = strcspn(at, ",");
        if (word == length && strncmp(at, name, length) == 0) return true;
        at += word;
        if (*at == ',') at++;
    }
    return false;
}
