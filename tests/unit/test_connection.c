/* SPDX-License-Identifier: MIT */
/* What the real libxenstore says over a socket whose other end answers, breaks off or closes. */
#include "common/connection.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>
#include <xen/io/xs_wire.h>

/* What xenstored does with a request, once it has answered a watch. */
enum deed {
	ANSWER,
	CLOSE,           /* before there is a request */
	READ_THEN_CLOSE, /* without an answer */
	CLOSE_UNREAD,    /* while the request waits to be read */
	HALF_A_HEAD,     /* of the answer, then close */
	HALF_A_BODY,
	ANOTHER_TYPE,
	TOO_LONG,
};

static const struct {
	const char *what;
	enum deed deed;
	const char *answer; /* an error's name */
	int error;
} ways[] = {
	{"no such key", ANSWER, "ENOENT", ENOENT},
	{"no right", ANSWER, "EACCES", EACCES},
	{"the quota is used up", ANSWER, "ENOSPC", ENOSPC},
	{"a transaction to be tried again", ANSWER, "EAGAIN", EAGAIN},
	{"xenstored's database fails", ANSWER, "EIO", EIO},
	{"xenstored has no memory", ANSWER, "ENOMEM", ENOMEM},
	{"xenstored is gone", CLOSE, NULL, 0},
	{"it goes without an answer", READ_THEN_CLOSE, NULL, 0},
	{"it goes without reading", CLOSE_UNREAD, NULL, 0},
	{"it goes within an answer's head", HALF_A_HEAD, NULL, 0},
	{"it goes within an answer", HALF_A_BODY, NULL, 0},
	{"it answers something else", ANOTHER_TYPE, NULL, 0},
	{"it sends nonsense", TOO_LONG, NULL, 0},
};

/* --- the other end ------------------------------------------------------------------ */

static void send_part(int fd, uint32_t type, const char *body, uint32_t len, size_t bytes)
{
	char message[sizeof(struct xsd_sockmsg) + 64] = "";
	struct xsd_sockmsg head = {.type = type, .len = len};
	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), body, strlen(body) + 1);
	if (send(fd, message, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
		_exit(1);
}

static void answer(int fd, uint32_t type, const char *body)
{
	uint32_t len = (uint32_t)strlen(body) + 1;
	send_part(fd, type, body, len, sizeof(struct xsd_sockmsg) + len);
}

static bool read_request(int fd, struct xsd_sockmsg *ret_head)
{
	char body[XENSTORE_PAYLOAD_MAX];
	return recv(fd, ret_head, sizeof(*ret_head), MSG_WAITALL) == (ssize_t)sizeof(*ret_head) &&
	       recv(fd, body, ret_head->len, MSG_WAITALL) == (ssize_t)ret_head->len;
}

static void answer_badly(int fd, enum deed deed, uint32_t type)
{
	static const char body[] = "a value";
	size_t head_bytes = sizeof(struct xsd_sockmsg);
	if (deed == HALF_A_HEAD)
		send_part(fd, type, body, sizeof(body), head_bytes / 2);
	else if (deed == HALF_A_BODY)
		send_part(fd, type, body, sizeof(body), head_bytes + 2);
	else if (deed == ANOTHER_TYPE)
		answer(fd, XS_RM, body);
	else if (deed == TOO_LONG)
		send_part(fd, type, body, UINT32_MAX, head_bytes);
}

static void serve(int fd, int way)
{
	struct xsd_sockmsg head;
	char byte;
	if (ways[way].deed == CLOSE_UNREAD) {
		recv(fd, &byte, 1, MSG_PEEK);
	} else if (ways[way].deed != CLOSE && read_request(fd, &head)) {
		answer_badly(fd, ways[way].deed, head.type);
		if (ways[way].answer)
			answer(fd, XS_ERROR, ways[way].answer);
	}
	while (ways[way].deed == ANSWER && read_request(fd, &head))
		answer(fd, head.type, "a value");
}

/* A process that serves one connection on this socket. */
static pid_t start(const char *path, int way, bool has_watch)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct xsd_sockmsg head;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		if (has_watch && read_request(fd, &head))
			answer(fd, head.type, "OK");
		serve(fd, way);
		_exit(0);
	}
	close(listener);
	return pid;
}

/* --- this end ---------------------------------------------------------------------- */

static int error_of(struct xs_handle *xs)
{
	errno = 0;
	void *value = xs_read(xs, XBT_NULL, "key", NULL);
	int error = value ? 0 : errno;
	free(value);
	return error;
}

/* With a watch, libxenstore has a thread that reads; without, the caller reads. */
START_TEST(a_loss_is_told_from_an_answer)
{
	char dir[] = "/tmp/test-connection-XXXXXX", path[64];
	bool has_watch = _i % 2;
	int way = _i / 2;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	pid_t pid = start(path, way, has_watch);
	setenv("XENSTORED_PATH", path, 1);
	struct xs_handle *xs = xs_open(0);
	ck_assert_ptr_nonnull(xs);
	if (has_watch)
		ck_assert(xs_watch(xs, "key", "token"));
	if (ways[way].deed == CLOSE)
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	int first = error_of(xs), second = error_of(xs);
	if (ways[way].deed == ANSWER) {
		ck_assert_msg(first == ways[way].error && !connection_is_lost(first), "%s: %s",
			      ways[way].what, strerror(first));
		ck_assert_int_eq(second, 0);
	} else {
		ck_assert_msg(connection_is_lost(first) || ways[way].deed == TOO_LONG,
			      "%s: at first %s", ways[way].what, strerror(first));
		ck_assert_msg(connection_is_lost(second), "%s: then %s", ways[way].what,
			      strerror(second));
	}
	if (has_watch && ways[way].deed != ANSWER) {
		ck_assert_ptr_null(xs_check_watch(xs));
		ck_assert(connection_is_lost(errno));
	}
	xs_close(xs);
	unlink(path);
	rmdir(dir);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_loss_is_told_from_an_answer, 0, 2 * N_ROWS(ways));
}

int main(void)
{
	return suite_run("connection", add_tests);
}
