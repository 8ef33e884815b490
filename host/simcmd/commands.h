/* SPDX-License-Identifier: MIT */
/*
 * commands.h - the subcommands of cagma-sim, each in the file of its name.
 */
#ifndef CAGMA_SIMCMD_COMMANDS_H
#define CAGMA_SIMCMD_COMMANDS_H

#include "host/simcmd/command.h"

extern const struct command run_command, trace_command, scale_command, demand_command,
	replay_command, decide_command, precopy_command, density_command;

#endif
