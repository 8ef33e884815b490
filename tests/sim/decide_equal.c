/* SPDX-License-Identifier: MIT */
/*
 * decide_equal.c - do cagmad and `cagma-sim decide` decide alike?
 *
 *	decide_equal CAGMA-SIM [STATES]
 *
 * Makes random hosts, each in a few states one after the other. The daemon's own loop runs over a
 * played world (tests/unit/played.h) that is in these states; what it decides is what it calls
 * libxl with, the max_pages it sets, and what it records. The same states are written down for
 * `cagma-sim decide --series --policy cagma`, and its answers are compared: each guest's target,
 * before and behind the contract, its goal and its credit. Prints
 *
 *	RESULT decide-equal states=N differ=N guests=N targets=N credits=N seed=N
 *
 * where `targets` and `credits` are how many of them the daemon's plans have. It fails when a state
 * is decided differently.
 *
 * Balloons are at their targets, or on their first way up: a written state does not say what a
 * balloon does on its way.
 */
#include "common/system/log.h"
#include "host/core/passline.h"
#include "tests/sim/random_state.h"
#include "tests/unit/played.h"
#include "tests/unit/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	STATES = 10000,
	LOOKS = 5, /* states of one host */
	SEED = 1,
	MOST_SHOWN = 5, /* states that differ */
	MAX_RECORD = PLAYED_GUESTS * 3 * PASSLINE_MAX_PART,
};

_Static_assert((int)RANDOM_STATE_GUESTS <= (int)PLAYED_GUESTS, "all can be played");

/* What was decided about one guest. */
struct answer {
	uint64_t wanted_kib, goal_kib, allowed_kib, credit_kib;
};

/* --- the daemon -------------------------------------------------------------- */

static struct played world;
static unsigned next_guest, n_guests_told; /* whose keys have changed: those from next_guest on */

/* Every guest that has an agent has written, once. */
static int next_event(void *arg, enum store_source source, struct store_event *ret_event)
{
	const struct played *p = arg;
	if (source != STORE_GUESTS || next_guest == n_guests_told)
		return 0;
	unsigned i = next_guest++;
	*ret_event = (struct store_event){.kind = STORE_CAGMA,
					  .domid = i + 1,
					  .generation = p->guest[i].generation,
					  .is_report = true,
					  .is_alarm = p->guest[i].alarm[0] != '\0'};
	return 1;
}

/* What the guest's agent has written by now. */
static void play_agent(struct played_guest *p, const struct guest_state *g)
{
	p->report[0] = p->alarm[0] = '\0';
	if (g->has_report)
		line_write(&keys_report_format, &g->report, g->report.present, p->report,
			   sizeof(p->report));
	if (g->line.is_alarmed)
		snprintf(p->alarm, sizeof(p->alarm),
			 "seq=%" PRIu64 " uptime_ms=%" PRIu64 " reason=test total_kib=%" PRIu64
			 " avail_kib=%" PRIu64,
			 g->report.seq, g->report.uptime_ms, g->report.total_kib,
			 g->report.avail_kib);
}

static void play_host(const struct random_state *s)
{
	world.host.total_kib = s->host.total_kib;
	world.host.free_kib = s->host.free_kib;
	world.host.outstanding_kib = s->host.kept_kib;
	world.n_effects = 0;
	for (unsigned i = 0; i < s->n; i++) {
		world.guest[i].alm_kib = s->guest[i].line.alm_kib;
		play_agent(&world.guest[i], &s->guest[i]);
	}
	next_guest = 0;
	n_guests_told = s->n;
}

static void play_first(const struct random_state *s)
{
	world = (struct played){.n = 0};
	for (unsigned i = 0; i < s->n; i++) {
		const struct guest_state *g = &s->guest[i];
		struct played_guest *p = &world.guest[played_add(&world, g->line.alm_kib, 0) - 1];
		p->target_kib = g->line.target_kib;
		p->cap_kib = g->line.target_kib + MODEL_LIBXL_SLACK_KIB;
		p->static_max_kib = g->line.max_kib;
		snprintf(p->hello, sizeof(p->hello), "protocol=%d version=1 abilities=report%s%s",
			 KEYS_PROTOCOL, g->can_alarm ? ",alarm" : "",
			 g->has_credit ? ",self-grow" : "");
	}
	play_host(s);
	n_guests_told = 0; /* the daemon reads them all when it sees them first */
}

