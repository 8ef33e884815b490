/* SPDX-License-Identifier: MIT */
#include "host/ctl/reserve.h"

#include "common/system/clock.h"
#include "common/amount.h"
#include "common/system/log.h"
#include "common/system/command.h"
#include "common/system/usage.h"
#include "host/reserve/reservation.h"
#include "host/ctl/output.h"
#include "host/xen/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One reservation, from its request to its end. */
struct errand {
	struct store *store;
	const struct reserve *asked;
	uint32_t id;
	int signal_fd;
	uint64_t begun_ms, late_ms;
	bool was_answered, is_daemon_missed;
	bool shows_progress; /* stderr is a terminal */
	struct toolkeys_state state;
};

const char *reserve_find_daemon(struct store *store)
{
	struct toolkeys_daemon daemon;
	switch (tool_find_daemon(store, &daemon)) {
	case 0:
		return NULL;
	case -ENOENT:
		return "no cagmad runs here (systemctl start cagmad)";
	case -ESRCH:
		return "no cagmad runs here: it has died (systemctl start cagmad)";
	case -EPROTO:
		return "the cagmad that runs here is of another version";
	default:
		return "xenstore cannot be read";
	}
}

/* --- the request --- */

static void path_of(const struct errand *e, enum toolkeys_key key, char path[TOOLKEYS_MAX_PATH])
{
	toolkeys_path(key, e->id, path);
}

static void write_line(const struct errand *e, uint64_t until_ms, char line[TOOLKEYS_MAX_BYTES + 1])
{
	struct toolkeys_request request = {
		.size_kib = e->asked->size_kib, .wait_until_ms = e->late_ms, .until_ms = until_ms};
	uint64_t present =
		REQUEST_BIT(size_kib) | REQUEST_BIT(wait_until_ms) | REQUEST_BIT(until_ms);
	if (e->asked->has_uuid) {
		uuid_write(e->asked->uuid, request.uuid);
		present |= REQUEST_BIT(uuid);
	}
	line_write(&toolkeys_request_format, &request, present, line, TOOLKEYS_MAX_BYTES + 1);
}

static int ask(struct errand *e)
{
	char line[TOOLKEYS_MAX_BYTES + 1];
	e->begun_ms = clock_boot_ms();
	e->late_ms = e->begun_ms + e->asked->timeout_ms;
	write_line(e, e->late_ms + e->asked->for_ms, line);
	return tool_add_reservation(e->store, line, e->asked->name, RESERVATION_MAX, &e->id);
}

/* 0; -ENOENT if the reservation is over already; another -errno. */
static int keep_until(struct errand *e, uint64_t until_ms)
{
	char line[TOOLKEYS_MAX_BYTES + 1], path[TOOLKEYS_MAX_PATH];
	int r = -EAGAIN;
	write_line(e, until_ms, line);
	path_of(e, TOOLKEYS_REQUEST, path);
	for (int i = 0; i < 100 && r == -EAGAIN; i++)
		r = tool_write(e->store, path, path, line);
	return r;
}

static void withdraw(struct errand *e)
{
	char path[TOOLKEYS_MAX_PATH];
	snprintf(path, sizeof(path), "reservation/%" PRIu32, e->id);
	tool_remove(e->store, path);
}

/* --- waiting --- */

static uint64_t mib(uint64_t kib)
{
	return kib / 1024;
}

static uint64_t mib_up(uint64_t kib)
{
	return (kib + 1023) / 1024;
}

static void __attribute__((format(printf, 2, 3)))
fail(const struct errand *e, const char *format, ...)
{
	struct json_object *answer = output_is_json() ? json_object_new_object() : NULL;
	va_list args;
	if (answer && e->id)
		json_object_object_add(answer, "reservation", json_object_new_uint64(e->id));
	va_start(args, format);
	output_failed_with(answer, format, args);
	va_end(args);
}

