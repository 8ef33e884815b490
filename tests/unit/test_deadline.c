/* SPDX-License-Identifier: MIT */
/* No operation on xenstore waits for ever, and many short ones may take long together: deadline.h.
 */
#include "host/xen/deadline.h"

#include "common/system/clock.h"
#include "tests/unit/suite.h"

#include <sys/socket.h>
#include <unistd.h>

/* Nobody ever writes to the other end. */
static struct deadline_sockets sockets_of(int pair[2])
{
	struct deadline_sockets sockets = {{-1, -1, -1, -1}};
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	sockets.fd[0] = pair[0];
	return sockets;
}

/* An operation that waits for an answer, as libxenstore does. Returns how long it took. */
static uint64_t wait_in_vain_ms(const struct deadline_sockets *sockets)
{
	char byte;
	uint64_t start_ms = clock_monotonic_ms();
	deadline_begin(sockets);
	while (read(sockets->fd[0], &byte, 1) < 0)
		;
	deadline_end();
	return clock_monotonic_ms() - start_ms;
}

START_TEST(an_operation_that_waits_is_ended)
{
	int pair[2];
	struct deadline_sockets sockets = sockets_of(pair);
	uint64_t ms = wait_in_vain_ms(&sockets);
	ck_assert(deadline_was_missed());
	ck_assert_uint_ge(ms, DEADLINE_MS - 100);
}
END_TEST

START_TEST(short_operations_may_take_long_together)
{
	int pair[2];
	struct deadline_sockets sockets = sockets_of(pair);
	uint64_t start_ms = clock_monotonic_ms();
	deadline_hold();
	while (clock_monotonic_ms() < start_ms + DEADLINE_MS + 1000) {
		deadline_begin(&sockets);
		usleep(200000);
		deadline_end();
		ck_assert(!deadline_was_missed());
	}
	/* and one that waits behind them has a deadline of its own */
	uint64_t ms = wait_in_vain_ms(&sockets);
	deadline_release();
	ck_assert(deadline_was_missed());
	ck_assert_uint_ge(ms, DEADLINE_MS - 100);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, an_operation_that_waits_is_ended);
	tcase_add_test(tests, short_operations_may_take_long_together);
}

int main(void)
{
	return suite_run("deadline", add_tests);
}
