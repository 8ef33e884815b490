# SPDX-License-Identifier: MIT
#
# make            build everything
# make deps       install what building, testing and the labs need (Debian 12)
# make demo       the main job on simulated guests, in under a minute
# make check      every test, ending with the proof on real Xen
# make check-fast the same without real Xen, in under three minutes
# make lab        the proof on real Xen alone
# make install    DESTDIR= PREFIX= SYSCONFDIR= LIBDIR= SYSTEMDUNITDIR= are honoured
# V=1 shows commands; SAN=1 builds with ASan and UBSan into build-san/

VERSION        ?= 0.1.0
PREFIX         ?= /usr/local
SBINDIR        ?= $(PREFIX)/sbin
MANDIR         ?= $(PREFIX)/share/man
SYSCONFDIR     ?= /etc
LIBDIR         ?= $(PREFIX)/lib/cagma
SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
PKG_CONFIG     ?= pkg-config
INSTALL        ?= install
B              ?= build$(if $(SAN),-san)
RESULTS         = build/results
Q              := $(if $(V),,@)

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wvla -Wformat=2 -Wswitch-enum -Wundef
HARDEN   = -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
ALL_CFLAGS  = -std=gnu11 -D_GNU_SOURCE -DCAGMA_VERSION='"$(VERSION)"' \
              -DCAGMA_SYSCONFDIR='"$(SYSCONFDIR)"' -I. $(WARN) $(HARDEN) $(CFLAGS) $(EXTRA_CFLAGS) -MMD -MP
ALL_LDFLAGS = -pie $(LDFLAGS)
ifdef SAN
SANFLAGS    = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_CFLAGS  += $(SANFLAGS)
ALL_LDFLAGS += $(SANFLAGS)
endif

# --- what each program is made of -----------------------------------------
COMMON_PURE = common/text.o common/line.o common/keys.o common/report.o \
              common/procfile.o common/meminfo.o common/vmstat.o common/psi.o
CORE        = host/core/model.o host/core/share.o host/core/balloon.o host/core/demand.o host/core/credit.o host/core/goal.o host/core/plan.o host/policy/policy.o host/policy/cagma.o \
              host/policy/qmemman.o host/policy/static.o host/policy/peers.o host/policy/cagma2017.o \
              host/policy/coordinator.o host/policy/coordinator_program.o host/policy/mom.o \
              host/policy/proxmox.o host/policy/squeezed.o host/core/uuid.o host/core/toolkeys.o host/core/reservation.o host/core/need.o \
              host/precopy/interval.o host/precopy/pace.o host/precopy/precopy.o host/precopy/dirtylog.o
GUEST_PURE  = guest/core/cadence.o guest/core/announce.o guest/core/alarm.o guest/core/selfgrow.o guest/core/reclaim.o
COMMON      = $(COMMON_PURE) common/file.o common/log.o
include host/sim.mk
PURE        = $(COMMON_PURE) $(CORE) $(GUEST_PURE) $(SIM_PURE)
AGENT       = guest/cagma-agent.o guest/agent.o guest/largest.o guest/sense.o guest/store.o guest/target.o guest/doze.o \
              guest/pressure.o guest/faults.o guest/recording.o guest/standing.o guest/capability.o guest/cgroup.o $(GUEST_PURE) $(COMMON)
DAEMON      = host/cagmad.o host/daemon/config.o host/daemon/engine.o host/daemon/guests.o host/daemon/intake.o \
              host/xen/hypervisor.o host/xen/store.o host/daemon/worker.o host/xen/target.o host/daemon/calls.o host/daemon/cap.o host/xen/savehelper.o host/daemon/trouble.o \
              host/daemon/publish.o host/xen/xllock.o host/daemon/record.o host/daemon/reservations.o host/daemon/dom0.o $(CORE) $(COMMON)
CTL         = host/cagmactl.o host/ctl/reserve.o common/command.o host/xen/xlcfg.o host/xen/store.o $(CORE) $(COMMON)
MKGUEST     = guest/cagma-mkguest.o $(addprefix guest/mkguest/,recipe.o sources.o diagnosis.o child.o workshop.o newc.o \
              job.o packages.o root.o boot.o stages.o) common/file.o common/log.o common/text.o

AGENT_LIBS  = -lxenstore -pthread
DAEMON_LIBS = -lxenlight -lxlutil -lxenctrl -lxenstore -lxentoollog
CTL_LIBS    = -lxlutil -lxenstore

