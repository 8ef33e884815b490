/* SPDX-License-Identifier: MIT */
#include "tests/bench/workload.h"

#include <string.h>

#define MEMORY (1u << WORKLOAD_MEMORY)
#define DISK   (1u << WORKLOAD_DISK)
#define CACHE  (1u << WORKLOAD_CACHE)
#define LEAK   (1u << WORKLOAD_LEAK)
#define SPIKE  (1u << WORKLOAD_SPIKE)

enum {
	MAX_PHASE_MS = 86400 * 1000,
	MAX_SIZE_KIB = 1 << 30,
	MAX_PAUSES = 1000,
	PAGE_KIB = 4,
	DEFAULT_PHASE_MS = 60000,
};

static const struct {
	const char *name;
	bool needs_file;
} kinds[WORKLOAD_KINDS] = {
	[WORKLOAD_MEMORY] = {"memory", false}, [WORKLOAD_DISK] = {"disk", true},
	[WORKLOAD_CACHE] = {"cache", true},    [WORKLOAD_LEAK] = {"leak", false},
	[WORKLOAD_SPIKE] = {"spike", false},
};

/* The numbers that a kind can have. */
static const struct number {
	const char *name;
	unsigned kinds;
	size_t offset;
	uint64_t initial;
	uint64_t least;
	uint64_t most;
} numbers[] = {
	{"heap_kib", MEMORY | LEAK | SPIKE, offsetof(struct workload_part, heap_kib), 49152,
	 PAGE_KIB, MAX_SIZE_KIB},
	{"accesses", MEMORY, offsetof(struct workload_part, accesses), 85733, 1, UINT32_MAX},
	{"pauses", MEMORY, offsetof(struct workload_part, pauses), 0, 0, MAX_PAUSES},
	{"pause_ms", MEMORY, offsetof(struct workload_part, pause_ms), 10, 1, MAX_PHASE_MS},
	{"request_kib", DISK, offsetof(struct workload_part, request_kib), 2048, PAGE_KIB, 65536},
	{"size_kib", CACHE, offsetof(struct workload_part, size_kib), 65536, PAGE_KIB,
	 MAX_SIZE_KIB},
	{"step_kib", LEAK, offsetof(struct workload_part, step_kib), 1024, PAGE_KIB, MAX_SIZE_KIB},
	{"interval_ms", MEMORY, offsetof(struct workload_part, interval_ms), 0, 0, MAX_PHASE_MS},
	{"interval_ms", LEAK | SPIKE, offsetof(struct workload_part, interval_ms), 1000, 0,
	 MAX_PHASE_MS},
};

