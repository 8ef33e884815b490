/* SPDX-License-Identifier: MIT */
#include "host/simcmd/scenario_file.h"

#include "host/simcmd/command.h"

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
	command_complain("%s: %s", lines_name(path), wrong);
	return false;
}
