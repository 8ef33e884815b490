/* SPDX-License-Identifier: MIT */
#include "host/control/desk.h"

#include "common/amount.h"
#include "common/system/clock.h"
#include "host/control/shown.h"
#include "host/guests/guests.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* A request that the main loop answers. */
struct errand {
	bool is_waiting;                   /* the main loop has not answered it yet */
	char request[CONTROL_MAX_REQUEST]; /* a copy, so nothing that is gone is ever answered */
	size_t len;
	bool may_change;
	char *answer;
};

enum { COPIES = 2, NONE = COPIES };

struct desk {
	struct answer_source source;
	struct control *control; /* the thread's alone */
	int knock_fd;            /* an errand waits for the main loop */
	int end_fd;              /* the thread is to end */
	pthread_t thread;
	uint64_t copy_ms; /* no copy is made before this; the main loop's alone */

	/* The main loop fills the copy that is not in front, unless it is still being read. */
	struct shown *copy[COPIES];

	pthread_mutex_t lock; /* of all below; held for a moment, but while an errand is done */
	pthread_cond_t answered;
	unsigned front;   /* the copy that is read next; the main loop alone changes it */
	unsigned reading; /* the copy that is being read, or NONE */
	bool is_closing;
	struct errand errand;
};

/* --- the thread ------------------------------------------------------------------ */

static struct timespec in_ms(uint64_t ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	uint64_t ns = (uint64_t)t.tv_nsec + ms % 1000 * 1000000;
	t.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
	t.tv_nsec = (long)(ns % 1000000000);
	return t;
}

static char *have_answered(struct desk *d, const char *request, size_t len, bool may_change)
{
	struct timespec until = in_ms(DESK_WAIT_MS);
	int r = 0;
	pthread_mutex_lock(&d->lock);
	d->errand = (struct errand){.is_waiting = true, .len = len, .may_change = may_change};
	memcpy(d->errand.request, request, len);
	eventfd_write(d->knock_fd, 1);
	while (d->errand.is_waiting && !d->is_closing && r == 0)
		r = pthread_cond_timedwait(&d->answered, &d->lock, &until);
	bool is_done = !d->errand.is_waiting, is_closing = d->is_closing;
	char *answer = d->errand.answer;
	d->errand.is_waiting = false;
	pthread_mutex_unlock(&d->lock);
	if (is_done)
		return answer;
	return answer_refuse(is_closing ? "cagmad is ending; nothing was changed"
					: "cagmad is held up, and its log may say by whom; nothing "
					  "was changed, so try again");
}

static char *look(struct desk *d, const char *request, size_t len, bool may_change)
{
	pthread_mutex_lock(&d->lock);
	unsigned i = d->reading = d->front;
	pthread_mutex_unlock(&d->lock);
	char *text = answer_make(&d->source, shown_state(d->copy[i]), request, len, may_change,
				 clock_monotonic_ms());
	pthread_mutex_lock(&d->lock);
	d->reading = NONE;
	pthread_mutex_unlock(&d->lock);
	return text;
}

/* A control_answer_fn. */
static char *answer(void *arg, const char *request, size_t len, bool may_change)
{
	struct desk *d = arg;
	return answer_needs_engine(request, len, may_change)
		       ? have_answered(d, request, len, may_change)
		       : look(d, request, len, may_change);
}

static void *serve(void *arg)
{
	enum { LONGEST_MS = 60000 };
	struct desk *d = arg;
	struct pollfd fds[CONTROL_MAX_FDS + 1];
	unsigned n;
	do {
		n = control_poll(d->control, fds);
		fds[n] = (struct pollfd){.fd = d->end_fd, .events = POLLIN};
		uint64_t wait_ms = amount_less(control_wake_ms(d->control), clock_monotonic_ms());
		poll(fds, n + 1, (int)amount_min(wait_ms, LONGEST_MS));
		control_hear(d->control, fds);
		control_turn(d->control, clock_monotonic_ms());
	} while (!fds[n].revents);
	return NULL;
}

/* --- the main loop --------------------------------------------------------------- */

struct pollfd desk_poll(const struct desk *d)
{
	return (struct pollfd){.fd = d ? d->knock_fd : -1, .events = POLLIN};
}

