/* SPDX-License-Identifier: MIT */
/*
 * demand.c - `cagma-sim demand`: makes a scenario's guest of what cagma-agent has recorded in a
 * real one. (Edge: files, stdout.)
 */
#include "common/report.h"
#include "host/sim/demand.h"
#include "host/simcmd/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_LOOKS = 1000000 };

#define KERNEL_KIB 12288 /* the kernel's part of used memory: the default of a scenario */
#define OFF_KIB    1024  /* a look this near to the line is no point of its own */

/* The recorded looks of one guest. */
struct looks {
	struct sim_demand_point *point;
	size_t n, capacity;
	uint64_t first_ms;
	struct report last;
};

static double used_kib(const struct report *r)
{
	double used = (double)r->total_kib - (double)r->avail_kib - KERNEL_KIB;
	used += (double)r->swap_total_kib - (double)r->swap_free_kib - (double)r->swap_cached_kib;
	return used > 0 ? used : 0;
}

static const char *take_look(void *arg, struct text line)
{
	struct looks *looks = arg;
	struct report r;
	const char *wrong = report_parse(line, &r);
	if (wrong)
		return wrong;
	if (looks->n && r.uptime_ms < looks->last.uptime_ms)
		return "goes back in time: the guest was started anew";
	if (looks->n == MAX_LOOKS)
		return "is one look too many";
	if (looks->n == looks->capacity) {
		size_t capacity = 2 * looks->capacity + 1024;
		void *point = realloc(looks->point, capacity * sizeof(*looks->point));
		if (!point)
			return "cannot be kept: there is no memory";
		looks->point = point;
		looks->capacity = capacity;
	}
	if (!looks->n)
		looks->first_ms = r.uptime_ms;
	looks->point[looks->n++] = (struct sim_demand_point){
		.at_s = (double)(r.uptime_ms - looks->first_ms) / 1000, .kib = used_kib(&r)};
	looks->last = r;
	return NULL;
}

static void print_guest(const struct looks *looks)
{
	struct sim_demand d;
	sim_demand_fit(looks->point, looks->n, OFF_KIB, &d);
	printf("[guest recorded]\nmemory = %" PRIu64 "\nkernel = %d\ncache = %" PRIu64 "\ndemand =",
	       looks->last.total_kib / 1024 + 40, KERNEL_KIB / 1024, looks->last.cached_kib / 1024);
	for (unsigned i = 0; i < d.count; i++)
		printf(" %.1f:%.0f", d.points[i].at_s, d.points[i].kib / 1024);
	putchar('\n');
}

static int read_and_print(const char *path, struct looks *looks)
{
	if (!command_read_lines(path, KEYS_MAX_VALUE, take_look, looks))
		return EXIT_USAGE;
	if (!looks->n) {
		log_error("%s: the file has no look of cagma-agent --record", lines_name(path));
		return EXIT_USAGE;
	}
	print_guest(looks);
	return EXIT_SUCCESS;
}

static int run(int argc, char **argv)
{
	struct looks looks = {.n = 0};
	int code;
	char *const *paths = command_read(&demand_command, argc, argv, NULL, &code);
	if (!paths)
		return code;
	code = read_and_print(paths[0], &looks);
	free(looks.point);
	return code;
}

static const struct command_option options[] = {{.name = NULL}};

const struct command demand_command = {
	.name = "demand",
	.files = "FILE",
	.least_files = 1,
	.most_files = 1,
	.about = "makes a scenario's guest of what cagma-agent has recorded",
	.help = "Prints a guest for a scenario whose demand is what cagma-agent --record FILE has\n"
		"seen in a real one, within 1 MiB or by 64 points.\n",
	.options = options,
	.run = run,
};
