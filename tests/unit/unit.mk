# SPDX-License-Identifier: MIT
# Unit tests, and the documents that tables write. Part of the top Makefile.
#
#: make check-unit     runs the unit tests; SAN=1 and CC= are heeded
#: make result-doctor   plants faults of hosts and guests, and counts what cagmactl doctor finds
#: make check-migrate  tests cagma-migrate and its library without Xen, over a played libxc
#: make docs           writes docs/xenstore-keys.md and docs/monitoring.md from their tables; make check-docs compares,
#:                     and has our programs take each command that the pages show
#: make check-house    judges the folders by their #include lines (RESULT house), looks that every path and target
#:                     of make that the pages name is there, and judges the exposure of the units
#: make check-hardening  proves that every program is built with the compiler's and the linker's hardening

UNIT_DEPS    = check clang shellcheck cpio binutils systemd
MKGUEST_DEPS = mmdebstrap xz-utils kmod e2fsprogs util-linux debian-archive-keyring
UNIT_TESTS   = $(patsubst %.c,$B/%,$(wildcard tests/unit/test_*.c))
UNIT_SCRIPTS = $(wildcard tests/unit/test_*.sh)
UNIT_FAKED   = $B/tests/unit/cagma-agent-faked
CHECK_LIBS   = $(shell $(PKG_CONFIG) --libs check)

# What the tests share.
$B/tests/unit/libunit.a: $(addprefix $B/tests/unit/,suite.o fixture.o world.o decided.o played.o wishful.o reserved.o exposition.o)
$(addprefix $B/tests/unit/test_,arguments config config_save xlcfg): LDLIBS = -lxlutil
$(addprefix $B/tests/unit/test_,exposition findings screens): LDLIBS = -ljson-c
$B/tests/unit/test_desk: LDLIBS = -lxenlight -lxlutil -lxenctrl -lxenstore -lxentoollog -ljson-c
$(addprefix $B/tests/unit/test_,fleet sim sim_kinds): LDLIBS = -lm
$B/tests/unit/test_cib: LDLIBS = -lxml2
$B/tests/unit/test_connection: LDLIBS = -lxenstore
$B/tests/unit/test_hypervisor: LDLIBS = -lxenctrl -lxentoollog
$B/tests/unit/test_target: LDLIBS = -lxenlight -lxentoollog
$(UNIT_TESTS): %: %.o $B/tests/unit/libunit.a $B/libcagma-host.a $B/libcagma-guest.a $(CORE_LIB)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) $(CHECK_LIBS)
# The agent, with a directory in the place of xenstore.
$(UNIT_FAKED): $B/guest/cagma-agent.o $B/tests/unit/fake_xenstore.o $(GUEST_LIBS)
	$(link) -pthread

.PHONY: result-doctor
result-doctor: $B/tests/unit/test_findings
	@mkdir -p $(RESULTS)
	$Q$<
.PHONY: check-unit check-migrate docs check-docs check-house check-hardening migrate-programs
check-unit: $(UNIT_TESTS) $(UNIT_FAKED) all
	$Qfor t in $(UNIT_TESTS); do echo "  TEST    $$t"; $$t || exit 1; done
	$Qprintf '%s\n' $(UNIT_SCRIPTS) | xargs -P 4 -I @ sh -c \
	  'out=$$(timeout 600 sh @ $B 2>&1); r=$$?; echo "  TEST    @"; echo "$$out"; exit $$r'
