/* SPDX-License-Identifier: MIT */
/*
 * How much later is an honest guest's alarm answered while a fifth of all guests storm? There are
 * 100 guests. First all are calm but for one honest guest at a time, which raises an alarm. Then 20
 * of them write alarms and reports as fast as they can, and honest guests go on as before.
 */
#include "tests/toolstack/crier.h"
#include "tests/toolstack/result.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	GUESTS = CRIER_MOST,
	STORM_SHARE = 5, /* one guest of so many storms */
	ROUNDS = 8,      /* alarms of each honest guest in each half */
	MOST_ALARMS = GUESTS * ROUNDS,
	MOST_TIMES = 5,
};

static const char config[] = "default_min_mib = 96\n";

struct stormer {
	struct crier *crier;
	pthread_t thread;
	uint64_t n_writes;
};

struct bench {
	struct crier_crowd crowd;
	unsigned n_honest, n_stormers, n_rounds; /* honest guests come first */
	struct stormer stormer[GUESTS / STORM_SHARE];
	uint64_t us[MOST_ALARMS];
};

static atomic_bool is_over;

static void *storm(void *arg)
{
	struct stormer *s = arg;
	while (!atomic_load(&is_over)) {
		crier_say_alarm(s->crier);
		crier_say_calm(s->crier);
		s->n_writes += 2;
	}
	return NULL;
}

static void begin_storm(struct bench *b)
{
	for (unsigned i = 0; i < b->n_stormers; i++) {
		struct stormer *s = &b->stormer[i];
		s->crier = &b->crowd.crier[b->n_honest + i];
		if (pthread_create(&s->thread, NULL, storm, s) != 0)
			result_fail("a guest cannot storm");
	}
}

/* How often they have written. */
static uint64_t end_storm(struct bench *b)
{
	uint64_t n = 0;
	atomic_store(&is_over, true);
	for (unsigned i = 0; i < b->n_stormers; i++) {
		pthread_join(b->stormer[i].thread, NULL);
		n += b->stormer[i].n_writes;
	}
	return n;
}

struct half {
	uint64_t median_us, p99_us;
};

static struct half measure(struct bench *b)
{
	unsigned n = b->n_honest, n_alarms = n * b->n_rounds;
	for (unsigned k = 0; k < n_alarms; k++) {
		crier_nap(&b->crowd);
		b->us[k] = crier_measure_us(&b->crowd, k % n);
		if (k >= CRIER_SETTLED)
			crier_say_calm(&b->crowd.crier[(k - CRIER_SETTLED) % n]);
	}
	return (struct half){.median_us = result_percentile(b->us, n_alarms, 500),
			     .p99_us = result_percentile(b->us, n_alarms, 990)};
}

int main(int argc, char **argv)
{
	static struct bench b;
	result_stand_above();
	result_init("storm", argc, argv);
	unsigned n = result_is_short() ? 40 : GUESTS;
	b.n_stormers = n / STORM_SHARE;
	b.n_honest = n - b.n_stormers;
	b.n_rounds = result_is_short() ? 1 : ROUNDS;
	crier_gather(result_lab((uint64_t)n * CRIER_MAX_MIB, 1), config, n, &b.crowd);
	struct half calm = measure(&b);
	begin_storm(&b);
	uint64_t began_us = result_real_us();
	struct half stormy = measure(&b);
	uint64_t took_us = result_real_us() - began_us;
	uint64_t n_writes = end_storm(&b);
	result_say("calm_p99_us=%llu storm_p99_us=%llu calm_median_us=%llu storm_median_us=%llu "
		   "guests=%u storming=%u alarms=%u storm_writes_s=%llu",
		   (unsigned long long)calm.p99_us, (unsigned long long)stormy.p99_us,
		   (unsigned long long)calm.median_us, (unsigned long long)stormy.median_us, n,
		   b.n_stormers, b.n_honest * b.n_rounds,
		   (unsigned long long)(n_writes * 1000000 / took_us));
	if (!result_is_short())
		result_require(
			stormy.p99_us <= MOST_TIMES * calm.p99_us,
			"honest alarms are answered too late beside a storm: in %llu us, and "
			"without it in %llu",
			(unsigned long long)stormy.p99_us, (unsigned long long)calm.p99_us);
	crier_dismiss(&b.crowd);
	return result_status();
}
