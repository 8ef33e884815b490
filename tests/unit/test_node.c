/* SPDX-License-Identifier: MIT */
/* A host's word as a node of a cluster: what is known of its guests, and what is waited for. */
#include "host/engines/node.h"
#include "tests/unit/suite.h"

#include <stdio.h>

#define MIB UINT64_C(1024)

/* A guest that holds 4096 MiB; a lasting want of 0 is not known. */
static struct told_guest guest(const char *name, const char *state, uint64_t lasting_mib)
{
	struct told_guest g = {.alm_kib = 4096 * MIB, .lasting_kib = lasting_mib * MIB};
	snprintf(g.name, sizeof(g.name), "%s", name);
	snprintf(g.state, sizeof(g.state), "%s", state);
	g.present = TOLD_GUEST_BIT(name) | TOLD_GUEST_BIT(state) | TOLD_GUEST_BIT(alm_kib);
	if (lasting_mib)
		g.present |= TOLD_GUEST_BIT(lasting_kib);
	return g;
}

/* One guest beside a resource of the cluster. */
static const struct {
	const char *what, *name, *state;
	uint64_t lasting_mib;
	bool is_known, is_settling;
	uint64_t need_mib;
} rows[] = {
	{"it needs its lasting want", "db", "managed", 700, true, false, 700},
	{"that is waited for", "db", "managed", 0, false, true, 0},
	{"also if it has no agent", "db", "no-agent", 0, false, true, 0},
	{"a paused one may stay so, and needs what it holds", "db", "paused", 0, true, false, 4096},
	{"so does one that libxl refuses", "db", "libxl-failed", 0, true, false, 4096},
	{"one that migrates keeps its want", "db", "migrating", 700, true, false, 700},
	{"one that comes is counted by the cluster", "db--incoming", "building", 0, true, false, 0},
	{"so is the rest of one that left", "db--migratedaway", "paused", 0, true, false, 0},
};

START_TEST(what_is_beside_the_cluster_is_waited_for)
{
	struct told_guest all[] = {guest("web", "managed", 512),
				   guest(rows[_i].name, rows[_i].state, rows[_i].lasting_mib)};
	const struct told_guest *own[] = {&all[0]};
	struct node n = {.name = "n1", .n = 2, .guest = all};
	uint64_t kib = 7;
	bool is_known = node_others_need_kib(&n, own, 1, &kib);
	ck_assert_msg(is_known == rows[_i].is_known, "%s", rows[_i].what);
	ck_assert_msg(kib == (is_known ? rows[_i].need_mib * MIB : 7), "%s: %llu KiB",
		      rows[_i].what, (unsigned long long)kib);
	ck_assert_msg(node_is_settling(&n) == rows[_i].is_settling, "%s", rows[_i].what);
}
END_TEST

/* A resource keeps its own figure, so the node's need not wait for it. */
START_TEST(a_resource_is_not_waited_for)
{
	struct told_guest all[] = {guest("web", "managed", 0), guest("db", "managed", 700)};
	const struct told_guest *own[] = {&all[0]};
	struct node n = {.name = "n1", .n = 2, .guest = all};
	uint64_t kib;
	ck_assert(node_others_need_kib(&n, own, 1, &kib));
	ck_assert_uint_eq(kib, 700 * MIB);
	ck_assert(node_is_settling(&n));
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, what_is_beside_the_cluster_is_waited_for, 0, N_ROWS(rows));
	tcase_add_test(tests, a_resource_is_not_waited_for);
}

int main(void)
{
	return suite_run("node", add_tests);
}