uint64_t desk_wake_ms(const struct desk *d)
{
	if (!d)
		return UINT64_MAX;
	struct engine_state state = engine_state(d->source.engine);
	return shown_is_old(d->copy[d->front], &state) ? d->copy_ms : UINT64_MAX;
}

/* Nobody is waited for: a copy that is still being read is filled a little later. */
static void take_copy(struct desk *d, const struct engine_state *state, uint64_t now_ms)
{
	enum { AGAIN_MS = 2 };
	unsigned back = 1 - d->front;
	pthread_mutex_lock(&d->lock);
	bool is_read = d->reading == back;
	pthread_mutex_unlock(&d->lock);
	d->copy_ms = now_ms + AGAIN_MS;
	if (is_read)
		return;
	shown_take(d->copy[back], state);
	pthread_mutex_lock(&d->lock);
	d->front = back;
	pthread_mutex_unlock(&d->lock);
	d->copy_ms = now_ms + state->guests->n / DESK_GUESTS_PER_MS;
}

static void copy_state(struct desk *d, uint64_t now_ms)
{
	struct engine_state state = engine_state(d->source.engine);
	if (now_ms >= d->copy_ms && shown_is_old(d->copy[d->front], &state))
		take_copy(d, &state, now_ms);
}

/* The thread that waits for it reads no copy, and looks at the new state next. */
static void do_errand(struct desk *d, uint64_t now_ms)
{
	eventfd_t count;
	if (eventfd_read(d->knock_fd, &count) < 0)
		return;
	pthread_mutex_lock(&d->lock);
	bool is_waiting = d->errand.is_waiting;
	if (is_waiting) {
		struct engine_state state = engine_state(d->source.engine);
		d->errand.answer = answer_make(&d->source, &state, d->errand.request, d->errand.len,
					       d->errand.may_change, now_ms);
		state = engine_state(d->source.engine);
		shown_take(d->copy[d->front], &state);
		d->copy_ms = 0;
		d->errand.is_waiting = false;
		pthread_cond_signal(&d->answered);
	}
	pthread_mutex_unlock(&d->lock);
}

void desk_turn(struct desk *d, uint64_t now_ms)
{
	if (!d)
		return;
	do_errand(d, now_ms);
	copy_state(d, now_ms);
}

/* --- opening and closing ----------------------------------------------------------- */

/* Every signal is the main loop's. */
static int start(struct desk *d)
{
	sigset_t all, was;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	int error = pthread_create(&d->thread, NULL, serve, d);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return -error;
}

static int prepare(struct desk *d, unsigned max_guests)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&d->answered, &monotonic);
	pthread_mutex_init(&d->lock, NULL);
	d->reading = NONE;
	for (unsigned i = 0; i < COPIES; i++)
		d->copy[i] = shown_create(max_guests);
	d->knock_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!d->copy[0] || !d->copy[1])
		return -ENOMEM;
	return d->knock_fd < 0 || d->end_fd < 0 ? -errno : 0;
}

static void finish(struct desk *d)
{
	control_close(d->control);
	for (unsigned i = 0; i < COPIES; i++)
		shown_destroy(d->copy[i]);
	if (d->knock_fd >= 0)
		close(d->knock_fd);
	if (d->end_fd >= 0)
		close(d->end_fd);
	pthread_cond_destroy(&d->answered);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

int desk_open(const char *path, const struct answer_source *source, unsigned max_guests,
	      struct desk **ret_desk)
{
	struct desk *d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->source = *source;
	int r = prepare(d, max_guests);
	if (r == 0) {
		struct engine_state state = engine_state(source->engine);
		shown_take(d->copy[d->front], &state);
		r = control_open(path, answer, d, &d->control);
	}
	if (r == 0)
		r = start(d);
	if (r < 0)
		finish(d);
	else
		*ret_desk = d;
	return r;
}

void desk_close(struct desk *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->is_closing = true;
	pthread_cond_signal(&d->answered);
	pthread_mutex_unlock(&d->lock);
	eventfd_write(d->end_fd, 1);
	pthread_join(d->thread, NULL);
	finish(d);
}
