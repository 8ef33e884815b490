/* SPDX-License-Identifier: MIT */
#include "host/simcmd/scenario_file.h"

#include "host/simcmd/command.h"

#include <string.h>

struct reading {
	struct grammar_reader reader;
	struct sim_scenario *scenario;
};

static const char *take_line(void *arg, struct text line)
{
	struct reading *r = arg;
	struct grammar_statement statement;
	const char *wrong = grammar_read(&r->reader, line, &statement);
	return wrong ? wrong : sim_scenario_take(r->scenario, &statement);
}

bool scenario_file_read(const char *path, struct sim_scenario *ret_scenario)
{
	struct reading reading = {.reader.player = GRAMMAR_BY_SIMULATOR, .scenario = ret_scenario};
	char wrong[GRAMMAR_WRONG];
	sim_scenario_begin(ret_scenario);
	if (!command_read_lines(path, GRAMMAR_LINE, take_line, &reading))
		return false;
	if (sim_scenario_end(ret_scenario, wrong))
		return true;
	log_error("%s: %s", lines_name(path), wrong);
	return false;
}

static const char *use_mark(enum grammar_use use)
{
	static const char *const marks[] = {
		[GRAMMAR_PLAYS] = "plays", [GRAMMAR_IGNORES] = "-", [GRAMMAR_REFUSES] = "refuses"};
	return marks[use];
}

/* Writes the default of a word, or nothing if `about` says it. */
static void write_standard(const struct grammar_row *row, char *buf, size_t size)
{
	struct text value = grammar_value(row->kind, (unsigned)row->standard);
	buf[0] = '\0';
	if (row->kind == GRAMMAR_NUMBER || row->kind == GRAMMAR_WHOLE)
		snprintf(buf, size, "%g", row->standard);
	else
		snprintf(buf, size, "%.*s", (int)value.len, value.at);
	if (strchr(row->about, ';'))
		buf[0] = '\0';
}

static void print_word(const struct grammar_row *row, FILE *file)
{
	bool is_number = row->kind == GRAMMAR_NUMBER || row->kind == GRAMMAR_WHOLE;
	char values[64], standard[16];
	snprintf(values, sizeof(values), "%s %s",
		 is_number ? row->range : grammar_kind_values(row->kind),
		 grammar_unit_name(row->unit));
	write_standard(row, standard, sizeof(standard));
	fprintf(file, "  %-15s  %-27s %-7s %-8s %-8s %-8s %s\n", row->word, values, standard,
		use_mark(row->use[GRAMMAR_BY_SIMULATOR]), use_mark(row->use[GRAMMAR_BY_TOOLSTACK]),
		use_mark(row->use[GRAMMAR_BY_EXPERIMENT]), row->about);
}

void scenario_file_print_words(FILE *file)
{
	enum grammar_section section = GRAMMAR_NOWHERE;
	fprintf(file, "%-18s %-27s %-7s %-8s %-8s %-8s %s\n", "words of scenarios", "values",
		"default", "simul.", "lab", "experim.", "");
	for (unsigned i = 0; i < GRAMMAR_N_WORDS; i++) {
		const struct grammar_row *row = &grammar_rows[i];
		if (row->section != section)
			fprintf(file, "%s\n", grammar_section_title(row->section));
		section = row->section;
		print_word(row, file);
	}
	fputs("docs/simulator.md explains them.\n", file);
}
