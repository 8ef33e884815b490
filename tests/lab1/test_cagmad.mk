# SPDX-License-Identifier: MIT
#
# The daemon and the agent on lab 1's stock toolstack. Part of the top Makefile, after lab1.mk.

LAB1_INTEGRATION = $(LAB1_DIR)/test_cagmad
$(LAB1_INTEGRATION): LAB1_CHECK = $(shell $(PKG_CONFIG) --libs check)
$(LAB1_DIR)/test_cagmad: $(LAB1_DIR)/test_cagmad.o $(addprefix $B/,tests/unit/suite.o $(COMMON_PURE))
$(LAB1_INTEGRATION): $(LAB1_LIB) $(LAB1_DIR)/libfakexen.so $(addprefix $B/,$(PROGS))
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(sort $(filter %.o,$^)) $(LAB1_LIBS) $(LAB1_CHECK)

.PHONY: check-cagmad
check-cagmad: $(LAB1_INTEGRATION)
	$Q$(LAB1_DIR)/test_cagmad
