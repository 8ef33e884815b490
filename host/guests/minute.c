/* SPDX-License-Identifier: MIT */
#include "host/guests/minute.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void minute_note(struct minute *m, uint64_t from_kib, uint64_t to_kib, enum plan_reason reason,
		 uint64_t n_alarms, uint64_t now_ms)
{
	if (!m->until_ms)
		*m = (struct minute){.until_ms = now_ms + MINUTE_MS,
				     .from_kib = from_kib,
				     .alarms_before = n_alarms};
	m->to_kib = to_kib;
	m->n_changes[reason]++;
	m->reason = reason;
}

/* "need 3, give 1". Each part has at most 32 bytes. */
static unsigned write_changes(const struct minute *m, char text[REASON_COUNT_ * 32])
{
	unsigned n = 0;
	size_t len = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < REASON_COUNT_; i++) {
		if (!m->n_changes[i])
			continue;
		len += (size_t)snprintf(text + len, 32, "%s%s %u", n ? ", " : "",
					model_reason_word((enum plan_reason)i), m->n_changes[i]);
		n += m->n_changes[i];
	}
	return n;
}

bool minute_is_over(const struct minute *m, uint64_t now_ms)
{
	return m->until_ms && now_ms >= m->until_ms;
}

void minute_say(struct minute *m, const struct log_subject *subject, const char *name,
		uint64_t n_alarms)
{
	char changes[REASON_COUNT_ * 32];
	unsigned n = write_changes(m, changes);
	log_about(subject, LOG_LEVEL_INFO,
		  "%s: target %" PRIu64 " -> %" PRIu64 " KiB in a minute, by %u changes (%s) and "
		  "%" PRIu64 " alarms",
		  name, m->from_kib, m->to_kib, n, changes, n_alarms - m->alarms_before);
	*m = (struct minute){0};
}
