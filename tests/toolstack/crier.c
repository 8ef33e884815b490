/* SPDX-License-Identifier: MIT */
#include "tests/toolstack/crier.h"

#include "common/report.h"
#include "tests/toolstack/result.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	GUEST_MIB = 128,
	OFFSET_KIB = 28 * 1024, /* what the guest's kernel would not count as its memory */
	CALM_KIB = 40 * 1024,   /* available at first: a bit above the critical amount */
	SHORT_KIB = 8 * 1024,   /* available in an alarm */
	DEADLINE_MS = 10000,
};

/* --- what they write --- */

static uint64_t now_ms(void)
{
	return result_real_us() / 1000;
}

static uint64_t total_kib(const struct crier *c)
{
	return lab_guest_alm_kib(c->guest) - OFFSET_KIB;
}

static void write_as(const struct crier *c, const char *key, const char *line)
{
	if (!xs_write(c->store, XBT_NULL, key, line, (unsigned)strlen(line)))
		result_fail("guest %s cannot write %s", lab_guest_name(c->guest), key);
}

void crier_say_calm(struct crier *c)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report r = {.seq = ++c->seq,
			   .uptime_ms = now_ms(),
			   .total_kib = total_kib(c),
			   .present = REPORT_BIT(seq) | REPORT_BIT(uptime_ms) |
				      REPORT_BIT(total_kib) | REPORT_BIT(free_kib) |
				      REPORT_BIT(avail_kib)};
	r.free_kib = r.avail_kib = r.total_kib - c->use_kib;
	if (!report_write(&r, line, sizeof(line)))
		result_fail("a report does not fit");
	write_as(c, keys_table[KEY_REPORT].path, line);
}

uint64_t crier_say_alarm(struct crier *c)
{
	char line[KEYS_MAX_VALUE + 1];
	struct alarm_call alarm = {.seq = ++c->seq,
				   .uptime_ms = now_ms(),
				   .reason = "falling",
				   .total_kib = total_kib(c),
				   .avail_kib = SHORT_KIB,
				   .present = ALARM_BIT(seq) | ALARM_BIT(uptime_ms) |
					      ALARM_BIT(reason) | ALARM_BIT(total_kib) |
					      ALARM_BIT(avail_kib)};
	if (!line_write(&keys_alarm_format, &alarm, alarm.present, line, sizeof(line)))
		result_fail("an alarm does not fit");
	c->use_kib = alarm.total_kib - SHORT_KIB;
	uint64_t start_us = result_real_us();
	write_as(c, keys_table[KEY_ALARM].path, line);
	return start_us;
}

/* --- targets --- */

static uint64_t target_kib(const struct crier_crowd *crowd, unsigned i)
{
	char path[64], value[32];
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target",
		 lab_guest_domid(crowd->crier[i].guest));
	if (!lab_read(crowd->lab, path, value, sizeof(value)))
		result_fail("%s is not there", path);
	return strtoull(value, NULL, 10);
}

/* Takes an event of guest i's target. The time at which it came; 0 if none came in time. */
static uint64_t next_event_us(struct crier_crowd *crowd, unsigned i, uint64_t end_us)
{
	struct pollfd polled = {.fd = xs_fileno(crowd->watch), .events = POLLIN};
	for (;;) {
		char **event = xs_check_watch(crowd->watch);
		uint64_t at_us = result_real_us();
		if (event) {
			bool is_it = (unsigned)atoi(event[XS_WATCH_TOKEN]) == i;
			free(event);
			if (is_it)
				return at_us;
			continue;
		}
		if (at_us >= end_us)
			return 0;
		poll(&polled, 1, (int)((end_us - at_us) / 1000) + 1);
	}
}

uint64_t crier_settled_target_kib(struct crier_crowd *crowd, unsigned i)
{
	char **event;
	while ((event = xs_check_watch(crowd->watch)) != NULL)
		free(event);
	return target_kib(crowd, i);
}

uint64_t crier_wait_us(struct crier_crowd *crowd, unsigned i, uint64_t old_kib, uint64_t new_kib,
		       const char *what)
{
	uint64_t end_us = result_real_us() + DEADLINE_MS * 1000, at_us;
	while ((at_us = next_event_us(crowd, i, end_us)) != 0) {
		uint64_t kib = target_kib(crowd, i);
		if (kib != old_kib && (!new_kib || kib == new_kib))
			return at_us;
	}
	result_fail("%s of guest %s was not followed by a new target in %d ms", what,
		    lab_guest_name(crowd->crier[i].guest), DEADLINE_MS);
}

uint64_t crier_measure_us(struct crier_crowd *crowd, unsigned i)
{
	uint64_t old_kib = crier_settled_target_kib(crowd, i);
	uint64_t start_us = crier_say_alarm(&crowd->crier[i]);
	return crier_wait_us(crowd, i, old_kib, 0, "an alarm") - start_us;
}

void crier_nap(struct crier_crowd *crowd)
{
	crowd->random = crowd->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	usleep(5000 + (useconds_t)(crowd->random >> 33) % 20000);
}

/* --- all of them --- */

static void boot(struct lab *lab, unsigned i, struct crier *c)
{
	static const char hello[] = "protocol=1 version=0 abilities=report,alarm";
	struct lab_guest_options options = LAB_GUEST;
	options.memory_kib = GUEST_MIB * MIB;
	options.max_kib = CRIER_MAX_MIB * MIB;
	options.has_agent = false;
	snprintf(options.name, sizeof(options.name), "g%u", i);
	c->guest = result_boot(lab, &options);
	c->store = lab_guest_xs_open(c->guest);
	if (!c->store)
		result_fail("guest %s has no xenstore", options.name);
	write_as(c, keys_table[KEY_AGENT].path, hello);
	c->use_kib = total_kib(c) - CALM_KIB;
	crier_say_calm(c);
}

void crier_gather(struct lab *lab, const char *config, unsigned n, struct crier_crowd *ret_crowd)
{
	struct lab_guest *guest[CRIER_MOST];
	char path[64], token[16];
	*ret_crowd = (struct crier_crowd){.lab = lab, .n = n, .random = 1};
	for (unsigned i = 0; i < n; i++) {
		boot(lab, i, &ret_crowd->crier[i]);
		guest[i] = ret_crowd->crier[i].guest;
	}
	ret_crowd->watch = xs_open(0);
	for (unsigned i = 0; ret_crowd->watch && i < n; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/memory/target",
			 lab_guest_domid(guest[i]));
		snprintf(token, sizeof(token), "%u", i);
		if (!xs_watch(ret_crowd->watch, path, token))
			result_fail("cannot watch %s", path);
	}
	result_cagmad(lab, config, guest, n);
}

void crier_dismiss(struct crier_crowd *crowd)
{
	for (unsigned i = 0; i < crowd->n; i++)
		xs_close(crowd->crier[i].store);
	xs_close(crowd->watch);
}
