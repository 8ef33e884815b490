/* SPDX-License-Identifier: MIT */
#include "common/system/log.h"

#include "common/system/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_BYTES = 512 };

static const char *program_name = "cagma";
static bool is_verbose;
static bool is_to_journal;
static bool is_silent;

static struct limit {
	unsigned burst, per_s; /* burst 0: there is no limit */
	uint64_t left_milli;   /* thousandths of messages that may be logged at once */
	uint64_t as_of_ms;     /* when left_milli was counted */
	uint64_t n_left_out;
} limit;

/* systemd says which file is the journal's. A shell that was started under systemd passes the word
 * on to programs whose stderr is a terminal or another file. */
static bool leads_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char is[48];
	struct stat file;
	if (!stream || fstat(STDERR_FILENO, &file) < 0)
		return false;
	snprintf(is, sizeof(is), "%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
	return strcmp(is, stream) == 0;
}

void log_init(const char *program, bool verbose)
{
	program_name = program;
	is_verbose = verbose;
	is_to_journal = leads_to_journal();
}

void log_silence(bool silent)
{
	is_silent = silent;
}

bool log_is_verbose(void)
{
	return is_verbose;
}

const char *log_program(void)
{
	return program_name;
}

void log_limit(unsigned burst, unsigned per_s)
{
	limit = (struct limit){.burst = burst,
			       .per_s = per_s,
			       .left_milli = (uint64_t)burst * 1000,
			       .as_of_ms = clock_tick_ms()};
}

/* A message's place is taken from what is left, to which each ms adds per_s thousandths. */
static bool has_room(void)
{
	uint64_t now_ms = clock_tick_ms(), most_milli = (uint64_t)limit.burst * 1000;
	if (!limit.burst || is_verbose)
		return true;
	limit.left_milli += (now_ms - limit.as_of_ms) * limit.per_s;
	limit.as_of_ms = now_ms;
	if (limit.left_milli > most_milli)
		limit.left_milli = most_milli;
	/* the message about those that are left out has a place, too */
	if (limit.left_milli < 1000 + (limit.n_left_out ? 1000 : 0)) {
		limit.n_left_out++;
		return false;
	}
	limit.left_milli -= 1000;
	return true;
}

static void say_left_out(void)
{
	uint64_t n = limit.n_left_out;
	limit.n_left_out = 0;
	if (n)
		log_warning("%" PRIu64 " messages were left out, since there were too many", n);
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const journal[] = {"<3>", "<4>", "<6>", "<7>"};
	static const char *const terminal[] = {"error: ", "warning: ", "", ""};
	int saved_errno = errno;
	char line[LINE_BYTES];
	va_list args;

	if (is_silent || (level == LOG_LEVEL_DEBUG && !is_verbose))
		return;
	if (level != LOG_LEVEL_DEBUG && !has_room())
		return;
	say_left_out();
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (is_to_journal)
		dprintf(STDERR_FILENO, "%s%s\n", journal[level], line);
	else
		dprintf(STDERR_FILENO, "%s: %s%s\n", program_name, terminal[level], line);
	errno = saved_errno;
}

/* --- lines with fields ---

   The journal takes a datagram of NAME=value lines: systemd.io/JOURNAL_NATIVE_PROTOCOL. */

/* Returns false if the journal does not take it. */
static bool tell_journal(const struct log_subject *subject, enum log_level level, const char *line)
{
	static const struct sockaddr_un journal = {AF_UNIX, "/run/systemd/journal/socket"};
	static const char priority[] = "3467";
	static int fd = -1;
	char text[2 * LINE_BYTES];
	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len = snprintf(
		text, sizeof(text),
		"PRIORITY=%c\nSYSLOG_IDENTIFIER=%s\nGUEST=%s\nDOMID=%u\n%s%s%sMESSAGE=%s\n",
		priority[level], program_name, subject->guest, subject->domid,
		subject->reason ? "REASON=" : "", subject->reason ? subject->reason : "",
		subject->reason ? "\n" : "", line);
	if (fd < 0 || len >= (int)sizeof(text) || strchr(line, '\n'))
		return false;
	return sendto(fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)&journal, sizeof(journal)) == len;
}

void log_about(const struct log_subject *subject, enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	char line[LINE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	bool is_logged = !is_silent && (level != LOG_LEVEL_DEBUG || is_verbose);
	if (is_logged && !(is_to_journal && tell_journal(subject, level, line)))
		log_line(level, "%s", line);
	errno = saved_errno;
}

/* --- a stream that is logged --- */

struct log_stream {
	enum log_level level;
	size_t len;
	char line[LINE_BYTES];
};

static void log_rest(struct log_stream *stream)
{
	if (stream->len)
		log_line(stream->level, "%.*s", (int)stream->len, stream->line);
	stream->len = 0;
}

static ssize_t write_stream(void *cookie, const char *text, size_t len)
{
	struct log_stream *stream = cookie;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || stream->len == sizeof(stream->line) - 1)
			log_rest(stream);
		if (text[i] != '\n')
			stream->line[stream->len++] = text[i];
	}
	return (ssize_t)len;
}

static int close_stream(void *cookie)
{
	log_rest(cookie);
	free(cookie);
	return 0;
}

FILE *log_open_stream(enum log_level level)
{
	struct log_stream *stream = calloc(1, sizeof(*stream));
	if (!stream)
		return stderr;
	stream->level = level;
	FILE *file = fopencookie(
		stream, "w", (cookie_io_functions_t){.write = write_stream, .close = close_stream});
	if (!file) {
		free(stream);
		return stderr;
	}
	setvbuf(file, NULL, _IOLBF, 0);
	return file;
}

void log_close_stream(FILE *stream)
{
	if (stream != stderr)
		fclose(stream);
}
