/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/played_host.h"

#include "common/amount.h"
#include "common/system/log.h"
#include "tests/fuzz/fuzz.h"

#define MIB UINT64_C(1024)

static uint64_t now_ms;

struct engine *played_host_begin(struct played *p)
{
	struct config config;
	*p = (struct played){.host = {.total_kib = PLAYED_HOST_MIB * MIB, .free_kib = 300 * MIB}};
	for (unsigned i = 0; i + 1 < PLAYED_HOST_GUESTS; i++)
		played_add(p, 400 * MIB, 200 * MIB);
	played_add_plain(p, 400 * MIB);
	struct io io = played_io(p);
	log_silence(true);
	config_init(&config);
	config.max_guests = PLAYED_HOST_GUESTS;
	now_ms = 1000000;
	struct engine *engine = engine_open(&config, &(struct engine_options){0}, &io);
	fuzz_check(engine != NULL);
	return engine;
}

static void move(struct played *p, struct played_guest *g, uint64_t most_kib)
{
	if (g->target_kib < g->alm_kib) {
		uint64_t kib = amount_min(g->alm_kib - g->target_kib, most_kib);
		g->alm_kib -= kib;
		p->host.free_kib += kib;
	} else {
		uint64_t kib = amount_min(g->target_kib - g->alm_kib, most_kib);
		kib = amount_min(kib, amount_less(g->cap_kib, g->alm_kib));
		fuzz_check(kib <= p->host.free_kib);
		g->alm_kib += kib;
		p->host.free_kib -= kib;
	}
}

void played_host_turn(struct played *p, struct engine *engine, uint64_t ms, uint64_t move_kib)
{
	enum { TURNS = 4 };
	now_ms += ms;
	for (unsigned i = 0; i < p->n; i++)
		move(p, &p->guest[i], move_kib / 4 * 4);
	for (unsigned i = 0; i < TURNS && engine_wake_ms(engine) <= now_ms; i++) {
		p->n_effects = 0;
		engine_turn(engine, now_ms);
	}
}

void played_host_end(struct engine *engine)
{
	fuzz_check(engine_counts(engine).cuts == 0);
	engine_close(engine);
}
