# SPDX-License-Identifier: MIT
#
# The daemon and the agent on lab 1's stock toolstack. Part of the top Makefile, after lab1.mk.

LAB1_STAGED_NAMES = cagmad guests alarms selfgrow reservations cagmactl dom0 migrating
LAB1_STAGED       = $(addprefix $(LAB1_DIR)/test_,$(LAB1_STAGED_NAMES))
$(LAB1_STAGED): LAB1_CHECK = $(shell $(PKG_CONFIG) --libs check)
$(LAB1_STAGED): $(LAB1_DIR)/%: $(LAB1_DIR)/%.o $(LAB1_DIR)/stage.o $(LAB1_LIB) \
                $(addprefix $B/,tests/unit/suite.o $(COMMON_PURE)) \
                $(LAB1_DIR)/libfakexen.so $(addprefix $B/,$(PROGS))
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LAB1_LIBS) $(LAB1_CHECK)

$(LAB1_DIR)/test_guests $(LAB1_DIR)/test_cagmactl: $(addprefix $B/host/,store.o leaseline.o uuid.o)
$(LAB1_DIR)/test_reservations $(LAB1_DIR)/test_cagmactl: $(LAB1_DIR)/ctl.o
$(LAB1_DIR)/test_cagmactl: $B/host/core/need.o
$(LAB1_DIR)/test_migrating: $(MIGRATE_PARTS)

.PHONY: staged $(addprefix check-,$(LAB1_STAGED_NAMES))
staged: $(LAB1_STAGED)
$(addprefix check-,$(LAB1_STAGED_NAMES)): check-%: $(LAB1_DIR)/test_%
	$Q$<