check-house:
	@mkdir -p $(RESULTS)
	$Qsh tests/house/house.sh > $(RESULTS)/house.txt; r=$$?; cat $(RESULTS)/house.txt; exit $$r
	$Qsh tests/house/paths.sh
	$Qsh tests/house/exposure.sh 1.3 systemd/*.service.in
# What the sanitizers link is not hardened.
check-hardening: all
	$Qsh tests/house/hardening.sh $(addprefix $B/,$(PROGS) guest/cagma-guest-init host/cagma-save-helper \
	  host/libcagma-precopy.so)

# --- migration: the played libxc ---------------------------------------------
MIGRATE_TEST   = $B/tests/migrate
MIGRATE_PLAYED = $(foreach v,own own-part other,$(MIGRATE_TEST)/fakehelper-$v)
# No .d files: make would take the rule for fakehelper-% to renew them.
MIGRATE_CFLAGS = $(filter-out -D_FORTIFY_SOURCE=% -MMD -MP,$(PIC_CFLAGS))
MIGRATE_TESTS  = $(patsubst %.c,$B/%,$(wildcard tests/migrate/test_*.c))
# As libxenctrl and libxenguest are: with their version behind each name, and never sanitized, as
# the library goes into them.
# own: all of libxc, with the versions that the system's has; own-part: without one of the functions that
# our library stands before; other: of another release.
MIGRATE_MAP_own      = s/xc_logdirty_control; xc__hypercall_buffer_alloc_pages/xc_*/
MIGRATE_MAP_own-part = s/xc__hypercall_buffer_alloc_pages/xc_version/
MIGRATE_MAP_other    = $(MIGRATE_MAP_own); s/^[A-Za-z]*_4[.][0-9]*/&1/
$(MIGRATE_TEST)/fakexc-%.map: $B/host/migrate/preload.map tests/unit/unit.mk
	@mkdir -p $(@D)
	$Qsed '$(MIGRATE_MAP_$*)' $< >$@
$(MIGRATE_TEST)/libfakexc-%.so: tests/migrate/fakexc.c $(MIGRATE_TEST)/fakexc-%.map
	@mkdir -p $(@D); echo "  LD      $@"
	$Q$(CC) $(MIGRATE_CFLAGS) -shared -Wl,--version-script=$(MIGRATE_TEST)/fakexc-$*.map -o $@ $<
$(MIGRATE_PLAYED): $(MIGRATE_TEST)/fakehelper-%: tests/migrate/fakehelper.c $(MIGRATE_TEST)/libfakexc-%.so
	@echo "  LD      $@"
	$Q$(CC) $(MIGRATE_CFLAGS) -o $@ $< $(MIGRATE_TEST)/libfakexc-$*.so -Wl,-rpath,'$$ORIGIN'
$(MIGRATE_TESTS): %: %.o $B/tests/unit/libunit.a $(HOST_LIBS)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(CHECK_LIBS)
migrate-programs: $(MIGRATE_TESTS) $(MIGRATE_PLAYED)
check-migrate: migrate-programs all
	$Qfor t in $(MIGRATE_TESTS); do echo "  TEST    $$t"; $$t || exit 1; done
	@echo "  TEST    tests/migrate/test_migrate.sh"
	$Qtimeout 600 sh tests/migrate/test_migrate.sh $B

# --- the documents that the tables write ---------------------------------------
DOCS = xenstore-keys monitoring
$(DOCS:%=$B/docs/%): %: %.o $(CORE_LIB)
	$(link)
docs: $(DOCS:%=$B/docs/%)
	$Qfor d in $(DOCS); do $B/docs/$$d > docs/$$d.md || exit 1; done
check-docs: $(DOCS:%=$B/docs/%) all $B/tests/bench/cagma-bench
	$Qfor d in $(DOCS); do $B/docs/$$d | diff -u docs/$$d.md - \
	  || { echo "docs/$$d.md is not what the tables say: run 'make docs'" >&2; exit 1; }; done
	$Qsh tests/house/commands.sh $B

# Every test that needs no real Xen, and every program of the tests.
CHECKS = check-unit check-fuzz check-need check-migrate check-sim check-bench check-xen-judge $(TOOLSTACK_CHECKS)
.PHONY: test-programs
test-programs: $(UNIT_TESTS) $(NEED_TESTS) $(UNIT_FAKED) $B/tests/sim/decide_equal migrate-programs toolstack xen-programs