static void show_progress(const struct errand *e)
{
	if (e->shows_progress)
		fprintf(stderr, "\rreservation %" PRIu32 ": %" PRIu64 " of %" PRIu64 " MiB", e->id,
			mib(e->state.there_kib), mib_up(e->asked->size_kib));
}

static void end_progress(struct errand *e)
{
	if (e->shows_progress && e->was_answered)
		fputc('\n', stderr);
	e->shows_progress = false;
}

/* 0; -EAGAIN if there is no answer yet; -ENOENT if the reservation is gone; another -errno. */
static int read_answer(struct errand *e)
{
	char line[TOOLKEYS_MAX_BYTES + 1], path[TOOLKEYS_MAX_PATH];
	uint64_t present;
	path_of(e, TOOLKEYS_STATE, path);
	int len = tool_read(e->store, path, line, sizeof(line));
	if (len == -ENOENT) {
		path_of(e, TOOLKEYS_REQUEST, path);
		len = tool_read(e->store, path, line, sizeof(line));
		return len < 0 ? len : -EAGAIN;
	}
	if (len < 0)
		return len;
	return line_parse(&toolkeys_state_format, (struct text){line, (size_t)len}, &e->state,
			  &present) == LINE_OK
		       ? 0
		       : -EAGAIN;
}

static bool state_is(const struct errand *e, enum reservation_state state)
{
	return strcmp(e->state.state, reservation_state_word(state)) == 0;
}

static void tell_refused(const struct errand *e)
{
	fail(e,
	     "refused: %" PRIu64 " MiB wanted; %" PRIu64 " free + %" PRIu64
	     " that guests could give = %" PRIu64 " MiB; %" PRIu64
	     " more are free, but kept: a quarter of reserve_mib, other reservations, and what "
	     "is promised to guests. Guests keep what they want, and their min_mib",
	     mib_up(e->asked->size_kib), mib(e->state.free_kib), mib(e->state.give_kib),
	     mib(e->state.free_kib) + mib(e->state.give_kib), mib(e->state.withheld_kib));
}

static void tell_late(const struct errand *e)
{
	uint64_t missing_kib = amount_less(e->asked->size_kib, e->state.there_kib);
	fail(e,
	     "not there after %" PRIu64 " s: of %" PRIu64 " MiB, %" PRIu64 " came free, %" PRIu64
	     " are missing",
	     e->asked->timeout_ms / 1000, mib_up(e->asked->size_kib), mib(e->state.there_kib),
	     mib_up(missing_kib));
}

enum outcome { OUTCOME_WAIT, OUTCOME_THERE, OUTCOME_FAILED };

static enum outcome take_answer(struct errand *e)
{
	int r = read_answer(e);
	if (r == -EAGAIN)
		return OUTCOME_WAIT;
	if (r == -ENOENT) {
		end_progress(e);
		fail(e, "reservation %" PRIu32 " was released by somebody", e->id);
		return OUTCOME_FAILED;
	}
	if (r < 0) {
		end_progress(e);
		fail(e, "xenstore cannot be read: %s", strerror(-r));
		return OUTCOME_FAILED;
	}
	e->was_answered = true;
	show_progress(e);
	if (state_is(e, RESERVATION_WAITING))
		return OUTCOME_WAIT;
	end_progress(e);
	if (state_is(e, RESERVATION_READY) || state_is(e, RESERVATION_IN_USE))
		return OUTCOME_THERE;
	if (state_is(e, RESERVATION_REFUSED))
		tell_refused(e);
	else
		tell_late(e);
	return OUTCOME_FAILED;
}

/* A cagmad that is restarted goes on where it was, so its absence is forgiven until the wait is
 * over. */
static enum outcome judge_silence(struct errand *e)
{
	uint64_t now_ms = clock_boot_ms();
	const char *why = reserve_find_daemon(e->store);
	if (why && !e->is_daemon_missed) {
		end_progress(e);
		log_warning("%s; waiting for it", why);
	}
	e->is_daemon_missed = why != NULL;
	bool is_silent = !e->was_answered && now_ms >= e->begun_ms + RESERVE_ANSWER_MS;
	if (!is_silent && now_ms < e->late_ms + RESERVE_ANSWER_MS)
		return OUTCOME_WAIT;
	end_progress(e);
	fail(e, "cagmad does not answer; its log may say why (journalctl -u cagmad)");
	return OUTCOME_FAILED;
}

