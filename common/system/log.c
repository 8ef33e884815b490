/* SPDX-License-Identifier: MIT */
#include "common/system/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_BYTES = 512 };

static const char *program_name = "cagma";
static bool is_verbose;
static bool is_to_journal;
static bool is_silent;

void log_init(const char *program, bool verbose)
{
	program_name = program;
	is_verbose = verbose;
	is_to_journal = getenv("JOURNAL_STREAM") != NULL;
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

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const journal[] = {"<3>", "<4>", "<6>", "<7>"};
	static const char *const terminal[] = {"error: ", "warning: ", "", ""};
	int saved_errno = errno;
	char line[LINE_BYTES];
	va_list args;

	if (is_silent || (level == LOG_LEVEL_DEBUG && !is_verbose))
		return;
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
