/* SPDX-License-Identifier: MIT */
/* A guest that reboots: what it has a right to before it reports, and what it gives back. */
#include "tests/unit/suite.h"
#include "tests/unit/wishful.h"

static struct played_guest *hog, *victim;

static void open_engine(uint64_t free_mib)
{
	struct config config;
	struct io io = played_io(&world);
	world.host.free_kib = free_mib * MIB;
	config_init(&config);
	engine = engine_open(&config, &(struct engine_options){0}, &io);
	ck_assert_ptr_nonnull(engine);
}

static struct played_guest *add_built(uint64_t alm_mib, uint64_t avail_mib, uint64_t built_mib)
{
	struct played_guest *g =
		&world.guest[played_add(&world, alm_mib * MIB, avail_mib * MIB) - 1];
	g->built =
		(struct toolkeys_built){.built_kib = built_mib * MIB, .max_kib = g->static_max_kib};
	return g;
}

/* The domain shuts down to reboot, and another one comes, with what it had been told last. It has
 * no agent. `lingers`: the old domain is still there for a while. */
static struct played_guest *reboot(struct played_guest *g, bool lingers, uint64_t now_ms)
{
	uint32_t old_domid = (uint32_t)(g - world.guest) + 1;
	g->is_shut_down = g->reboots = true;
	wishful_turn(now_ms);
	g->is_torn_down = lingers;
	g->is_gone = !lingers;
	wishful_turn(now_ms + PERIOD_MS);
	struct played_guest *back = &world.guest[played_add_plain(&world, g->target_kib) - 1];
	back->is_of = g->is_of ? g->is_of : old_domid;
	wishful_turn(now_ms + 2 * PERIOD_MS);
	g->is_gone = true;
	wishful_turn(now_ms + 3 * PERIOD_MS);
	return back;
}

/* A hog that was built with 200 MiB has borrowed 384 from one that was built with 500, needs them
 * now, and has none. */
static void lend(void)
{
	victim = add_built(300, 4, 500);
	hog = add_built(584, 4, 200);
	open_engine(64);
	wishful_turn(START_MS);
}

START_TEST(who_boots_again_gives_back_what_it_was_lent)
{
	lend();
	const struct played_guest *first = hog;
	hog = reboot(hog, _i % 2, START_MS + PERIOD_MS);
	if (_i >= 2) /* time and again */
		hog = reboot(hog, _i % 2, START_MS + 5 * PERIOD_MS);
	ck_assert_str_eq(hog->state, "booting");
	played_report(&world, (uint32_t)(victim - world.guest) + 1, 2 * MIB, 2);
	wishful_turn(START_MS + 10 * PERIOD_MS);
	ck_assert_uint_le(hog->target_kib, (584 - 40) * MIB);
	ck_assert_uint_ge(hog->target_kib, 200 * MIB);
	ck_assert_uint_eq(first->built.built_kib, 200 * MIB);
}
END_TEST

/* It had given what it did not need, or was lent some: it is to boot with what it was first built
 * with, if the host has that, and with no more by right. */
static const struct {
	uint64_t alm_mib, built_mib;
} lives[] = {{300, 400}, {384, 400}, {600, 400}};

START_TEST(who_boots_again_has_what_it_was_first_built_with)
{
	struct played_guest *guest = add_built(lives[_i].alm_mib, 100, lives[_i].built_mib);
	open_engine(1024);
	wishful_turn(START_MS);
	for (unsigned life = 1; life <= 3; life++) {
		uint64_t had_kib = guest->target_kib;
		uint64_t most_kib = had_kib > 400 * MIB ? had_kib : 400 * MIB;
		guest = reboot(guest, false, START_MS + life * 10 * PERIOD_MS);
		ck_assert_str_eq(guest->state, "booting");
		ck_assert_uint_ge(guest->target_kib, most_kib - 2 * MIB);
		ck_assert_uint_le(guest->target_kib, most_kib);
	}
	ck_assert_uint_eq(world.guest[0].built.built_kib, lives[_i].built_mib * MIB);
}
END_TEST

/* xl builds it anew with the target, however much of it the guest had taken by then. */
START_TEST(who_grows_when_it_reboots_finds_its_target)
{
	enum { MORE_MIB = 200 };
	struct played_guest *g = add_built(400, 100, 400);
	world.host.free_kib = 500 * MIB;
	wishful_begin();
	wish.action[wish.n_actions++] = (struct action){0, (400 + MORE_MIB) * MIB, REASON_NEED};
	wishful_turn(START_MS);
	wish.n_actions = 0;
	ck_assert_uint_eq(g->target_kib, (400 + MORE_MIB) * MIB);
	ck_assert_uint_eq(g->alm_kib, 400 * MIB);
	g->is_shut_down = g->reboots = true;
	wishful_turn(START_MS + PERIOD_MS);
	ck_assert_uint_eq(engine_state(engine).host->rebooting_kib, MORE_MIB * MIB);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_checked_fixture(tests, wishful_set_up, wishful_tear_down);
	tcase_add_loop_test(tests, who_boots_again_gives_back_what_it_was_lent, 0, 4);
	tcase_add_loop_test(tests, who_boots_again_has_what_it_was_first_built_with, 0,
			    N_ROWS(lives));
	tcase_add_test(tests, who_grows_when_it_reboots_finds_its_target);
}

int main(void)
{
	return suite_run("booting", add_tests);
}
