# SPDX-License-Identifier: MIT
# The analyzers that read the code of the product. Part of the top Makefile.
#
#: make check-static       has cppcheck and clang-tidy read the code of the product: 1 min on two processors, then what has changed
#: make check-static-deep  has gcc -fanalyzer follow the calls within each file: 10 min

STATIC_DEPS  = clang-tidy cppcheck git gcc
STATIC_FLAGS = $(filter -std=% -D_GNU% -DCAGMA% -DXEN% -I%,$(ALL_CFLAGS)) -DABI_CONTROL='"x"' -DABI_GUEST='"x"' \
               $(shell $(PKG_CONFIG) --cflags libxml-2.0)
STATIC_FILES = $(wildcard $(addsuffix /*.c,$(PURE_FOLDERS) $(HOST_EDGES) $(GUEST_EDGES) host guest))
STATIC_TIDY  = $(STATIC_FILES:%.c=build/static/%.clang-tidy)
STATIC_GCC   = $(STATIC_FILES:%.c=build/static/%.gcc)
.PHONY: check-static check-static-deep build/static/all.cppcheck

# Each file's findings are a file of their own, made anew when it or a header of its changes.
define static_one
	@mkdir -p $(@D); echo "  STATIC  $< ($(1))"
	$Qgcc $(STATIC_FLAGS) -MM -MP -MT $@ -MF $@.d $<
	$Qsh tests/house/static.sh one $(1) $< $(STATIC_FLAGS) >$@
endef
build/static/%.clang-tidy: %.c .clang-tidy tests/house/static.sh
	$(call static_one,clang-tidy)
build/static/%.gcc: %.c tests/house/static.sh
	$(call static_one,gcc)
# cppcheck keeps what it knows itself.
build/static/all.cppcheck:
	@mkdir -p $(@D); echo "  STATIC  (cppcheck)"
	$Qsh tests/house/static.sh all build/static/cppcheck $(filter -D% -I%,$(STATIC_FLAGS)) >$@
check-static: build/static/all.cppcheck $(STATIC_TIDY)
check-static-deep: $(STATIC_GCC)
check-static check-static-deep: check-%:
	@mkdir -p $(RESULTS)
	$Qsh tests/house/static.sh judge $* $^ >$(RESULTS)/$*.txt; r=$$?; cat $(RESULTS)/$*.txt; exit $$r
