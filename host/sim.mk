# SPDX-License-Identifier: MIT
#
# cagma-sim, the simulator (docs/simulator.md). Part of the top Makefile.

# The model of a guest's memory, which lab 1 plays too; and what is pure beside it.
SIM_MODEL = host/sim/memory.o host/sim/balloon.o host/sim/demand.o
SIM_PURE  = $(SIM_MODEL) host/sim/scenario.o host/sim/agent.o host/sim/host.o host/sim/daemon.o \
            host/sim/bound.o host/sim/knowing.o host/policy/states.o host/policy/replay.o host/sim/pattern.o host/sim/transfer.o
SIM       = host/cagma-sim.o host/simcmd/decide.o host/simcmd/replay.o host/simcmd/demand.o host/simcmd/run.o host/simcmd/play.o host/simcmd/table.o host/simcmd/scale.o \
            host/simcmd/precopy.o host/simcmd/precopy_table.o host/simcmd/precopy_cost.o host/simcmd/touches.o $(SIM_PURE) $(CORE) $(GUEST_PURE) $(COMMON)

$B/host/cagma-sim: $(addprefix $B/,$(SIM))
$B/host/cagma-sim: LDLIBS += -lm
