# SPDX-License-Identifier: MIT
# cagma-bench, the work of a guest in an experiment, and the collector of its host.
#
#: make bench-tools    builds cagma-bench and its collector; LDFLAGS=-static-pie makes one that runs in any guest
#: make check-bench    runs their unit tests, and each kind of task for a second
#: make result-published-experiment
#:                     runs the experiment that CAGMA was published with, in the Xen lab or with DOM0= and SWAP=,
#:                     and plots it in build/experiment: 48 min, and an interrupted run goes on where it was;
#:                     tests/bench/run-experiment.sh has its options
#: make experiment-short
#:                     runs its short form, as make check does: 2 min, and 1 more for the lab's images at first

BENCH_DIR   = $B/tests/bench
BENCH_PURE  = $(addprefix tests/bench/,workload.o tally.o experiment.o) host/sim/grammar.o \
              common/text.o common/sentence.o
BENCH_PROGS = tests/bench/cagma-bench tests/bench/bench-collector
BENCH_TESTS = $(patsubst %.c,$B/%,$(wildcard tests/bench/test_*.c))

$(BENCH_DIR)/cagma-bench: $(addprefix $B/,tests/bench/bench.o tests/bench/runner.o tests/bench/task.o \
                            tests/xen/guest/meter.o common/system/lines.o $(BENCH_PURE))
$(BENCH_DIR)/bench-collector: $(BENCH_DIR)/collector.o
$(BENCH_DIR)/bench-collector: LDLIBS += -lxenctrl -lxenstore
$(addprefix $B/,$(BENCH_PROGS)):
	$(link)

$(BENCH_TESTS): %: %.o $(addprefix $B/,$(BENCH_PURE) tests/unit/suite.o)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS)

.PHONY: bench-tools check-bench
bench-tools: $(addprefix $B/,$(BENCH_PROGS))
check-bench: bench-tools $(BENCH_TESTS)
	$Qfor t in $(BENCH_TESTS); do $$t || exit 1; done
	$Qsh tests/bench/test_tasks.sh $(BENCH_DIR)/cagma-bench
	$Qbash tests/bench/test_pieces.sh $(BENCH_DIR)/cagma-bench
	$Qbash tests/bench/test_judge.sh
