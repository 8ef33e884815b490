/* SPDX-License-Identifier: MIT */
/*
 * lab-judge - judges a recording of lab-sampler's.
 *
 *	lab-judge verdict FILE RESERVE_KIB FLOOR_KIB NAME:MIN_KIB:MAX_KIB...
 *		violations and extremes (judge.h); with RESERVE_KIB 0 the reserve may be spent
 *	lab-judge when FILE GUESTS QUESTION...
 *		times of events (timeline.h); an event that did not happen is left out
 *	lab-judge targets FILE LOG DOMID...
 *		targets that guests were told, and how many of them changed nothing (targets.h); LOG
 *		is of lab-store
 *
 * It prints NAME=VALUE pairs in one line. Guests are in the order of the recording.
 */
#include "tests/xen/judge.h"
#include "tests/xen/targets.h"
#include "tests/xen/timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 1024, MAX_QUESTIONS = 16, MAX_TARGETS = 16384, EXIT_USAGE = 2 };

/* Hands every sample of a recording to take(). The exit code. */
static int read_samples(const char *path, unsigned guest_count,
			void (*take)(void *data, const struct judge_sample *sample), void *data)
{
	FILE *file = fopen(path, "re");
	unsigned long number = 0, taken = 0;
	char line[LINE_BYTES];
	int rc = EXIT_SUCCESS;

	if (!file) {
		fprintf(stderr, "lab-judge: cannot read %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	while (rc == EXIT_SUCCESS && fgets(line, sizeof(line), file)) {
		struct judge_sample sample;

		number++;
		if (line[0] == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (judge_parse(line, guest_count, &sample)) {
			take(data, &sample);
			taken++;
		} else {
			fprintf(stderr, "lab-judge: line %lu of %s is no record of %u guests\n",
				number, path, guest_count);
			rc = EXIT_FAILURE;
		}
	}
	fclose(file);
	if (rc == EXIT_SUCCESS && taken == 0) {
		fprintf(stderr, "lab-judge: there are no samples in %s\n", path);
		rc = EXIT_FAILURE;
	}
	return rc;
}

static void print_verdict(const struct judge *judge, char *const *names)
{
	printf("violations=%" PRIu64 " reserve_violations=%" PRIu64 " bounds_violations=%" PRIu64
	       " promised_violations=%" PRIu64 " first_violation_ms=%" PRIu64,
	       judge_violations(judge), judge->reserve_violations, judge->bounds_violations,
	       judge->promised_violations, judge->first_violation_ms);
	printf(" samples=%" PRIu64 " span_ms=%" PRIu64 " longest_gap_ms=%" PRIu64
	       " lowest_free_kib=%" PRIu64 " samples_below_floor=%" PRIu64
	       " last_free_kib=%" PRIu64,
	       judge->samples, judge->last_ms - judge->first_ms, judge->longest_gap_ms,
	       judge->lowest_free_kib, judge->samples_below_floor, judge->last_free_kib);
	for (unsigned i = 0; i < judge->guest_count; i++) {
		const struct judge_guest *guest = &judge->guests[i];
		int length = (int)strcspn(names[i], ":");

		printf(" %.*s_first_kib=%" PRIu64 " %.*s_last_kib=%" PRIu64
		       " %.*s_lowest_kib=%" PRIu64 " %.*s_highest_kib=%" PRIu64,
		       length, names[i], guest->first_kib, length, names[i], guest->last_kib,
		       length, names[i], guest->lowest_kib, length, names[i], guest->highest_kib);
	}
	putchar('\n');
}

static void take_for_verdict(void *data, const struct judge_sample *sample)
{
	judge_add(data, sample);
}

static int run_verdict(const char *path, const char *reserve_kib, const char *floor_kib,
		       char *const *guests, unsigned count)
{
	struct judge_bounds bounds[JUDGE_MAX_GUESTS];
	struct judge judge;
	int rc;

	if (count > JUDGE_MAX_GUESTS)
		return EXIT_USAGE;
	for (unsigned i = 0; i < count; i++)
		if (sscanf(guests[i], "%*[^:]:%" SCNu64 ":%" SCNu64, &bounds[i].min_kib,
			   &bounds[i].max_kib) != 2) {
			fprintf(stderr, "lab-judge: %s is not NAME:MIN_KIB:MAX_KIB\n", guests[i]);
			return EXIT_USAGE;
		}
	judge_init(&judge, strtoull(reserve_kib, NULL, 10), strtoull(floor_kib, NULL, 10), bounds,
		   count);
	rc = read_samples(path, count, take_for_verdict, &judge);
	if (rc == EXIT_SUCCESS)
		print_verdict(&judge, guests);
	return rc;
}

struct questions {
	struct timeline timeline[MAX_QUESTIONS];
	unsigned count;
};

static void take_for_questions(void *data, const struct judge_sample *sample)
{
	struct questions *questions = data;

	for (unsigned i = 0; i < questions->count; i++)
		timeline_add(&questions->timeline[i], sample);
}

static int run_when(const char *path, unsigned guest_count, char *const *words, unsigned count)
{
	struct questions questions = {.count = count};
	int rc;

	if (guest_count > JUDGE_MAX_GUESTS || count > MAX_QUESTIONS)
		return EXIT_USAGE;
	for (unsigned i = 0; i < count; i++)
		if (!timeline_parse(words[i], guest_count, &questions.timeline[i])) {
			fprintf(stderr, "lab-judge: %s is no question about %u guests\n", words[i],
				guest_count);
			return EXIT_USAGE;
		}
	rc = read_samples(path, guest_count, take_for_questions, &questions);
	if (rc != EXIT_SUCCESS)
		return rc;
	for (unsigned i = 0; i < count; i++)
		if (questions.timeline[i].has_happened)
			printf("%s=%" PRIu64 " ", questions.timeline[i].name,
			       questions.timeline[i].happened_ms);
	putchar('\n');
	return EXIT_SUCCESS;
}

/* The targets of a log, and how many of them have been judged. */
struct told_list {
	struct targets targets;
	struct targets_told told[MAX_TARGETS];
	unsigned count, judged;
};

static int read_told(const char *path, struct told_list *list)
{
	FILE *file = fopen(path, "re");
	char line[LINE_BYTES];
	bool fits = true;

	if (!file) {
		fprintf(stderr, "lab-judge: cannot read %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	while (fits && fgets(line, sizeof(line), file)) {
		struct targets_told told;

		line[strcspn(line, "\n")] = '\0';
		if (!targets_read(&list->targets, line, &told))
			continue;
		fits = list->count < MAX_TARGETS;
		if (fits)
			list->told[list->count++] = told;
	}
	fclose(file);
	if (!fits)
		fprintf(stderr, "lab-judge: %s has more than %d targets\n", path, MAX_TARGETS);
	return fits ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void take_for_targets(void *data, const struct judge_sample *sample)
{
	struct told_list *list = data;

	for (; list->judged < list->count && list->told[list->judged].t_ms <= sample->t_ms;
	     list->judged++)
		targets_judge(&list->targets, &list->told[list->judged], sample);
}

static int run_targets(const char *path, const char *log_path, char *const *domids, unsigned count)
{
	static struct told_list list;
	int rc;

	if (count > JUDGE_MAX_GUESTS)
		return EXIT_USAGE;
	list.targets.guest_count = count;
	for (unsigned i = 0; i < count; i++)
		list.targets.domid[i] = (uint32_t)strtoul(domids[i], NULL, 10);
	rc = read_told(log_path, &list);
	if (rc == EXIT_SUCCESS)
		rc = read_samples(path, count, take_for_targets, &list);
	if (rc == EXIT_SUCCESS)
		printf("targets=%" PRIu64 " useless_targets=%" PRIu64 "\n", list.targets.judged,
		       list.targets.useless);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = EXIT_USAGE;

	if (argc >= 6 && strcmp(argv[1], "verdict") == 0)
		rc = run_verdict(argv[2], argv[3], argv[4], argv + 5, (unsigned)(argc - 5));
	else if (argc >= 5 && strcmp(argv[1], "when") == 0)
		rc = run_when(argv[2], (unsigned)strtoul(argv[3], NULL, 10), argv + 4,
			      (unsigned)(argc - 4));
	else if (argc >= 5 && strcmp(argv[1], "targets") == 0)
		rc = run_targets(argv[2], argv[3], argv + 4, (unsigned)(argc - 4));
	if (rc == EXIT_USAGE)
		fputs("usage: lab-judge verdict FILE RESERVE_KIB FLOOR_KIB "
		      "NAME:MIN_KIB:MAX_KIB...\n"
		      "       lab-judge when FILE GUESTS NAME=EVENT:GUEST:AFTER_MS:KIB...\n"
		      "       lab-judge targets FILE LOG DOMID...\n",
		      stderr);
	return rc;
}
