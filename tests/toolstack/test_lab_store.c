/* SPDX-License-Identifier: MIT */
/* Requests with which a guest tries xenstore's limits, and many clients on one ring. */
#include "test_lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

/* --- what a guest may do --- */

static const struct {
	const char *path;
	bool may_write;
} keys[] = {
	{"data/x", true},         {"data/cagma/report", true}, {"control/shutdown", true},
	{"memory/target", false}, {"memory/foo", false},       {"foo", false},
	{"name", false},          {"cagma/state", false},      {"/local/domain/0/name", false},
	{"/vm", false},           {"/tool/x", false},
};

START_TEST(test_guest_permissions)
{
	struct xs_handle *xs = lab_guest_xs_open(guest);
	struct lab_guest_options options = plain_guest("b");
	struct lab_guest *other;
	struct xs_handle *other_xs;
	char path[64];
	size_t i;

	ck_assert_ptr_nonnull(xs);
	for (i = 1; i < sizeof keys / sizeof keys[0]; i++)
		ck_assert_msg(can_write(xs, keys[i].path, 1) == keys[i].may_write, "%s",
			      keys[i].path);
	ck_assert(can_read(xs, "memory/target"));
	ck_assert(!can_read(xs, "/libxl/1/type"));
	must(lab_guest_boot(lab, &options, &other));
	other_xs = lab_guest_xs_open(other);
	snprintf(path, sizeof path, "/local/domain/%u/data/x", lab_guest_domid(guest));
	ck_assert(!can_read(other_xs, path));
	ck_assert(!can_write(other_xs, path, 1));
	xs_close(other_xs);
	xs_close(xs);
}
END_TEST

START_TEST(test_guest_quotas)
{
	struct xs_handle *xs = lab_guest_xs_open(guest);
	char path[64];
	int i, done = 0;

	ck_assert(can_write(xs, "data/big", 1900));
	ck_assert(!can_write(xs, "data/big", 2049));
	/* oxenstored's limit is dom0's too */
	ck_assert(can_write(lab_store(lab), "/local/domain/0/big", 3000) ==
		  !lab_store_is_oxenstored());
	for (i = 0; i < 1100; i++) {
		snprintf(path, sizeof path, "data/many/%d", i);
		done += can_write(xs, path, 1);
	}
	ck_assert_int_gt(done, 100);
	ck_assert_int_lt(done, 1000);
	/* Above 4096 bytes with its header a message does not fit the kernel's buffer. */
	ck_assert(!can_write(xs, "data/big", 4080));
	xs_close(xs);
	xs = lab_guest_xs_open(guest);
	ck_assert(can_write(xs, "data/big", 10));
	xs_close(xs);
}
END_TEST

/* --- clients of one ring --- */

static int raw_client(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char root[80];

	lab_guest_root(guest, root, sizeof root);
	snprintf(addr.sun_path, sizeof addr.sun_path, "%s/%s", root, SIMGUEST_BUS);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

static bool no_clients(void *arg)
{
	(void)arg;
	return stats_of(guest).clients == 0;
}

START_TEST(test_clients_come_and_go)
{
	struct xsd_sockmsg head = {.type = XS_READ, .req_id = 7, .len = 14};
	struct xs_handle *xs;
	int i, fd;

	for (i = 0; i < 20; i++) {
		/* One vanishes in a message, one in a transaction with a watch, one in the
		 * reply. */
		fd = raw_client();
		ck_assert_int_eq((int)write(fd, &head, (size_t)(i % 2 ? 10 : 16)), i % 2 ? 10 : 16);
		close(fd);
		xs = lab_guest_xs_open(guest);
		ck_assert(xs_transaction_start(xs) != XBT_NULL);
		ck_assert(xs_watch(xs, "data", "token"));
		xs_close(xs);
		fd = raw_client();
		ck_assert_int_eq((int)write(fd, &head, sizeof head), (int)sizeof head);
		ck_assert_int_eq((int)write(fd, "memory/target", 14), 14);
		close(fd);
	}
	ck_assert(lab_wait(no_clients, NULL, SOON_MS));
	xs = lab_guest_xs_open(guest);
	ck_assert(can_write(xs, "data/x", 1));
	/* Transactions of the vanished are gone: the quota is 10, and xenstored gives one more. */
	for (i = 0; i < 20 && xs_transaction_start(xs) != XBT_NULL; i++)
		;
	ck_assert_int_eq(i, 11);
	xs_close(xs);
}
END_TEST

START_TEST(test_clients_share_the_ring)
{
	struct xs_handle *one = lab_guest_xs_open(guest), *two = lab_guest_xs_open(guest);
	xs_transaction_t tx;
	char **spurious;

	ck_assert(xs_watch(one, "data/a", "same"));
	ck_assert(xs_watch(two, "data/b", "same"));
	ck_assert(!xs_watch(two, "data/b", "same"));
	ck_assert(event_is(one, "data/a", "same"));
	ck_assert(event_is(two, "data/b", "same"));
	ck_assert(can_write(two, "data/a", 3));
	ck_assert(event_is(one, "data/a", "same"));
	spurious = xs_check_watch(two);
	ck_assert_ptr_null(spurious);
	tx = xs_transaction_start(one);
	ck_assert(!xs_write(two, tx, "data/a", "x", 1)); /* not its own */
	ck_assert_int_eq(errno, ENOENT);
	ck_assert(xs_transaction_end(one, tx, false));
	ck_assert(xs_unwatch(one, "data/a", "same"));
	ck_assert(!xs_unwatch(one, "data/a", "same"));
	xs_close(one);
	ck_assert(can_write(two, "data/b", 3));
	ck_assert(event_is(two, "data/b", "same"));
	xs_close(two);
}
END_TEST

TCase *store_case(void)
{
	TCase *tcase = tcase_create("store");

	tcase_add_checked_fixture(tcase, guest_setup, lab_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_guest_permissions);
	tcase_add_test(tcase, test_guest_quotas);
	tcase_add_test(tcase, test_clients_come_and_go);
	tcase_add_test(tcase, test_clients_share_the_ring);
	return tcase;
}