/* As the administrator would write it, who lists every guest. */
static struct config configure(const struct random_state *s)
{
	struct config config;
	config_init(&config);
	config.policy = &policy_cagma;
	config.conf.reserve_kib = s->host.reserve_kib;
	config.conf.period_ms = s->host.period_ms;
	config.guaranteed_permyriad = 0; /* a written state has nothing of it */
	config.workers = PLAYED_GUESTS; /* nor of calls that wait */
	config.max_guests = PLAYED_GUESTS;
	config.guest = calloc(s->n, sizeof(*config.guest));
	ck_assert_ptr_nonnull(config.guest);
	config.n_guests = s->n;
	for (unsigned i = 0; i < s->n; i++) {
		struct config_guest *g = &config.guest[i];
		snprintf(g->name, sizeof(g->name), "g%u", i + 1);
		g->min_kib = s->guest[i].line.min_kib;
		g->weight = s->guest[i].line.weight;
	}
	return config;
}

static struct engine *start_daemon(const struct random_state *s, int record_fd)
{
	char path[64];
	struct io io = played_io(&world);
	struct config config = configure(s);
	io.next_event = next_event;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", record_fd);
	struct engine_options options = {.record_path = path};
	struct engine *engine = engine_open(&config, &options, &io);
	ck_assert_ptr_nonnull(engine);
	return engine;
}

static void take_part(const struct random_state *s, const struct passline *part, unsigned *n,
		      struct answer *ret_answer)
{
	if (part->kind == PASSLINE_GUEST) {
		const struct passline_guest *g = &part->record.guest;
		uint64_t credit_kib = g->credit_stays ? PLAN_CREDIT_AS_IT_IS : g->credit_kib;
		ck_assert_uint_lt(*n, s->n);
		ret_answer[*n] = (struct answer){.wanted_kib = s->guest[*n].line.target_kib,
						 .goal_kib = g->verdict.goal_kib,
						 .credit_kib = credit_kib};
		++*n;
	}
	if (part->kind == PASSLINE_ACTION) {
		const struct passline_action *action = &part->record.action;
		ret_answer[action->domid - 1].wanted_kib = action->target_kib;
	}
}

/* What the pass that was recorded last says. */
static void read_record(int fd, const struct random_state *s, struct answer *ret_answer)
{
	static char buf[MAX_RECORD];
	ssize_t len = pread(fd, buf, sizeof(buf), 0);
	struct text rest = {buf, len > 0 ? (size_t)len : 0}, line = {buf, 0};
	struct passline part;
	unsigned n = 0;
	while (text_cut(&rest, '\n', &line))
		;
	while (line.at) {
		ck_assert_ptr_null(passline_read(&line, &part));
		take_part(s, &part, &n, ret_answer);
	}
	ck_assert_uint_eq(n, s->n);
}

/* One pass of the loop. */
static void ask_daemon(struct engine *engine, const struct random_state *s, int record_fd,
		       struct answer *ret_answer)
{
	uint64_t passes = engine_counts(engine).passes;
	ck_assert_int_eq(ftruncate(record_fd, 0), 0);
	engine_turn(engine, s->host.now_ms);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
	read_record(record_fd, s, ret_answer);
	for (unsigned i = 0; i < s->n; i++)
		ret_answer[i].allowed_kib = s->guest[i].line.target_kib;
	for (unsigned i = 0; i < world.n_calls; i++)
		ret_answer[world.call[i].domid - 1].allowed_kib = world.call[i].target_kib;
	/* the calls end at once, since a written state says nothing of how long they take */
	engine_turn(engine, s->host.now_ms);
	ck_assert_uint_eq(engine_counts(engine).passes, passes + 1);
}

/* Targets and max_pages when libxl's calls are done, which set both. */
static void carry_out(const struct random_state *s, const struct answer *answer,
		      uint64_t *ret_target_kib, uint64_t *ret_cap_kib)
{
	for (unsigned i = 0; i < s->n; i++) {
		bool is_told = answer[i].allowed_kib != s->guest[i].line.target_kib;
		ret_target_kib[i] = answer[i].allowed_kib;
		ret_cap_kib[i] = is_told ? answer[i].allowed_kib + MODEL_LIBXL_SLACK_KIB
					 : world.guest[i].cap_kib;
	}
}

/* --- the comparison ---------------------------------------------------------- */

struct all {
	unsigned n_states, n_guests, n_targets, n_credits, n_differ;
	unsigned *n;                            /* guests of each state */
	struct answer (*answer)[PLAYED_GUESTS]; /* the daemon's */
};

static void count(struct all *all, const struct random_state *s, const struct answer *answer)
{
	all->n_guests += s->n;
	for (unsigned i = 0; i < s->n; i++) {
		uint64_t credit_kib = answer[i].credit_kib;
		all->n_targets += answer[i].allowed_kib != s->guest[i].line.target_kib;
		all->n_credits += credit_kib && credit_kib != PLAN_CREDIT_AS_IT_IS;
	}
}

