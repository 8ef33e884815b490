/* SPDX-License-Identifier: MIT */
/*
 * Scenarios, as each of their three players reads them. What the simulator takes stays within its
 * limits, and each of its guests can be made.
 */
#include "host/sim/scenario.h"

#include "tests/fuzz/fuzz.h"

#include <math.h>

enum { MOST_MADE = 8 };

static void check_guest(const struct sim_guest_config *guest)
{
	fuzz_check(isfinite(guest->memory_kib) && guest->memory_kib > 0);
	fuzz_check(guest->min_kib <= guest->max_kib && guest->weight);
	fuzz_check(isfinite(sim_demand_kib_at(&guest->demand, 0)));
	fuzz_check(isfinite(sim_demand_kib_at(&guest->demand, 100000)));
	sim_scenario_is_stuck(guest, 12.5);
}

static void check_scenario(const struct sim_scenario *scenario)
{
	struct sim_guest_config guest;
	fuzz_check(scenario->n_guests && scenario->n_guests <= SIM_SCENARIO_GUESTS);
	fuzz_check(scenario->n_sections <= SIM_SCENARIO_SECTIONS);
	for (unsigned i = 0; i < scenario->n_guests && i < MOST_MADE; i++) {
		sim_scenario_guest(scenario, i, i, &guest);
		check_guest(&guest);
	}
	sim_scenario_guest(scenario, scenario->n_guests - 1, UINT64_MAX, &guest);
	check_guest(&guest);
}

void fuzz_scenario(struct text text)
{
	static struct sim_scenario scenario;
	for (unsigned player = 0; player < GRAMMAR_PLAYERS; player++) {
		struct grammar_reader reader = {.player = (enum grammar_player)player};
		struct grammar_statement statement;
		struct text rest = text, line;
		char wrong[GRAMMAR_WRONG];
		const char *why = NULL;
		sim_scenario_begin(&scenario);
		while (!why && text_cut(&rest, '\n', &line)) {
			why = grammar_read(&reader, line, &statement);
			if (!why && player == GRAMMAR_BY_SIMULATOR)
				why = sim_scenario_take(&scenario, &statement);
		}
		if (!why && player == GRAMMAR_BY_SIMULATOR && sim_scenario_end(&scenario, wrong))
			check_scenario(&scenario);
	}
}
