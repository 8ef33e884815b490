/* SPDX-License-Identifier: MIT */
/*
 * cagma-sim.c - the program that tries policies without a host: its list of subcommands. (Edge.)
 */
#include "host/simcmd/command.h"
#include "host/simcmd/commands.h"
#include "host/simcmd/scenario_file.h"

#include <stdlib.h>
#include <string.h>

static const struct command *const commands[] = {
	&run_command,    &trace_command,  &scale_command,   &demand_command,
	&replay_command, &decide_command, &precopy_command, &density_command,
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const struct command *find(const char *name)
{
	for (unsigned i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void print_help(FILE *file)
{
	fputs("Usage: cagma-sim COMMAND [OPTION]... [FILE]...\n\n"
	      "Try memory policies without a host.\n\n",
	      file);
	for (unsigned i = 0; i < N_COMMANDS; i++)
		fprintf(file, "  %-9s %s\n", commands[i]->name, commands[i]->about);
	fputs("\n  cagma-sim help COMMAND   shows the options of one\n"
	      "  cagma-sim help scenario  lists the words of scenarios\n"
	      "  cagma-sim --version      shows the version\n"
	      "\nA FILE - is standard input. cagma-sim ends with 0; with 1 when what was compared\n"
	      "differs or something failed; with 2 for wrong usage or a file that cannot be "
	      "read.\n",
	      file);
}

static int refuse(const char *name)
{
	return usage_wrong("there is no command \"%s\"", name);
}

static int help(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find(argv[1]) : NULL;
	if (argc > 1 && strcmp(argv[1], "scenario") == 0) {
		scenario_file_print_words(stdout);
		return EXIT_SUCCESS;
	}
	if (argc > 1 && !command)
		return refuse(argv[1]);
	if (command)
		command_print_help(command, stdout);
	else
		print_help(stdout);
	return EXIT_SUCCESS;
}

static bool is_any(const char *word, const char *name, const char *letter)
{
	return strcmp(word, name) == 0 || strcmp(word, letter) == 0;
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 1, argv + 1);
	if (is_any(argv[1], "--help", "-h"))
		return help(1, argv);
	if (is_any(argv[1], "--version", "-V"))
		return usage_version();
	const struct command *command = find(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : refuse(argv[1]);
}

int main(int argc, char **argv)
{
	log_init("cagma-sim", false);
	int code = run(argc, argv);
	return usage_printed() == EXIT_SUCCESS ? code : EXIT_FAILURE;
}
