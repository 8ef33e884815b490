/* SPDX-License-Identifier: MIT */
#include "host/ctl/client.h"

#include "host/control/control.h"
#include "host/ctl/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *connection;
static char why[512];

const char *client_why(void)
{
	return why;
}

static enum client_failure __attribute__((format(printf, 2, 3)))
fail(enum client_failure failure, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (connection)
		fclose(connection);
	connection = NULL;
	return failure;
}

static enum client_failure open_connection(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};
	struct timeval wait = {.tv_sec = CLIENT_WAIT_MS / 1000};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(CLIENT_BROKEN, "no socket can be made: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;
		close(fd);
		if (error == ENOENT || error == ECONNREFUSED)
			return fail(CLIENT_NO_DAEMON,
				    "no cagmad runs here (systemctl start cagmad)");
		if (error == EACCES)
			return fail(CLIENT_DENIED,
				    "only root and the members of the group %s may ask cagmad",
				    CONTROL_GROUP);
		return fail(CLIENT_BROKEN, "cagmad cannot be reached at " CONTROL_PATH ": %s",
			    strerror(error));
	}
	connection = fdopen(fd, "r+");
	if (connection)
		return CLIENT_FINE;
	close(fd);
	return fail(CLIENT_BROKEN, "there is no memory");
}

static enum client_failure exchange(struct json_object *request, struct json_object **ret_answer)
{
	char *line = NULL;
	size_t size = 0;
	fprintf(connection, "%s\n",
		json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN));
	errno = 0;
	ssize_t len = fflush(connection) == 0 ? getline(&line, &size, connection) : -1;
	*ret_answer = len > 0 ? json_tokener_parse(line) : NULL;
	free(line);
	if (json_object_is_type(*ret_answer, json_type_object))
		return CLIENT_FINE;
	json_object_put(*ret_answer);
	if (len < 0 && errno == EAGAIN)
		return fail(CLIENT_BROKEN, "cagmad does not answer; its log may say why "
					   "(journalctl -u cagmad)");
	return fail(CLIENT_BROKEN, len < 0 ? "cagmad has closed the connection; this user may not "
					     "ask it, or it has ended"
					   : "cagmad's answer cannot be read: is it of another "
					     "version? (cagmad --version)");
}

struct json_object *client_request(const char *ask)
{
	struct json_object *request = json_object_new_object();
	json_object_object_add(request, "version", json_object_new_int(CONTROL_VERSION));
	json_object_object_add(request, "ask", json_object_new_string(ask));
	return request;
}

struct json_object *client_try(struct json_object *request, enum client_failure *ret_failure)
{
	struct json_object *answer = NULL;
	enum client_failure failure = connection ? CLIENT_FINE : open_connection();
	if (failure == CLIENT_FINE)
		failure = exchange(request, &answer);
	json_object_put(request);
	const char *error = failure == CLIENT_FINE ? json_record_word(answer, "error", NULL) : NULL;
	if (error) {
		failure = CLIENT_REFUSED;
		snprintf(why, sizeof(why), "%s", error);
		json_object_put(answer);
	}
	*ret_failure = failure;
	return failure == CLIENT_FINE ? answer : NULL;
}

struct json_object *client_ask(struct json_object *request)
{
	enum client_failure failure;
	struct json_object *answer = client_try(request, &failure);
	if (!answer)
		output_failed("%s", why);
	return answer;
}

bool client_each_guest(void (*take)(void *arg, struct json_object *guest), void *arg)
{
	uint64_t from = 0;
	bool is_last = false;
	while (!is_last) {
		struct json_object *request = client_request("list"), *guests;
		json_object_object_add(request, "from", json_object_new_uint64(from));
		struct json_object *answer = client_ask(request);
		if (!answer)
			return false;
		size_t n = json_object_object_get_ex(answer, "guests", &guests) &&
					   json_object_is_type(guests, json_type_array)
				   ? json_object_array_length(guests)
				   : 0;
		for (size_t i = 0; i < n; i++)
			take(arg, json_object_array_get_idx(guests, i));
		uint64_t next = json_record_number(answer, "next", 0);
		is_last = next <= from;
		from = next;
		json_object_put(answer);
	}
	return true;
}
