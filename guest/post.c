/* SPDX-License-Identifier: MIT */
#include "guest/post.h"

#include "common/connection.h"
#include "common/system/log.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

static void disconnect(struct post *post)
{
	if (post->xs)
		xs_close(post->xs);
	post->xs = NULL;
}

/* `what` and `key` make "open xenstore", "write xenstore's data/cagma/report". */
static void fail(struct post *post, uint64_t now_ms, const char *what, const char *key, int error)
{
	if (!post->retry_ms)
		post->retry_ms = POST_MIN_RETRY_MS;
	post->not_before_ms = now_ms + post->retry_ms;
	post->retry_ms =
		post->retry_ms > POST_MAX_RETRY_MS / 2 ? POST_MAX_RETRY_MS : 2 * post->retry_ms;
	if (trouble_met(&post->trouble))
		log_warning("cannot %s%s: %s%s", what, key, strerror(error),
			    post->gives_up ? "" : "; trying again until it works");
}

static void succeed(struct post *post)
{
	uint64_t n_failures = trouble_over(&post->trouble);
	if (n_failures)
		log_info("xenstore works again after %" PRIu64 " failures", n_failures);
	post->retry_ms = 0;
}

void post_finish(struct post *post)
{
	disconnect(post);
}

/* A watch's token is its place in this table, and TARGET for memory/target. */
static const enum key_id watched[] = {KEY_AGENT, KEY_CMA, KEY_CREDIT, KEY_PERIOD};
enum { N_WATCHED = sizeof(watched) / sizeof(watched[0]), TARGET = N_WATCHED };

static const char *watched_path(unsigned i)
{
	return i == TARGET ? "memory/target" : keys_table[watched[i]].path;
}

/* An event ends the pause of a sleeping agent by a signal, since a pause watches no descriptor. */
static bool watch_keys(struct post *post)
{
	int fd = xs_fileno(post->xs);
	for (unsigned i = 0; i <= TARGET; i++) {
		const char token[] = {(char)('0' + i), '\0'};
		if (!xs_watch(post->xs, watched_path(i), token))
			return false;
	}
	return fcntl(fd, F_SETOWN, getpid()) == 0 &&
	       fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0;
}

uint64_t post_wait_ms(const struct post *post, uint64_t now_ms)
{
	return post->retry_ms && now_ms < post->not_before_ms ? post->not_before_ms - now_ms : 0;
}

bool post_tend(struct post *post, uint64_t now_ms, bool *ret_is_new)
{
	if (post_wait_ms(post, now_ms))
		return false;
	*ret_is_new = !post->xs;
	if (post->xs)
		return true;
	post->xs = xs_open(0);
	if (!post->xs) {
		fail(post, now_ms, "open xenstore", " (/dev/xen/xenbus in a Xen guest)", errno);
		return false;
	}
	if (!post->gives_up && !watch_keys(post)) {
		int error = errno;
		disconnect(post);
		fail(post, now_ms, "set a watch in xenstore", "", error);
		return false;
	}
	return true;
}

bool post_write(struct post *post, uint64_t now_ms, enum key_id id, const char *value, size_t len)
{
	const char *path = keys_table[id].path;
	if (xs_write(post->xs, XBT_NULL, path, value, (unsigned)len)) {
		if (id == KEY_REPORT) /* a round writes it last, so all of the round has worked */
			succeed(post);
		return true;
	}
	int error = errno;
	if (connection_is_lost(error))
		disconnect(post);
	fail(post, now_ms, "write xenstore's ", path, error);
	return false;
}

bool post_is_dom0(const struct post *post)
{
	unsigned len;
	char *domid = xs_read(post->xs, XBT_NULL, "domid", &len);
	bool is_dom0 = domid && strcmp(domid, "0") == 0;
	free(domid);
	return is_dom0;
}

void post_remove(struct post *post, enum key_id id)
{
	if (post->xs)
		xs_rm(post->xs, XBT_NULL, keys_table[id].path);
}

/* The keys that were touched, one bit for each token. */
static unsigned take_events(struct post *post)
{
	unsigned touched = 0;
	char **event;
	while ((event = xs_check_watch(post->xs)) != NULL) {
		unsigned i = (unsigned)(event[XS_WATCH_TOKEN][0] - '0');
		if (i <= TARGET)
			touched |= 1u << i;
		free(event);
	}
	return touched;
}

/* The key's value, which the caller frees; NULL if it has none, or if the connection is lost. */
static char *read_key(struct post *post, uint64_t now_ms, enum key_id id)
{
	unsigned len;
	char *value = post->xs ? xs_read(post->xs, XBT_NULL, keys_table[id].path, &len) : NULL;
	int error = errno;
	if (!value && post->xs && connection_is_lost(error)) {
		disconnect(post);
		fail(post, now_ms, "read xenstore's ", keys_table[id].path, error);
	}
	return value;
}

static uint64_t read_number(struct post *post, uint64_t now_ms, enum key_id id)
{
	uint64_t number = 0;
	char *value = read_key(post, now_ms, id);
	if (value)
		text_number((struct text){value, strlen(value)}, KEYS_MAX_KIB, &number);
	free(value);
	return number;
}

struct post_news post_listen(struct post *post, uint64_t now_ms, const char *hello)
{
	unsigned touched = post->xs ? take_events(post) : 0;
	struct post_news news = {.target = touched >> TARGET & 1u};
	for (unsigned i = 0; i < N_WATCHED; i++) {
		if (!(touched & 1u << i))
			continue;
		if (watched[i] == KEY_AGENT) {
			char *value = read_key(post, now_ms, KEY_AGENT);
			news.lost_hello = !value || strcmp(value, hello) != 0;
			free(value);
		} else if (watched[i] == KEY_CMA) {
			post->host.cma_kib = read_number(post, now_ms, KEY_CMA);
		} else if (watched[i] == KEY_CREDIT) {
			post->host.credit_kib = read_number(post, now_ms, KEY_CREDIT);
			news.credit = true;
		} else {
			post->host.period_ms = read_number(post, now_ms, KEY_PERIOD);
			news.greets = post->host.period_ms != 0;
		}
	}
	return news;
}