PROGS = guest/cagma-agent guest/cagma-mkguest host/cagmad host/cagmactl host/cagma-sim

include host/precopy.mk

all: $(addprefix $B/,$(PROGS) guest/cagma-guest-init) $(MIGRATE_PARTS)

$B/guest/cagma-agent: $(addprefix $B/,$(AGENT))
$B/guest/cagma-agent: LDLIBS += $(AGENT_LIBS)
$B/guest/cagma-mkguest: $(addprefix $B/,$(MKGUEST))
$B/host/cagmad: $(addprefix $B/,$(DAEMON))
$B/host/cagmad: LDLIBS += $(DAEMON_LIBS)
$B/host/cagmactl: $(addprefix $B/,$(CTL))
$B/host/cagmactl: LDLIBS += $(CTL_LIBS)
$(addprefix $B/,$(PROGS)):
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)
# The first program of a guest is alone in it: static, and without sanitizers' libraries.
$B/guest/cagma-guest-init: guest/cagma-guest-init.c Makefile
	@mkdir -p $(@D); echo "  LD      $@"
	$Q$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O2 $(EXTRA_CFLAGS) -static -s -o $@ $<
$B/%.o: %.c Makefile
	@mkdir -p $(@D); echo "  CC      $<"
	$Q$(CC) $(ALL_CFLAGS) -c -o $@ $<

# What a newcomer calls first installs what it needs before anything is built.
NEWCOMER = demo lab lab-full check check-fast experiment-short precopy-short result-%
ifeq ($(DEPS_READY)$(filter-out $(NEWCOMER),$(or $(MAKECMDGOALS),all)),)
$(MAKECMDGOALS): deps-first ;
deps-first:
	$Q$(MAKE) --no-print-directory deps
	$Q$(MAKE) --no-print-directory DEPS_READY=1 $(MAKECMDGOALS)
.PHONY: deps-first $(MAKECMDGOALS)
else