static void make_all(struct all *all, const char *states_path)
{
	struct random_state state = {.first_domid = 1};
	struct engine *engine = NULL;
	uint64_t target_kib[PLAYED_GUESTS], cap_kib[PLAYED_GUESTS];
	int fd = memfd_create("record", MFD_CLOEXEC);
	FILE *file = fopen(states_path, "we");
	ck_assert(fd >= 0 && file);
	for (unsigned i = 0; i < all->n_states; i++) {
		if (i % LOOKS == 0) {
			engine_close(engine);
			random_state_first(&state);
			play_first(&state);
			engine = start_daemon(&state, fd);
		} else {
			random_state_next(&state, target_kib, cap_kib);
			play_host(&state);
		}
		random_state_write(file, &state);
		ask_daemon(engine, &state, fd, all->answer[i]);
		carry_out(&state, all->answer[i], target_kib, cap_kib);
		all->n[i] = state.n;
		count(all, &state, all->answer[i]);
	}
	engine_close(engine);
	close(fd);
	ck_assert_int_eq(fclose(file), 0);
}

/* A line of cagma-sim's: state, domid, target before the contract, goal, target, credit. */
static void read_answer(FILE *in, unsigned state, struct answer *ret_answer)
{
	unsigned state_number, domid;
	char credit[32];
	int n = fscanf(in, "%u %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %31s", &state_number, &domid,
		       &ret_answer->wanted_kib, &ret_answer->goal_kib, &ret_answer->allowed_kib,
		       credit);
	ck_assert_int_eq(n, 6);
	ck_assert_uint_eq(state_number, state + 1);
	ret_answer->credit_kib =
		strcmp(credit, "-") == 0 ? PLAN_CREDIT_AS_IT_IS : strtoull(credit, NULL, 10);
}

static void show(unsigned state, unsigned guest, const char *who, const struct answer *a)
{
	fprintf(stderr,
		"state %u, guest %u, %s: wanted %" PRIu64 " goal %" PRIu64 " allowed %" PRIu64
		" credit %" PRIu64 "\n",
		state + 1, guest + 1, who, a->wanted_kib, a->goal_kib, a->allowed_kib,
		a->credit_kib);
}

static void compare(struct all *all, FILE *in)
{
	char more;
	for (unsigned i = 0; i < all->n_states; i++) {
		bool differs = false;
		for (unsigned k = 0; k < all->n[i]; k++) {
			const struct answer *a = &all->answer[i][k];
			struct answer b;
			read_answer(in, i, &b);
			if (memcmp(a, &b, sizeof(b)) == 0)
				continue;
			differs = true;
			if (all->n_differ >= MOST_SHOWN)
				continue;
			show(i, k, "cagmad", a);
			show(i, k, "cagma-sim", &b);
		}
		all->n_differ += differs;
	}
	ck_assert_int_eq(fscanf(in, " %c", &more), EOF);
}

static void ask_simulator(struct all *all, const char *program, const char *states_path)
{
	char command[1024];
	snprintf(command, sizeof(command), "'%s' decide --series --policy cagma '%s' 2>/dev/null",
		 program, states_path);
	FILE *in = popen(command, "re");
	ck_assert_ptr_nonnull(in);
	compare(all, in);
	ck_assert_int_eq(pclose(in), 0);
}

static const char *program;
static unsigned n_states = STATES;
static char states_path[] = "/tmp/decide-equal-XXXXXX";

START_TEST(cagmad_and_cagma_sim_decide_alike)
{
	struct all all = {.n_states = n_states,
			  .n = calloc(n_states, sizeof(*all.n)),
			  .answer = calloc(n_states, sizeof(*all.answer))};
	ck_assert(all.n && all.answer);
	srandom(SEED);
	log_silence(true);
	make_all(&all, states_path);
	ask_simulator(&all, program, states_path);
	free(all.n);
	free(all.answer);
	printf("RESULT decide-equal states=%u differ=%u guests=%u targets=%u credits=%u seed=%d\n",
	       all.n_states, all.n_differ, all.n_guests, all.n_targets, all.n_credits, SEED);
	fflush(stdout);
	ck_assert_uint_eq(all.n_differ, 0);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 2)
		n_states = (unsigned)atoi(argv[2]);
	if (argc < 2 || !n_states) {
		fputs("usage: decide_equal CAGMA-SIM [STATES]\n", stderr);
		return 2;
	}
	program = argv[1];
	int fd = mkstemp(states_path);
	if (fd < 0) {
		perror("decide_equal: /tmp");
		return 1;
	}
	close(fd);
	Suite *suite = suite_create("decide-equal");
	TCase *tests = tcase_create("decide-equal");
	tcase_set_timeout(tests, 300);
	tcase_add_test(tests, cagmad_and_cagma_sim_decide_alike);
	suite_add_tcase(suite, tests);
	int failed = suite_run_all(suite);
	unlink(states_path);
	return failed;
}
