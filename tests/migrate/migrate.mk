# SPDX-License-Identifier: MIT
#
# make check-migrate   cagma-migrate and its library without Xen, over a played libxc

MIGRATE_TEST    = $B/tests/migrate
MIGRATE_PLAYED  = $(foreach v,4.17 4.17-part 4.18,$(MIGRATE_TEST)/fakehelper-$v)
MIGRATE_CFLAGS  = $(filter-out -fPIE -D_FORTIFY_SOURCE=%,$(PRECOPY_CFLAGS))

# As libxenctrl and libxenguest are: with their version behind each name, and never sanitized, as
# the library goes into them.
$(MIGRATE_TEST)/libfakexc-%.so: tests/migrate/fakexc.c tests/migrate/fakexc-%.map host/precopy.mk
	@mkdir -p $(@D); echo "  LD      $@"
	$Q$(CC) $(MIGRATE_CFLAGS) -shared -Wl,--version-script=tests/migrate/fakexc-$*.map -o $@ $<
$(MIGRATE_TEST)/fakehelper-%: tests/migrate/fakehelper.c $(MIGRATE_TEST)/libfakexc-%.so
	@echo "  LD      $@"
	$Q$(CC) $(MIGRATE_CFLAGS) -o $@ $< $(MIGRATE_TEST)/libfakexc-$*.so -Wl,-rpath,'$$ORIGIN'
MIGRATE_TESTS = $(MIGRATE_TEST)/test_preload $(MIGRATE_TEST)/test_command
$(MIGRATE_TEST)/test_command: $B/host/migrate/arguments.o
$(MIGRATE_TESTS): %: %.o $B/tests/unit/libunit.a $B/libcagma-core.a
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
	  $(shell $(PKG_CONFIG) --libs check)

.PHONY: check-migrate migrate-programs
migrate-programs: $(MIGRATE_TESTS) $(MIGRATE_PLAYED) $(MIGRATE_PARTS)
check-migrate: migrate-programs
	$Qfor t in $(MIGRATE_TESTS); do echo "  TEST    $$t"; $$t || exit 1; done
	@echo "  TEST    tests/migrate/test_migrate.sh"
	$Qtimeout 120 sh tests/migrate/test_migrate.sh $B