# --- checks -----------------------------------------------------------------
include $(wildcard tests/*/*.mk)

# All that the core may reach: string functions, arithmetic, compiler helpers, itself.
PURE_OK = mem(cpy|set|move|cmp|chr|mem)|str(len|cmp|ncmp|chr|nlen|spn|cspn|tod)|sqrt|exp|log|cos|fmod|floor|fmin|fmax|fabs|__stack_chk_fail|__mem(cpy|set|move)_chk|_GLOBAL_OFFSET_TABLE_
pure: $(addprefix $B/,$(PURE))
	$Qnm $^ | awk '$$2 ~ /^[TDRBC]$$/ {print $$3}' | sort > $B/pure.own
	$Qfor o in $^; do nm -u $$o | awk -v o=$$o '{print $$2, o}'; done | sort | \
	  join -v 1 - $B/pure.own | grep -vE '^($(PURE_OK)) ' \
	  && { echo "the core is not pure: it reaches the above" >&2; exit 1; } || echo "  PURE    ok"

check-warnings:
	@for cc in gcc clang; do echo "  WERROR  $$cc"; \
	  $(MAKE) --no-print-directory B=build-$$cc CC=$$cc EXTRA_CFLAGS=-Werror all tests lab1 lab2-programs staged migrate-programs >build-$$cc.log 2>&1 \
	  || { cat build-$$cc.log; exit 1; }; rm -f build-$$cc.log; done

# Plain and sanitized side by side: most of the time is spent waiting for played hosts.
TESTS = check-unit check-migrate check-sim check-bench check-lab2-judge check-lab1 check-results $(addprefix check-,$(LAB1_STAGED_NAMES))
check-san:
	+$Q$(MAKE) --no-print-directory SAN=1 $(TESTS)
check-fast: all
	+$Q$(MAKE) --no-print-directory -j4 --output-sync=target pure check-docs $(TESTS) check-san
check: check-fast check-warnings lab
	+$Q$(MAKE) --no-print-directory experiment-short
	+$Q$(MAKE) --no-print-directory precopy-short

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# --- installing -------------------------------------------------------------
MKGUEST_DEPS = mmdebstrap xz-utils kmod e2fsprogs util-linux debian-archive-keyring
DEPS = gcc clang libc6-dev pkg-config libxen-dev check $(MKGUEST_DEPS) $(UNIT_DEPS) $(LAB1_DEPS) $(LAB2_DEPS)
deps:
	@missing=$$(for p in $(sort $(DEPS)); do dpkg-query -W -f '$${db:Status-Status}\n' $$p 2>/dev/null | \
	  grep -qx installed || echo $$p; done); [ -z "$$missing" ] || { echo "  DEPS   " $$missing; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; }

# $(call install_program,directory in the tree,name): program, unit, page of section 8
install_program = $(INSTALL) -D -m 0755 $B/$1/$2 $(DESTDIR)$(SBINDIR)/$2 && \
  $(INSTALL) -D -m 0644 docs/man/$2.8 $(DESTDIR)$(MANDIR)/man8/$2.8 && \
  $(INSTALL) -D -m 0644 systemd/$2.service.in $(DESTDIR)$(SYSTEMDUNITDIR)/$2.service && \
  sed -i -e 's|@sbindir@|$(SBINDIR)|g' -e 's|@sysconfdir@|$(SYSCONFDIR)|g' \
    $(DESTDIR)$(SYSTEMDUNITDIR)/$2.service
install: install-daemon install-agent install-mkguest install-migrate
# What cagma-mkguest puts into guests, where it finds it: beside its own directory. In guests the
# agent is always in /usr/sbin.
install-mkguest: $B/guest/cagma-mkguest mkguest-parts
	$(INSTALL) -D -m 0755 $B/guest/cagma-mkguest $(DESTDIR)$(SBINDIR)/cagma-mkguest
	$(INSTALL) -D -m 0644 docs/man/cagma-mkguest.8 $(DESTDIR)$(MANDIR)/man8/cagma-mkguest.8
	$(INSTALL) -D -t $(DESTDIR)$(LIBDIR) $B/lib/cagma/cagma-agent $B/lib/cagma/cagma-guest-init
	$(INSTALL) -m 0644 $B/lib/cagma/cagma-agent.service $(DESTDIR)$(LIBDIR)/
mkguest-parts: $B/guest/cagma-agent $B/guest/cagma-guest-init
	$Q$(INSTALL) -C -D -t $B/lib/cagma $^
	$Qsed -e 's|@sbindir@|/usr/sbin|g' systemd/cagma-agent.service.in > $B/lib/cagma/cagma-agent.service
# Found where cagma-migrate looks: beside its own directory.
install-migrate: $(MIGRATE_PARTS)
	$(INSTALL) -D -m 0755 $B/host/cagma-migrate $(DESTDIR)$(SBINDIR)/cagma-migrate
	$(INSTALL) -D -m 0644 docs/man/cagma-migrate.8 $(DESTDIR)$(MANDIR)/man8/cagma-migrate.8
	$(INSTALL) -D -t $(DESTDIR)$(LIBDIR) $B/host/cagma-save-helper
	$(INSTALL) -m 0644 $(PRECOPY_LIBRARY) $(DESTDIR)$(LIBDIR)/
install-agent: $B/guest/cagma-agent
	$(call install_program,guest,cagma-agent)
install-daemon: $B/host/cagmad $B/host/cagmactl $B/host/cagma-sim
	$(call install_program,host,cagmad)
	$(INSTALL) -D -m 0755 $B/host/cagmactl $(DESTDIR)$(SBINDIR)/cagmactl
	$(INSTALL) -D -m 0644 docs/man/cagmactl.8 $(DESTDIR)$(MANDIR)/man8/cagmactl.8
	$(INSTALL) -D -m 0755 $B/host/cagma-sim $(DESTDIR)$(SBINDIR)/cagma-sim
	$(INSTALL) -D -m 0644 docs/man/cagma-sim.8 $(DESTDIR)$(MANDIR)/man8/cagma-sim.8
	$(INSTALL) -D -m 0644 docs/man/cagmad.conf.5 $(DESTDIR)$(MANDIR)/man5/cagmad.conf.5
	[ -e $(DESTDIR)$(SYSCONFDIR)/xen/cagmad.conf ] || \
	  $(INSTALL) -D -m 0644 systemd/cagmad.conf $(DESTDIR)$(SYSCONFDIR)/xen/cagmad.conf
clean:
	rm -rf build build-*

.PHONY: pure check check-fast check-san check-warnings format deps install install-agent install-daemon install-mkguest install-migrate mkguest-parts clean
endif

.PHONY: all
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all
-include $(shell find $B -name '*.d' -type f 2>/dev/null)