/* Sleeps until something may have changed. False if a signal asks this program to end. */
static bool doze(struct errand *e)
{
	struct pollfd fds[] = {{.fd = store_fd(e->store, STORE_HOST), .events = POLLIN},
			       {.fd = e->signal_fd, .events = POLLIN}};
	struct store_event event;
	poll(fds, 2, 1000);
	while (store_next(e->store, STORE_HOST, &event) > 0)
		;
	int signo = command_take_signal(e->signal_fd, 0);
	return signo == 0 || signo == SIGCHLD;
}

static bool wait_for_memory(struct errand *e)
{
	enum outcome outcome;
	while ((outcome = take_answer(e)) == OUTCOME_WAIT &&
	       (outcome = judge_silence(e)) == OUTCOME_WAIT)
		if (!doze(e)) {
			end_progress(e);
			fail(e, "interrupted");
			return false;
		}
	return outcome == OUTCOME_THERE;
}

/* --- the command --- */

/* Puts the reservation's end off for as long as the command runs. If this program is killed, the
 * reservation ends for_ms later at the latest. */
static void keep_on(struct errand *e, uint64_t *at_ms)
{
	uint64_t now_ms = clock_boot_ms();
	if (now_ms < *at_ms)
		return;
	*at_ms = now_ms + e->asked->for_ms / 3;
	int r = keep_until(e, now_ms + e->asked->for_ms);
	if (r == 0 || r == -EAGAIN)
		return;
	if (r != -ENOENT) /* used, or released */
		log_warning("reservation %" PRIu32 " cannot be kept longer: %s", e->id,
			    strerror(-r));
	*at_ms = UINT64_MAX;
}

static int run_command(struct errand *e)
{
	uint64_t renew_ms = clock_boot_ms() + e->asked->for_ms / 3;
	pid_t pid;
	int status;
	int r = command_start(e->asked->command, &pid);
	if (r < 0) {
		fail(e, "no process can be started: %s", strerror(-r));
		withdraw(e);
		return EXIT_FAILURE;
	}
	while (!command_has_ended(pid, &status)) {
		struct pollfd fd = {.fd = e->signal_fd, .events = POLLIN};
		poll(&fd, 1, (int)amount_min(e->asked->for_ms / 3, 1000));
		command_take_signal(e->signal_fd, pid);
		keep_on(e, &renew_ms);
	}
	/* the reservation ends now, unless cagmad sees that a guest is being built from it */
	keep_until(e, clock_boot_ms());
	return status;
}

static int tell_number(const struct errand *e)
{
	struct json_object *answer = json_object_new_object();
	json_object_object_add(answer, "reservation", json_object_new_uint64(e->id));
	return output_json(answer);
}

int reserve_run(struct store *store, const struct reserve *reserve)
{
	struct errand e = {
		.store = store, .asked = reserve, .shows_progress = isatty(STDERR_FILENO)};
	e.signal_fd = command_open_signals();
	int r = e.signal_fd < 0 ? -errno : ask(&e);
	if (r == -ENOSPC)
		fail(&e, "there are %d reservations already (cagmactl reservations)",
		     RESERVATION_MAX);
	else if (r < 0)
		fail(&e, "nothing could be reserved: %s", strerror(-r));
	if (r < 0)
		return EXIT_FAILURE;
	if (!reserve->command && !output_is_json()) {
		printf("%" PRIu32 "\n", e.id);
		fflush(stdout);
	}
	if (!wait_for_memory(&e)) {
		withdraw(&e);
		return EXIT_FAILURE;
	}
	keep_until(&e, clock_boot_ms() + reserve->for_ms);
	if (reserve->command)
		return run_command(&e);
	return output_is_json() ? tell_number(&e) : usage_printed();
}
