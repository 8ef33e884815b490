/* SPDX-License-Identifier: MIT */
/* What Xen says of its domains, and how much of it is heard: the calls of libxenctrl are played. */
#include "host/xen/hypervisor.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <string.h>
#include <xenctrl.h>

enum { BOUND = 10000, ASKED_MOST = 1024 };

static struct {
	unsigned n_domains, step; /* domids are 0, step, 2 * step and so on */
	unsigned n_calls, fails_at;
	uint32_t flags; /* of each domain */
} xen;

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild,
				unsigned flags)
{
	(void)logger;
	(void)dombuild;
	(void)flags;
	return (xc_interface *)&xen;
}

int xc_interface_close(xc_interface *xc)
{
	(void)xc;
	return 0;
}

int xc_version(xc_interface *xc, int cmd, void *arg)
{
	(void)xc;
	(void)cmd;
	memset(arg, 'x', sizeof(xen_commandline_t));
	return 0;
}

int xc_domain_getinfolist(xc_interface *xc, uint32_t first, unsigned most, xc_domaininfo_t *info)
{
	(void)xc;
	unsigned n = 0;
	ck_assert_uint_le(most, ASKED_MOST); /* more is refused by some kernels */
	if (++xen.n_calls == xen.fails_at) {
		errno = EFAULT;
		return -1;
	}
	for (unsigned i = (first + xen.step - 1) / xen.step; i < xen.n_domains && n < most; i++) {
		info[n] = (xc_domaininfo_t){
			.domain = (domid_t)(i * xen.step), .tot_pages = i, .flags = xen.flags};
		n++;
	}
	return (int)n;
}

static struct hypervisor *open_with(unsigned n_domains, unsigned step)
{
	struct hypervisor *h;
	memset(&xen, 0, sizeof(xen));
	xen.n_domains = n_domains;
	xen.step = step;
	ck_assert_int_eq(hypervisor_open(BOUND, &h), 0);
	return h;
}

static const struct {
	unsigned n_domains, step;
} hosts[] = {{1, 1},    {2, 7},    {1023, 1}, {1024, 1}, {1025, 1}, {1025, 3},
	     {2047, 2}, {2048, 1}, {2049, 5}, {9999, 3}, {10000, 1}};

START_TEST(every_domain_is_heard_of_once)
{
	const struct hypervisor_domain *domain;
	struct hypervisor *h = open_with(hosts[_i].n_domains, hosts[_i].step);
	ck_assert_int_eq(hypervisor_domains(h, &domain), (int)hosts[_i].n_domains);
	for (unsigned i = 0; i < hosts[_i].n_domains; i++) {
		ck_assert_uint_eq(domain[i].domid, i * hosts[_i].step);
		ck_assert_uint_eq(domain[i].alm_kib, i * UINT64_C(4));
	}
	hypervisor_close(h);
}
END_TEST

START_TEST(more_domains_than_there_is_room_for_are_an_error)
{
	const struct hypervisor_domain *domain;
	struct hypervisor *h = open_with(BOUND + 1 + (unsigned)_i, 1);
	ck_assert_int_eq(hypervisor_domains(h, &domain), -E2BIG);
	hypervisor_close(h);
}
END_TEST

/* A list that ends in the middle would say that guests are gone. */
START_TEST(a_list_that_fails_half_way_is_none)
{
	const struct hypervisor_domain *domain;
	struct hypervisor *h = open_with(3000, 1);
	xen.fails_at = 1 + (unsigned)_i;
	ck_assert_int_eq(hypervisor_domains(h, &domain), -EFAULT);
	hypervisor_close(h);
}
END_TEST

START_TEST(xens_command_line_ends)
{
	struct hypervisor *h = open_with(1, 1);
	ck_assert_uint_eq(strlen(hypervisor_options(h)), 255);
	hypervisor_close(h);
}
END_TEST

static const struct {
	uint32_t flags;
	bool is_paused, is_dying, may_return;
} states[] = {
	{0, false, false, false},
	{XEN_DOMINF_running, false, false, false},
	{XEN_DOMINF_paused, true, false, false},
	{XEN_DOMINF_dying, false, true, false},
	{XEN_DOMINF_dying | SHUTDOWN_reboot << XEN_DOMINF_shutdownshift, false, true, false},
	{XEN_DOMINF_shutdown, false, true, false},
	{XEN_DOMINF_shutdown | SHUTDOWN_suspend << XEN_DOMINF_shutdownshift, false, true, false},
	{XEN_DOMINF_shutdown | SHUTDOWN_reboot << XEN_DOMINF_shutdownshift, false, true, true},
	{XEN_DOMINF_shutdown | SHUTDOWN_crash << XEN_DOMINF_shutdownshift, false, true, true},
	{XEN_DOMINF_shutdown | SHUTDOWN_watchdog << XEN_DOMINF_shutdownshift, false, true, true},
	{XEN_DOMINF_shutdown | SHUTDOWN_soft_reset << XEN_DOMINF_shutdownshift, false, true, false},
};

START_TEST(a_domains_state_is_xens_word)
{
	const struct hypervisor_domain *domain;
	struct hypervisor *h = open_with(1, 1);
	xen.flags = states[_i].flags;
	ck_assert_int_eq(hypervisor_domains(h, &domain), 1);
	ck_assert_int_eq(domain->is_paused, states[_i].is_paused);
	ck_assert_int_eq(domain->is_dying, states[_i].is_dying);
	ck_assert_int_eq(domain->may_return, states[_i].may_return);
	hypervisor_close(h);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, every_domain_is_heard_of_once, 0, N_ROWS(hosts));
	tcase_add_loop_test(tests, more_domains_than_there_is_room_for_are_an_error, 0, 3);
	tcase_add_loop_test(tests, a_list_that_fails_half_way_is_none, 0, 3);
	tcase_add_test(tests, xens_command_line_ends);
	tcase_add_loop_test(tests, a_domains_state_is_xens_word, 0, N_ROWS(states));
}

int main(void)
{
	return suite_run("hypervisor", add_tests);
}
