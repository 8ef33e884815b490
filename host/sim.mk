# SPDX-License-Identifier: MIT
#
# cagma-sim, the simulator (docs/simulator.md). Part of the top Makefile.

# The model of a guest's memory, which lab 1 plays too; and what is pure beside it.
SIM_MODEL = host/sim_memory.o host/sim_balloon.o host/sim_demand.o
SIM_PURE  = $(SIM_MODEL) host/sim_scenario.o host/sim_agent.o host/sim_host.o host/sim_daemon.o \
            host/sim_bound.o host/sim_knowing.o host/decide.o host/replay.o host/sim_pattern.o host/sim_transfer.o
SIM       = host/cagma-sim.o host/decide_main.o host/replay_main.o host/recorded_main.o host/sim_main.o host/sim_run.o host/sim_table.o host/sim_scale.o \
            host/precopy_main.o host/precopy_table.o host/precopy_cost.o host/touches.o $(SIM_PURE) $(CORE) $(GUEST_PURE) $(COMMON)

$B/host/cagma-sim: $(addprefix $B/,$(SIM))
$B/host/cagma-sim: LDLIBS += -lm
