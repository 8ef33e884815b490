# SPDX-License-Identifier: MIT
#
# What is measured on lab 1's played host. Part of the top Makefile, after lab1.mk.
#
# make result-alarm-latency-lab1   from a guest's alarm to its new target, beside bare libxl: 40 s
# make result-pass-scale-lab1     what a pass with a thousand guests costs: 5 min
# make result-soak-lab1            50 guests for two hours of their own time: 8 min
# make result-stuck-lab1           what a held balloon costs the others: 2 min
# make check-results               the same in a few seconds each, without judging times

LAB1_RESULTS = alarm-latency-lab1 pass-scale-lab1 soak-lab1 stuck-lab1
LAB1_RESULT_PROGS = $(addprefix $(LAB1_DIR)/result-,$(LAB1_RESULTS))
$(LAB1_RESULT_PROGS): $(LAB1_DIR)/result-%-lab1: $(LAB1_DIR)/result-%.o $(LAB1_DIR)/result.o $(LAB1_LIB) \
                  $(addprefix $B/,$(COMMON_PURE)) \
                  $(LAB1_DIR)/libfakexen.so $(addprefix $B/,$(PROGS))
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LAB1_LIBS)

.PHONY: check-results $(addprefix result-,$(LAB1_RESULTS))
staged: $(LAB1_RESULT_PROGS)
check-results: $(LAB1_RESULT_PROGS)
	$Qprintf '%s\n' $^ | xargs -P 3 -I @ sh -c \
	  'out=$$(@ --short 2>&1); r=$$?; echo "  TEST    @"; echo "$$out"; exit $$r'
$(addprefix result-,$(LAB1_RESULTS)): result-%: $(LAB1_DIR)/result-%
	$Q$<
