# SPDX-License-Identifier: MIT
# Guests whose numbers mislead. Part of the top Makefile.
#
#: make result-need-cases  runs every case of tests/need/cases, wherever its test stands
#: make check-need         runs the tests of tests/need

NEED_TESTS = $(patsubst %.c,$B/%,$(wildcard tests/need/test_*.c))
# The table's programs; others than those of tests/need are built by their own rules.
NEED_PROGS = $(addprefix $B/,$(shell awk -F ' *[|] *' '$$2 ~ /^tests/ { print $$2 }' tests/need/cases | sort -u))

$(NEED_TESTS): %: %.o $B/tests/unit/libunit.a $B/libcagma-host.a $B/libcagma-guest.a $(CORE_LIB)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) $(CHECK_LIBS)
$B/tests/need/test_host: LDLIBS = -lxlutil
.PHONY: check-need result-need-cases
check-need: $(NEED_TESTS)
	$Qfor t in $(NEED_TESTS); do echo "  TEST    $$t"; $$t || exit 1; done
result-need-cases: $(NEED_PROGS) all
	@mkdir -p $(RESULTS)
	$Qsh tests/need/run.sh $B >$B/need-cases.log 2>&1; r=$$?; cat $B/need-cases.log; \
	  grep ^RESULT $B/need-cases.log >$(RESULTS)/need-cases.txt; exit $$r
