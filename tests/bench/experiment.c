/* SPDX-License-Identifier: MIT */
#include "tests/bench/experiment.h"

#include <string.h>

enum { MAX_MIB = 1 << 24, MAX_RUNS = 1000 };

/* NAME=NUMBER words of one statement. */
struct setting {
	const char *name;
	uint64_t *value;
	uint64_t most;
};

/* Reads settings up to the end of the line; a word that is none of them is wrong. */
static bool read_settings(struct text rest, const struct setting *settings, size_t count,
			  struct text *ret_wrong)
{
	struct text word, name, value;

	while (text_cut(&rest, ' ', &word)) {
		bool is_known = word.len == 0;

		value = word;
		if (!is_known && memchr(word.at, '=', word.len) && text_cut(&value, '=', &name))
			for (size_t i = 0; i < count && !is_known; i++)
				is_known = text_is(name, settings[i].name) &&
					   text_number(value, settings[i].most, settings[i].value);
		if (!is_known) {
			*ret_wrong = word;
			return false;
		}
	}
	return true;
}

static bool read_name(struct text *rest, char name[EXPERIMENT_NAME_BYTES], struct text *ret_wrong)
{
	struct text word = {.at = "", .len = 0};

	if (!text_cut(rest, ' ', &word) || word.len == 0 || word.len >= EXPERIMENT_NAME_BYTES) {
		*ret_wrong = word;
		return false;
	}
	for (size_t i = 0; i < word.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", word.at[i])) {
			*ret_wrong = word;
			return false;
		}
	memset(name, 0, EXPERIMENT_NAME_BYTES);
	memcpy(name, word.at, word.len);
	return true;
}

static struct experiment_guest *find_guest(struct experiment *experiment, const char *name)
{
	for (unsigned i = 0; i < experiment->guest_count; i++)
		if (strcmp(experiment->guests[i].name, name) == 0)
			return &experiment->guests[i];
	return NULL;
}

static bool add_guest(struct experiment *experiment, struct text rest, struct text *ret_wrong)
{
	struct experiment_guest guest = {0};
	const struct setting settings[] = {
		{"memory_mib", &guest.memory_mib, MAX_MIB},
		{"ample_mib", &guest.ample_mib, MAX_MIB},
		{"min_mib", &guest.min_mib, MAX_MIB},
		{"max_mib", &guest.max_mib, MAX_MIB},
		{"data", &guest.data, 1},
	};

	*ret_wrong = rest;
	if (experiment->guest_count == EXPERIMENT_MAX_GUESTS ||
	    !read_name(&rest, guest.name, ret_wrong) || strlen(guest.name) != 1 ||
	    guest.name[0] > 'c' || guest.name[0] < 'a' || find_guest(experiment, guest.name) ||
	    !read_settings(rest, settings, sizeof(settings) / sizeof(settings[0]), ret_wrong))
		return false;
	experiment->guests[experiment->guest_count++] = guest;
	return true;
}

static bool add_work(struct experiment *experiment, struct text rest, struct text *ret_wrong)
{
	char name[EXPERIMENT_NAME_BYTES];
	struct experiment_guest *guest;

	*ret_wrong = rest;
	if (!read_name(&rest, name, ret_wrong))
		return false;
	guest = find_guest(experiment, name);
	return guest && guest->work.phases == 0 && workload_read(rest, &guest->work, ret_wrong);
}

static bool add_disk(struct experiment *experiment, struct text rest, struct text *ret_wrong)
{
	const struct setting settings[] = {
		{"bytes_s", &experiment->bytes_s, UINT64_MAX},
		{"requests_s", &experiment->requests_s, UINT32_MAX},
	};

	return read_settings(rest, settings, sizeof(settings) / sizeof(settings[0]), ret_wrong);
}

static bool add_host(struct experiment *experiment, struct text rest, struct text *ret_wrong)
{
	const struct setting settings[] = {
		{"reserve_mib", &experiment->reserve_mib, MAX_MIB},
		{"free_mib", &experiment->free_mib, MAX_MIB},
	};

	return read_settings(rest, settings, sizeof(settings) / sizeof(settings[0]), ret_wrong);
}

static bool is_agent(struct text word)
{
	return text_is(word, "agent=cagma") || text_is(word, "agent=largest") ||
	       text_is(word, "agent=peer") || text_is(word, "agent=none");
}

static bool add_policy(struct experiment *experiment, struct text rest, struct text *ret_wrong)
{
	char *name = experiment->policies[experiment->policy_count];
	uint64_t credit_mib = 0;
	const struct setting settings[] = {{"credit_mib", &credit_mib, MAX_MIB}};
	struct text word;

	*ret_wrong = rest;
	if (experiment->policy_count == EXPERIMENT_MAX_POLICIES ||
	    !read_name(&rest, name, ret_wrong))
		return false;
	while (text_cut(&rest, ' ', &word))
		if (!is_agent(word) && !read_settings(word, settings, 1, ret_wrong))
			return false;
	for (unsigned i = 0; i < experiment->policy_count; i++)
		if (strcmp(name, experiment->policies[i]) == 0)
			return false;
	experiment->policy_count++;
	return true;
}

static bool add_runs(struct experiment *experiment, struct text rest, struct text *ret_wrong)
{
	*ret_wrong = rest;
	return text_number(rest, MAX_RUNS, &experiment->runs);
}

static const struct {
	const char *name;
	bool (*add)(struct experiment *experiment, struct text rest, struct text *ret_wrong);
} statements[] = {
	{"guest", add_guest}, {"work", add_work},     {"disk", add_disk},
	{"host", add_host},   {"policy", add_policy}, {"runs", add_runs},
};

bool experiment_add(struct experiment *experiment, struct text line, struct text *ret_wrong)
{
	struct text rest = line, name;

	if (!text_cut(&rest, ' ', &name) || name.len == 0 || name.at[0] == '#') {
		*ret_wrong = line;
		return line.len == 0 || line.at[0] == '#';
	}
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (text_is(name, statements[i].name))
			return statements[i].add(experiment, rest, ret_wrong);
	*ret_wrong = name;
	return false;
}

static const char *guest_fault(const struct experiment_guest *guest)
{
	if (guest->work.phases == 0)
		return "a guest has no work";
	if (guest->min_mib == 0 || guest->min_mib > guest->memory_mib ||
	    guest->memory_mib > guest->ample_mib || guest->ample_mib > guest->max_mib)
		return "min_mib <= memory_mib <= ample_mib <= max_mib does not hold for a guest";
	return NULL;
}

const char *experiment_fault(const struct experiment *experiment)
{
	const char *fault = NULL;

	for (unsigned i = 0; i < experiment->guest_count && !fault; i++)
		fault = guest_fault(&experiment->guests[i]);
	if (fault)
		return fault;
	if (experiment->guest_count != EXPERIMENT_MAX_GUESTS)
		return "there are not three guests";
	if (experiment->policy_count == 0)
		return "there is no policy";
	if (experiment->bytes_s == 0 || experiment->requests_s == 0)
		return "the disk has no limits";
	if (experiment->reserve_mib == 0)
		return "the host has no reserve";
	return experiment->runs == 0 ? "it says nothing of runs" : NULL;
}

uint64_t experiment_work_ms(const struct experiment *experiment)
{
	uint64_t longest_ms = 0;

	for (unsigned i = 0; i < experiment->guest_count; i++) {
		const struct workload *work = &experiment->guests[i].work;

		if (work->phase_ms * work->phases > longest_ms)
			longest_ms = work->phase_ms * work->phases;
	}
	return longest_ms;
}
