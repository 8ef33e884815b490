# SPDX-License-Identifier: MIT
#
# The daemon and the agent on lab 1's stock toolstack. Part of the top Makefile, after lab1.mk.

LAB1_STAGED = $(addprefix $(LAB1_DIR)/,test_cagmad test_guests test_selfgrow)
$(LAB1_STAGED): LAB1_CHECK = $(shell $(PKG_CONFIG) --libs check)
$(LAB1_STAGED): $(LAB1_DIR)/%: $(LAB1_DIR)/%.o $(LAB1_DIR)/stage.o $(LAB1_LIB) \
                $(addprefix $B/,tests/unit/suite.o $(COMMON_PURE)) \
                $(LAB1_DIR)/libfakexen.so $(addprefix $B/,$(PROGS))
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LAB1_LIBS) $(LAB1_CHECK)

$(LAB1_DIR)/test_guests: $B/host/store.o

.PHONY: staged check-cagmad check-guests check-selfgrow
staged: $(LAB1_STAGED)
check-cagmad check-guests check-selfgrow: check-%: $(LAB1_DIR)/test_%
	$Q$<
