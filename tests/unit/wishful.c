/* SPDX-License-Identifier: MIT */
#include "tests/unit/wishful.h"

#include "common/system/log.h"
#include "tests/unit/suite.h"

#include <string.h>

struct played world;
struct engine *engine;

struct wish wish;

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	(void)conf;
	(void)memory;
	if (wish.wake_in_ms)
		plan->wake_ms = snap->host.now_ms + wish.wake_in_ms;
	wish.was_urgent[wish.passes++ % 64] = model_n_alarmed(snap) > 0;
	for (unsigned i = 0; i < wish.n_actions; i++)
		plan->action[plan->n_actions++] = wish.action[i];
	for (unsigned i = 0; i < snap->n_guests; i++)
		plan->credit_kib[i] = wish.credit_kib[i];
}

static const struct policy wishful = {.name = "wishful", .decide = decide};

void wishful_set_up(void)
{
	world = (struct played){.host = {.total_kib = 4096 * MIB, .free_kib = 512 * MIB}};
	memset(&wish, 0, sizeof(wish));
	log_silence(true);
}

static void begin(struct config *config, const struct engine_options *options)
{
	struct io io = played_io(&world);
	config->policy = &wishful;
	engine = engine_open(config, options, &io);
	ck_assert_ptr_nonnull(engine);
}

void wishful_begin_as(struct config *config)
{
	begin(config, &(struct engine_options){0});
}

void wishful_begin_with_options(const struct engine_options *options)
{
	struct config config;
	config_init(&config);
	begin(&config, options);
}

void wishful_begin_with(unsigned max_guests)
{
	struct config config;
	config_init(&config);
	config.max_guests = max_guests;
	wishful_begin_as(&config);
}

void wishful_begin(void)
{
	wishful_begin_with(256);
}

void wishful_tear_down(void)
{
	engine_close(engine);
	engine = NULL;
}

void wishful_turn(uint64_t now_ms)
{
	engine_turn(engine, now_ms);
	for (int i = 0; i < 64; i++) {
		uint64_t passes = engine_counts(engine).passes;
		if (engine_wake_ms(engine) > now_ms)
			return;
		engine_turn(engine, now_ms);
		ck_assert_uint_le(engine_counts(engine).passes, passes + 1);
	}
}
