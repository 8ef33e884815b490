# SPDX-License-Identifier: MIT
# cagma-bench, the work of a guest in an experiment, and the collector of its host.
#
# make bench-tools    both; with LDFLAGS=-static-pie cagma-bench runs in any guest
# make check-bench    unit tests, and each kind of task for a second
# make result-published-experiment
#                     the experiment, in lab 2 or on a host of your own (DOM0= and SWAP= as for
#                     make lab), and its plots, in build/experiment; tests/bench/run-experiment.sh
#                     says what may be asked of it
# make experiment-short
#                     its short form, which make check runs

BENCH_DIR   = $B/tests/bench
BENCH_PURE  = $(addprefix tests/bench/,workload.o tally.o experiment.o)
BENCH_PROGS = tests/bench/cagma-bench tests/bench/bench-collector
BENCH_TESTS = $(patsubst %.c,$B/%,$(wildcard tests/bench/test_*.c))

$(BENCH_DIR)/cagma-bench: $(addprefix $B/,tests/bench/bench.o tests/bench/runner.o tests/bench/task.o \
                            tests/lab2/guest/meter.o $(BENCH_PURE) common/text.o)
$(BENCH_DIR)/bench-collector: $(BENCH_DIR)/collector.o
$(BENCH_DIR)/bench-collector: LDLIBS += -lxenctrl -lxenstore
$(addprefix $B/,$(BENCH_PROGS)):
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BENCH_TESTS): %: %.o $(addprefix $B/,$(BENCH_PURE) tests/unit/suite.o common/text.o)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs check)

.PHONY: bench-tools check-bench
bench-tools: $(addprefix $B/,$(BENCH_PROGS))
check-bench: bench-tools $(BENCH_TESTS)
	$Qfor t in $(BENCH_TESTS); do $$t || exit 1; done
	$Qsh tests/bench/test_tasks.sh $(BENCH_DIR)/cagma-bench
	$Qbash tests/bench/test_pieces.sh $(BENCH_DIR)/cagma-bench
	$Qbash tests/bench/test_judge.sh