enum { N_NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

const char *workload_kind_name(enum workload_kind kind)
{
	return kinds[kind].name;
}

static uint64_t *number_of(struct workload_part *part, const struct number *number)
{
	return (uint64_t *)((char *)part + number->offset);
}

/* Every size is one of whole pages, since direct I/O and touching need that. */
static bool read_number(const struct number *number, struct text value, uint64_t *ret_value)
{
	uint64_t read;

	if (!text_number(value, number->most, &read) || read < number->least)
		return false;
	if (strstr(number->name, "_kib") && read % PAGE_KIB != 0)
		return false;
	*ret_value = read;
	return true;
}

static bool read_tasks(struct text list, struct workload_part *part)
{
	struct text word;

	part->phases = 0;
	while (text_cut(&list, ',', &word)) {
		uint64_t tasks;

		if (part->phases == WORKLOAD_MAX_PHASES ||
		    !text_number(word, WORKLOAD_MAX_TASKS, &tasks))
			return false;
		part->tasks[part->phases++] = (unsigned)tasks;
	}
	return part->phases > 0;
}

static bool read_file(struct text path, struct workload_part *part)
{
	if (path.len == 0 || path.len >= WORKLOAD_FILE_BYTES)
		return false;
	memset(part->file, 0, sizeof(part->file));
	memcpy(part->file, path.at, path.len);
	return true;
}

/* Reads one NAME=VALUE for the tasks of a kind. */
static bool read_setting(struct text name, struct text value, enum workload_kind kind,
			 struct workload_part *part)
{
	if (text_is(name, "tasks"))
		return read_tasks(value, part);
	if (text_is(name, "file") && kinds[kind].needs_file)
		return read_file(value, part);
	for (size_t i = 0; i < N_NUMBERS; i++)
		if (text_is(name, numbers[i].name) && (numbers[i].kinds & 1u << kind))
			return read_number(&numbers[i], value, number_of(part, &numbers[i]));
	return false;
}

/* Reads the name of a kind; its tasks have the defaults at first. */
static bool read_kind(struct text word, struct workload *workload, enum workload_kind *ret_kind)
{
	for (unsigned kind = 0; kind < WORKLOAD_KINDS; kind++) {
		struct workload_part *part = &workload->parts[kind];

		if (!text_is(word, kinds[kind].name))
			continue;
		if (part->phases > 0)
			return false;
		part->phases = 1;
		part->tasks[0] = 1;
		for (size_t i = 0; i < N_NUMBERS; i++)
			if (numbers[i].kinds & 1u << kind)
				*number_of(part, &numbers[i]) = numbers[i].initial;
		*ret_kind = (enum workload_kind)kind;
		return true;
	}
	return false;
}

static bool read_word(struct text word, struct workload *workload, enum workload_kind *kind)
{
	struct text name, value = word;

	if (!memchr(word.at, '=', word.len))
		return read_kind(word, workload, kind);
	text_cut(&value, '=', &name);
	if (*kind != WORKLOAD_KINDS)
		return read_setting(name, value, *kind, &workload->parts[*kind]);
	if (text_is(name, "lines"))
		return text_number(value, 1, &workload->lines);
	return text_is(name, "phase_ms") && text_number(value, MAX_PHASE_MS, &workload->phase_ms) &&
	       workload->phase_ms > 0;
}

static bool is_complete(const struct workload *workload)
{
	for (unsigned kind = 0; kind < WORKLOAD_KINDS; kind++)
		if (workload->parts[kind].phases > 0 && kinds[kind].needs_file &&
		    workload->parts[kind].file[0] == '\0')
			return false;
	return workload->phases > 0;
}

bool workload_read(struct text words, struct workload *ret_workload, struct text *ret_wrong)
{
	struct workload workload = {.phase_ms = DEFAULT_PHASE_MS, .lines = 1};
	enum workload_kind kind = WORKLOAD_KINDS;
	struct text word;

	while (text_cut(&words, ' ', &word)) {
		if (word.len > 0 && !read_word(word, &workload, &kind)) {
			*ret_wrong = word;
			return false;
		}
	}
	for (unsigned i = 0; i < WORKLOAD_KINDS; i++)
		if (workload.parts[i].phases > workload.phases)
			workload.phases = workload.parts[i].phases;
	if (!is_complete(&workload)) {
		*ret_wrong = (struct text){.at = "", .len = 0};
		return false;
	}
	*ret_workload = workload;
	return true;
}

unsigned workload_phase(const struct workload *workload, uint64_t elapsed_ms)
{
	uint64_t phase = elapsed_ms / workload->phase_ms;

	return phase < workload->phases ? (unsigned)phase : workload->phases;
}

uint64_t workload_left_ms(const struct workload *workload, uint64_t elapsed_ms)
{
	if (workload_phase(workload, elapsed_ms) == workload->phases)
		return 0;
	return workload->phase_ms - elapsed_ms % workload->phase_ms;
}

unsigned workload_tasks(const struct workload *workload, enum workload_kind kind, unsigned phase)
{
	const struct workload_part *part = &workload->parts[kind];

	if (phase >= workload->phases || part->phases == 0)
		return 0;
	return part->tasks[phase < part->phases ? phase : part->phases - 1];
}
