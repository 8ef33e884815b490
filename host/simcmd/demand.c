/* SPDX-License-Identifier: MIT */
#include "host/simcmd/demand.h"

#include "common/report.h"
#include "host/sim/demand.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, MAX_LOOKS = 1000000 };

#define KERNEL_KIB 12288 /* of what is used; as a guest of a scenario has it */
#define OFF_KIB    1024  /* what is nearer to the line is not told */

static const char usage[] =
	"usage: cagma-sim demand FILE\n"
	"Print a guest for a scenario whose demand is what cagma-agent --record FILE has seen.\n";

/* Looks of one guest. */
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

/* NULL, or what is wrong. */
static const char *add(struct looks *looks, struct text line)
{
	struct report r;
	const char *wrong = report_parse(line, &r);
	if (wrong)
		return wrong;
	if (looks->n && r.uptime_ms < looks->last.uptime_ms)
		return "goes back in time: the guest was started anew";
	if (looks->n == MAX_LOOKS)
		return "is one too many";
	if (looks->n == looks->capacity) {
		size_t capacity = 2 * looks->capacity + 1024;
		void *point = realloc(looks->point, capacity * sizeof(*looks->point));
		if (!point)
			return "finds no memory";
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

static bool read_looks(struct looks *looks, FILE *in, const char *name)
{
	char line[KEYS_MAX_VALUE + 2];
	uint64_t number = 0;
	while (fgets(line, sizeof(line), in)) {
		size_t len = strcspn(line, "\n");
		const char *wrong = add(looks, (struct text){line, len});
		number++;
		if (!wrong)
			continue;
		fprintf(stderr, "cagma-sim: %s:%" PRIu64 ": the line %s\n", name, number, wrong);
		return false;
	}
	if (ferror(in) || !looks->n)
		fprintf(stderr, "cagma-sim: %s: %s\n", name,
			ferror(in) ? strerror(errno) : "there is nothing in it");
	return !ferror(in) && looks->n;
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

int recorded_main(int argc, char **argv)
{
	struct looks looks = {.n = 0};
	if (argc != 2 || strcmp(argv[1], "--help") == 0) {
		fputs(usage, argc == 2 ? stdout : stderr);
		return argc == 2 ? EXIT_SUCCESS : EXIT_USAGE;
	}
	FILE *in = fopen(argv[1], "re");
	if (!in) {
		fprintf(stderr, "cagma-sim: %s: %s\n", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	bool is_read = read_looks(&looks, in, argv[1]);
	if (is_read)
		print_guest(&looks);
	fclose(in);
	free(looks.point);
	return is_read && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
