/* SPDX-License-Identifier: MIT */
/*
 * lab-store - xenstore for the lab's scripts. It waits on watches, always with a time limit.
 *
 *	lab-store ask DOMID LIMIT_S COMMAND
 *		gives COMMAND to lab-work in a guest, and prints its answer without the number, and
 *		the time that this took by dom0's clock
 *	lab-store wait PATH LIMIT_S
 *		waits until PATH exists, and prints its value
 *	lab-store count PATH SECONDS
 *		prints how many writes there were at or below PATH in this time
 *
 *	lab-store log PATH...
 *		prints "T_MS PATH VALUE" for each time that one of these keys, or a key below one,
 *		was written, or removed (then VALUE is empty), until SIGTERM; T_MS is
 *		CLOCK_MONOTONIC, the clock of lab-sampler and of cagmad's record
 *
 * It exits with 1 if the limit is over or the guest reports an error.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xenstore.h>

enum { PATH_BYTES = 256, TEXT_BYTES = 1024 };

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Takes one event; false if the time is over. */
static bool next_event(struct xs_handle *xs, uint64_t end_ms)
{
	for (;;) {
		char **event = xs_check_watch(xs);
		uint64_t t_ms = now_ms();
		struct pollfd fd = {.fd = xs_fileno(xs), .events = POLLIN};

		if (event) {
			free(event);
			return true;
		}
		if (t_ms >= end_ms)
			return false;
		poll(&fd, 1, (int)(end_ms - t_ms));
	}
}

static bool is_there(struct xs_handle *xs, const char *path)
{
	char *value = xs_read(xs, XBT_NULL, path, NULL);
	bool is = value || errno != ENOENT;

	free(value);
	return is;
}

/* Waits until accept() takes the key's value. The value, which the caller frees; NULL if the time
 * is over, or if the key's value depends on `home`, unless that is NULL, and that is not there. */
static char *wait_for_value(struct xs_handle *xs, const char *path, const char *home,
			    uint64_t end_ms, bool (*accept)(const char *value))
{
	if (!xs_watch(xs, path, "lab-store"))
		return NULL;
	while (next_event(xs, end_ms)) {
		char *value = xs_read(xs, XBT_NULL, path, NULL);

		if (value && accept(value))
			return value;
		free(value);
		/* the watch fires, too, when the toolstack removes all that is a guest's */
		if (home && !is_there(xs, home))
			return NULL;
	}
	return NULL;
}

static bool accept_any(const char *value)
{
	(void)value;
	return true;
}

/* The number of the command that is being answered. */
static unsigned asked;

static bool accept_answer(const char *value)
{
	return (unsigned)strtoul(value, NULL, 10) == asked;
}

static int fail(const char *what, const char *path)
{
	fprintf(stderr, "lab-store: %s: %s\n", path, what);
	return 1;
}

static int run_ask(struct xs_handle *xs, const char *domid, const char *limit_s,
		   const char *command)
{
	char path[PATH_BYTES], home[PATH_BYTES], text[TEXT_BYTES];
	uint64_t start_ms = now_ms();
	uint64_t end_ms = start_ms + strtoull(limit_s, NULL, 10) * 1000;
	const char *verdict;
	char *answer;
	int length, rc;

	/* no earlier command to this guest had this number, since no two runs have the same pid */
	asked = (unsigned)getpid();
	length = snprintf(text, sizeof(text), "%u %s", asked, command);
	snprintf(path, sizeof(path), "/local/domain/%.8s/lab/command", domid);
	if (!xs_write(xs, XBT_NULL, path, text, (unsigned)length))
		return fail(strerror(errno), path);
	snprintf(path, sizeof(path), "/local/domain/%.8s/data/lab/answer", domid);
	snprintf(home, sizeof(home), "/local/domain/%.8s", domid);
	answer = wait_for_value(xs, path, home, end_ms, accept_answer);
	if (!answer)
		return fail(is_there(xs, home) ? "the guest did not answer in time"
					       : "the guest is gone",
			    path);
	verdict = answer + strcspn(answer, " ");
	rc = strncmp(verdict, " ok", 3) == 0 ? 0 : 1;
	if (rc == 0)
		printf("took_ms=%" PRIu64 "%s\n", now_ms() - start_ms, verdict + 3);
	else
		fail(verdict, path);
	free(answer);
	return rc;
}

static int run_wait(struct xs_handle *xs, const char *path, const char *limit_s)
{
	uint64_t end_ms = now_ms() + strtoull(limit_s, NULL, 10) * 1000;
	char *value = wait_for_value(xs, path, NULL, end_ms, accept_any);

	if (!value)
		return fail("was not there in time", path);
	puts(value);
	free(value);
	return 0;
}

static int run_count(struct xs_handle *xs, const char *path, const char *seconds)
{
	uint64_t limit_ms = strtoull(seconds, NULL, 10) * 1000;
	unsigned long events = 0;
	uint64_t end_ms;

	if (!xs_watch(xs, path, "lab-store"))
		return fail(strerror(errno), path);
	/* a new watch fires once by itself */
	if (!next_event(xs, now_ms() + limit_ms))
		return fail("the watch did not fire", path);
	end_ms = now_ms() + limit_ms;
	while (next_event(xs, end_ms))
		events++;
	printf("%lu\n", events);
	return 0;
}

/* The time is that at which the event came, and not that at which the value has been read. */
static int run_log(struct xs_handle *xs, char *const *paths)
{
	const struct sched_param priority = {.sched_priority = 10};

	sched_setscheduler(0, SCHED_FIFO, &priority);
	for (; *paths; paths++)
		if (!xs_watch(xs, *paths, "lab-store"))
			return fail(strerror(errno), *paths);
	for (;;) {
		unsigned count;
		char **event = xs_read_watch(xs, &count);
		uint64_t t_ms = now_ms();
		char *value;

		if (!event)
			return fail(strerror(errno), "xenstore");
		value = xs_read(xs, XBT_NULL, event[XS_WATCH_PATH], NULL);
		printf("%" PRIu64 " %s %s\n", t_ms, event[XS_WATCH_PATH], value ? value : "");
		fflush(stdout);
		free(value);
		free(event);
	}
}

int main(int argc, char **argv)
{
	struct xs_handle *xs;

	if (argc < 3 || (argc != 5 && strcmp(argv[1], "ask") == 0) ||
	    (argc != 4 && (strcmp(argv[1], "wait") == 0 || strcmp(argv[1], "count") == 0))) {
		fputs("usage: lab-store ask DOMID LIMIT_S COMMAND | wait PATH LIMIT_S | "
		      "count PATH SECONDS | log PATH...\n",
		      stderr);
		return 2;
	}
	xs = xs_open(0);
	if (!xs)
		return fail(strerror(errno), "xenstore");
	if (strcmp(argv[1], "ask") == 0)
		return run_ask(xs, argv[2], argv[3], argv[4]);
	if (strcmp(argv[1], "wait") == 0)
		return run_wait(xs, argv[2], argv[3]);
	if (strcmp(argv[1], "count") == 0)
		return run_count(xs, argv[2], argv[3]);
	if (strcmp(argv[1], "log") == 0)
		return run_log(xs, argv + 2);
	fprintf(stderr, "lab-store: there is no %s\n", argv[1]);
	return 2;
}
