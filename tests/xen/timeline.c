/* SPDX-License-Identifier: MIT */
#include "tests/xen/timeline.h"

#include <string.h>

static const char *const event_words[] = {
	[TIMELINE_GROWN] = "grown", [TIMELINE_SHRUNK] = "shrunk", [TIMELINE_REACHES] = "reaches",
	[TIMELINE_FALLS] = "falls", [TIMELINE_FREED] = "freed",   [TIMELINE_SPENT] = "spent",
};

enum { EVENTS = sizeof(event_words) / sizeof(event_words[0]) };

static bool parse_name(const char **text, char name[TIMELINE_MAX_NAME + 1])
{
	size_t length = strcspn(*text, "=");

	if (length == 0 || length > TIMELINE_MAX_NAME || (*text)[length] != '=')
		return false;
	memcpy(name, *text, length);
	name[length] = '\0';
	*text += length + 1;
	return true;
}

static bool parse_event(const char **text, enum timeline_event *ret_event)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		size_t length = strlen(event_words[i]);

		if (strncmp(*text, event_words[i], length) == 0 && (*text)[length] == ':') {
			*ret_event = (enum timeline_event)i;
			*text += length + 1;
			return true;
		}
	}
	return false;
}

static bool parse_number(const char **text, char end, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (value > UINT64_MAX / 10 - 1)
			return false;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	if (*p != end)
		return false;
	*text = end == '\0' ? p : p + 1;
	*ret_value = value;
	return true;
}

bool timeline_parse(const char *word, unsigned guest_count, struct timeline *ret_timeline)
{
	struct timeline timeline = {0};
	uint64_t guest;

	if (!parse_name(&word, timeline.name) || !parse_event(&word, &timeline.event) ||
	    !parse_number(&word, ':', &guest) || guest >= guest_count ||
	    !parse_number(&word, ':', &timeline.after_ms) ||
	    !parse_number(&word, '\0', &timeline.kib))
		return false;
	timeline.guest = (unsigned)guest;
	*ret_timeline = timeline;
	return true;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static bool has_happened(const struct timeline *timeline, uint64_t tot_kib, uint64_t free_kib)
{
	switch (timeline->event) {
	case TIMELINE_GROWN:
		return tot_kib >= timeline->base_kib + timeline->kib;
	case TIMELINE_SHRUNK:
		return tot_kib + timeline->kib <= timeline->base_kib;
	case TIMELINE_REACHES:
		return tot_kib >= timeline->kib;
	case TIMELINE_FALLS:
		return tot_kib <= timeline->kib;
	case TIMELINE_FREED:
		return free_kib >= timeline->kib;
	case TIMELINE_SPENT:
		return free_kib <= timeline->kib;
	}
	return false;
}

void timeline_add(struct timeline *timeline, const struct judge_sample *sample)
{
	uint64_t tot_kib = sample->tot_kib[timeline->guest];
	uint64_t free_kib = less(sample->free_after_kib, sample->outstanding_kib);

	if (!timeline->has_base || sample->t_ms <= timeline->after_ms) {
		timeline->base_kib = tot_kib;
		timeline->has_base = true;
	}
	if (timeline->has_happened || sample->t_ms < timeline->after_ms ||
	    !has_happened(timeline, tot_kib, free_kib))
		return;
	timeline->has_happened = true;
	timeline->happened_ms = sample->t_ms;
}
