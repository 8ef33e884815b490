/* SPDX-License-Identifier: MIT */
#include "tests/bench/experiment.h"

#include "common/sentence.h"

#include <string.h>

enum { KIB_PER_MIB = 1024, BYTES_PER_KIB = 1024 };

void experiment_begin(struct experiment *experiment)
{
	*experiment = (struct experiment){.reader.player = GRAMMAR_BY_EXPERIMENT};
}

static const char *wrong(struct experiment *experiment, const char *const words[])
{
	struct sentence sentence = SENTENCE(experiment->wrong);

	sentence_add_all(&sentence, words);
	return experiment->wrong;
}

/* ---- whole numbers, and where they go ---- */

#define HOST(word, per, field)                                                                     \
	{                                                                                          \
		GRAMMAR_HOST_##word, per, offsetof(struct experiment, field)                       \
	}
#define EXPERIMENT(word, per, field)                                                               \
	{                                                                                          \
		GRAMMAR_EXPERIMENT_##word, per, offsetof(struct experiment, field)                 \
	}
#define GUEST(word, per, field)                                                                    \
	{                                                                                          \
		GRAMMAR_GUEST_##word, per, offsetof(struct experiment_guest, field)                \
	}
#define POLICY(word, per, field)                                                                   \
	{                                                                                          \
		GRAMMAR_POLICY_##word, per, offsetof(struct experiment_policy, field)              \
	}

static const struct place {
	enum grammar_word word;
	/* What 1 of the member is in a statement; 0: the member is the statement's KiB in bytes. */
	unsigned per;
	size_t offset;
} places[] = {
	HOST(disk, 0, bytes_s),
	HOST(disk_requests, 1, requests_s),
	EXPERIMENT(reserve, KIB_PER_MIB, reserve_mib),
	EXPERIMENT(free, KIB_PER_MIB, free_mib),
	EXPERIMENT(runs, 1, runs),
	GUEST(memory, KIB_PER_MIB, memory_mib),
	GUEST(ample, KIB_PER_MIB, ample_mib),
	GUEST(min, KIB_PER_MIB, min_mib),
	GUEST(max, KIB_PER_MIB, max_mib),
	GUEST(data, 1, data),
	POLICY(credit, KIB_PER_MIB, credit_mib),
};

/* Puts a number where it belongs, in `base`. False when it is none of whole MiB. */
static bool put(void *base, const struct grammar_statement *statement)
{
	uint64_t number = (uint64_t)statement->number;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *place = &places[i];

		if (place->word != statement->word)
			continue;
		if (place->per > 1 && number % place->per != 0)
			return false;
		*(uint64_t *)(void *)((char *)base + place->offset) =
			place->per ? number / place->per : number * BYTES_PER_KIB;
	}
	return true;
}

/* ---- guests and policies ---- */

static bool is_taken(const struct experiment *experiment, const char *name)
{
	for (unsigned i = 0; i < experiment->guest_count; i++)
		if (strcmp(experiment->guests[i].name, name) == 0)
			return true;
	return false;
}

static const char *begin_guest(struct experiment *experiment, const char *name)
{
	if (strlen(name) != 1 || name[0] < 'a' || name[0] > 'c')
		return wrong(experiment, (const char *[]){"begins guest ", name,
							  ": there are a, b and c", NULL});
	if (is_taken(experiment, name))
		return wrong(experiment,
			     (const char *[]){"begins guest ", name, " a second time", NULL});
	strcpy(experiment->guests[experiment->guest_count++].name, name);
	return NULL;
}

static const char *begin_policy(struct experiment *experiment, const char *name)
{
	if (experiment->policy_count == EXPERIMENT_MAX_POLICIES)
		return "begins one of too many policies: there may be 16";
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return wrong(experiment, (const char *[]){"begins policy ", name,
							  ": a name is of a-z, 0-9 and -", NULL});
	for (unsigned i = 0; i < experiment->policy_count; i++)
		if (strcmp(experiment->policies[i].name, name) == 0)
			return wrong(experiment, (const char *[]){"begins policy ", name,
								  " a second time", NULL});
	strcpy(experiment->policies[experiment->policy_count++].name, name);
	return NULL;
}

static const char *take_work(struct experiment *experiment, struct experiment_guest *guest,
			     const char *words)
{
	struct text text = {words, strlen(words)}, fault;
	struct sentence sentence = SENTENCE(experiment->wrong);

	if (guest->work.phases > 0)
		return "says work a second time";
	strcpy(guest->work_words, words);
	if (workload_read(text, &guest->work, &fault))
		return NULL;
	if (fault.len == 0)
		return "says work without any kind of task, or without a file=";
	sentence_add(&sentence, "says work, in which this is wrong: ");
	sentence_add_text(&sentence, fault);
	return experiment->wrong;
}

/* ---- statements ---- */

/* What the numbers of the section that was begun last go into. */
static void *section_of(struct experiment *experiment, enum grammar_section section)
{
	if (section == GRAMMAR_GUEST)
		return &experiment->guests[experiment->guest_count - 1];
	if (section == GRAMMAR_POLICY)
		return &experiment->policies[experiment->policy_count - 1];
	return experiment;
}

static const char *take(struct experiment *experiment, const struct grammar_statement *statement)
{
	void *section;

	if (statement->word == GRAMMAR_BEGIN && statement->section == GRAMMAR_GUEST)
		return begin_guest(experiment, statement->text);
	if (statement->word == GRAMMAR_BEGIN && statement->section == GRAMMAR_POLICY)
		return begin_policy(experiment, statement->text);
	if (statement->word == GRAMMAR_BEGIN)
		return NULL;
	section = section_of(experiment, statement->section);
	if (statement->word == GRAMMAR_GUEST_work)
		return take_work(experiment, section, statement->text);
	if (statement->word == GRAMMAR_POLICY_agent)
		((struct experiment_policy *)section)->agent = (unsigned)statement->number;
	if (put(section, statement))
		return NULL;
	return wrong(experiment,
		     (const char *[]){"says ", grammar_rows[statement->word].word, " = ",
				      statement->text, ", and an experiment has whole MiB", NULL});
}

const char *experiment_add(struct experiment *experiment, struct text line)
{
	struct grammar_statement statement;
	const char *fault = grammar_read(&experiment->reader, line, &statement);

	if (fault || statement.word == GRAMMAR_NOTHING)
		return fault;
	return take(experiment, &statement);
}

/* ---- the whole ---- */

static const char *guest_fault(const struct experiment_guest *guest)
{
	if (guest->work.phases == 0)
		return "a guest has no work";
	if (guest->min_mib == 0 || guest->min_mib > guest->memory_mib ||
	    guest->memory_mib > guest->ample_mib || guest->ample_mib > guest->max_mib)
		return "min <= memory <= ample <= max does not hold for a guest";
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
		return "[host] does not say disk and disk_requests";
	if (experiment->reserve_mib == 0)
		return "[experiment] does not say reserve";
	return experiment->runs == 0 ? "[experiment] does not say runs" : NULL;
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
