# SPDX-License-Identifier: MIT
#
#: make                    builds everything below build/
#: make demo               plays four guests without and with balancing, in under a minute
#: make check              runs every test, ending with the proof on real Xen in QEMU: about 17 min on two cores,
#:                         40 on a machine that emulates guests' memory eight times more slowly
#: make check-fast         runs every test but those on real Xen: 10 to 20 min on two processors
#: make pure               proves that the folders of the pure core reach nothing outside
#: make install uninstall  copies what is built, or removes it: DESTDIR= PREFIX= SYSCONFDIR= LIBDIR= SYSTEMDUNITDIR=;
#:                         install-daemon, install-exporter, install-engines, install-sim, install-agent, install-mkguest and
#:                         install-migrate do a part; install-openrc and install-runit install the static agent with a script of OpenRC
#:                         (OPENRCDIR=) or runit (RUNITDIR=), and install-static without one
#: make deps               installs what building, testing and the labs need (Debian 12)
#: make format             formats the C code
#: make check-warnings     builds everything with gcc and with clang, warnings being errors
#: V=1 shows commands; SAN=1 builds with ASan and UBSan into build-san/

# The one place that has the version is Debian's changelog.
VERSION        := $(shell sed -n '1s/^cagma (\([0-9.]*\)).*/\1/p' debian/changelog)
PREFIX         ?= /usr/local
SBINDIR        ?= $(PREFIX)/sbin
MANDIR         ?= $(PREFIX)/share/man
SYSCONFDIR     ?= /etc
LIBDIR         ?= $(PREFIX)/lib/cagma
SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR    ?= $(PREFIX)/lib/sysusers.d
DATADIR        ?= $(PREFIX)/share/cagma
OPENRCDIR      ?= $(SYSCONFDIR)/init.d
RUNITDIR       ?= $(SYSCONFDIR)/sv
COMPLETIONDIR  ?= $(PREFIX)/share/bash-completion/completions
PKG_CONFIG     ?= pkg-config
INSTALL        ?= install
B              ?= build$(if $(SAN),-san)
RESULTS         = build/results
Q              := $(if $(V),,@)

CFLAGS  ?= -O2 -g
# The release of Xen that this system has the libraries of: 4.XEN_MINOR. Each build is for one release.
XEN_MINOR := $(or $(shell $(PKG_CONFIG) --modversion xencontrol 2>/dev/null | cut -d . -f 2),17)
WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wvla -Wformat=2 -Wswitch-enum -Wundef
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
HARDEN   = -fstack-protector-strong -fstack-clash-protection -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2) \
           $(if $(filter x86_64 i%86,$(MACHINE)),-fcf-protection) \
           $(if $(filter aarch64,$(MACHINE)),-mbranch-protection=standard)
HARDEN_LINK = -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
ALL_CFLAGS  = -std=gnu11 -D_GNU_SOURCE -DCAGMA_VERSION='"$(VERSION)"' \
              -DXEN_MINOR=$(XEN_MINOR) -DCAGMA_SYSCONFDIR='"$(SYSCONFDIR)"' -I. $(WARN) $(HARDEN) $(CFLAGS) $(EXTRA_CFLAGS) -MMD -MP
ALL_LDFLAGS = -pie $(HARDEN_LINK) $(LDFLAGS)
ifdef SAN
SANFLAGS    = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ALL_CFLAGS  += $(SANFLAGS)
ALL_LDFLAGS += $(SANFLAGS)

# --- what there is: a folder is pure, or it is an edge -----------------------
PURE_FOLDERS = common host/core host/conftext host/reserve host/policy host/precopy host/show host/exposition host/engines host/sim guest/core
HOST_EDGES   = common/system host/xen host/config host/guests host/daemon host/control host/ctl host/exporter host/migrate host/moving host/simcmd
GUEST_EDGES  = common/system guest guest/mkguest
PROGS        = host/cagmad host/cagmactl host/cagma-exporter host/cagma-sim host/cagma-migrate host/cagma-ganeti host/cagma-pacemaker guest/cagma-agent guest/cagma-mkguest
# Each of these stands alone: no library has it, and nothing is linked with it.
ALONE        = $(PROGS) host/cagma-save-helper guest/cagma-guest-init host/migrate/preload

objects = $(patsubst %.c,$B/%.o,$(filter-out $(ALONE:=.c),$(wildcard $(addsuffix /*.c,$(1)))))
PURE    = $(call objects,$(PURE_FOLDERS))
CORE_LIB    = $B/libcagma-core.a
HOST_LIBS   = $B/libcagma-host.a $(CORE_LIB)
GUEST_LIBS  = $B/libcagma-guest.a $(CORE_LIB)
$(CORE_LIB): $(PURE)
$B/libcagma-host.a: $(call objects,$(HOST_EDGES)) $B/host/exporter/page.o
$B/libcagma-guest.a: $(call objects,$(GUEST_EDGES))

all: $(addprefix $B/,$(PROGS) guest/cagma-guest-init host/cagma-save-helper host/libcagma-precopy.so) mkguest-parts
link = @echo "  LD      $@"; $(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)
$B/host/cagmad: LDLIBS = -lxenlight -lxlutil -lxenctrl -lxenstore -lxentoollog -ljson-c
$B/host/cagmactl: LDLIBS = -lxlutil -lxenstore -ljson-c -lncurses
$B/host/cagma-exporter: LDLIBS = -lmicrohttpd -ljson-c
$B/host/cagma-sim: LDLIBS = -lm
$B/host/cagma-ganeti: LDLIBS = -ljson-c
$B/host/cagma-pacemaker: LDLIBS = -lxml2 -lxlutil -ljson-c
$B/host/cagma-migrate: LDLIBS = -lxenstore
$B/guest/cagma-agent: LDLIBS = -lxenstore -pthread
$(addprefix $B/,$(filter host/%,$(PROGS))): %: %.o $(HOST_LIBS)
	$(link)
$(addprefix $B/,$(filter guest/%,$(PROGS))): %: %.o $(GUEST_LIBS)
	$(link)
$B/host/cagma-save-helper: %: %.o
	$(link)
# The first program of a guest is alone in it: static, and without sanitizers' libraries.
$B/guest/cagma-guest-init: guest/cagma-guest-init.c Makefile
	@mkdir -p $(@D); echo "  LD      $@"
	$Q$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O2 $(HARDEN) $(EXTRA_CFLAGS) \
	  -static-pie $(HARDEN_LINK) -s -o $@ $<
# The one file that includes headers of libxml2.
$B/host/moving/cib.o: private ALL_CFLAGS += $(shell $(PKG_CONFIG) --cflags libxml-2.0)
# The page of cagma-exporter is text in the tree, and C in the program.
PAGE = $(addprefix host/exporter/,embed.sh $(addprefix page/page.,html css js))
$B/host/exporter/page.c: $(PAGE) Makefile
	@mkdir -p $(@D); echo "  EMBED   host/exporter/page"
	$Qsh $< host/exporter/page >$@
$B/host/exporter/page.o: $B/host/exporter/page.c
	$Q$(CC) $(ALL_CFLAGS) -c -o $@ $<
$B/%.o: %.c Makefile debian/changelog
	@mkdir -p $(@D); echo "  CC      $<"
	$Q$(CC) $(ALL_CFLAGS) -c -o $@ $<
$B/%.a: Makefile
	@echo "  AR      $@"
	$Qrm -f $@ && ar rcs $@ $(filter %.o,$^)

# This library goes into Xen's own program: never sanitized, and position-independent.
PIC_CFLAGS = $(filter-out $(SANFLAGS) -fPIE,$(ALL_CFLAGS)) -fPIC
PIC        = $(patsubst %.c,$B/pic/%.o,host/migrate/preload.c host/migrate/run.c host/migrate/holes.c $(wildcard host/precopy/*.c common/*.c common/system/*.c))
$B/pic/%.o: %.c Makefile debian/changelog
	@mkdir -p $(@D); echo "  CC      $< (pic)"
	$Q$(CC) $(PIC_CFLAGS) -c -o $@ $<
# What it defines has the versions that the system's libxenctrl and libxenguest have.
ABI_CONTROL = $(shell sh host/migrate/abi.sh libxenctrl xc_version)
ABI_GUEST   = $(shell sh host/migrate/abi.sh libxenguest xc_domain_save)
$B/pic/host/migrate/preload.o: private PIC_CFLAGS += -DABI_CONTROL='"$(ABI_CONTROL)"' -DABI_GUEST='"$(ABI_GUEST)"'
$B/host/migrate/preload.map: host/migrate/abi.sh Makefile
	@mkdir -p $(@D)
	$Qsh host/migrate/abi.sh --map >$@
$B/host/libcagma-precopy.so: $(PIC) $B/host/migrate/preload.map
	@echo "  LD      $@"
	$Q$(CC) $(filter-out $(SANFLAGS),$(LDFLAGS)) -shared $(HARDEN_LINK) -Wl,--version-script=$(filter %.map,$^) -o $@ $(PIC)

# What cagma-mkguest puts into guests, where it finds it: beside its own directory.
mkguest-parts: $(addprefix $B/guest/,cagma-agent cagma-guest-init)
	$Q$(INSTALL) -C -D -t $B/lib/cagma $^
	$Qsed -e 's|@sbindir@|/usr/sbin|g' systemd/cagma-agent.service.in > $B/lib/cagma/cagma-agent.service

include systemd/install.mk guest/static.mk

# What a newcomer calls first installs what it needs before anything is built.
NEWCOMER = demo lab lab-full check check-fast experiment-short precopy-short result-%
ifeq ($(DEPS_READY)$(filter-out $(NEWCOMER),$(or $(MAKECMDGOALS),all)),)
$(MAKECMDGOALS): deps-first ;
deps-first:
	$Q$(MAKE) --no-print-directory deps
	$Q$(MAKE) --no-print-directory DEPS_READY=1 $(MAKECMDGOALS)
.PHONY: deps-first $(MAKECMDGOALS)
else
include $(wildcard tests/*/*.mk) debian/package.mk

pure: $(CORE_LIB)
	$Qsh tests/house/pure.sh $B $(PURE_FOLDERS)
COMPILERS = gcc clang
check-warnings:
	@for cc in $(COMPILERS); do echo "  WERROR  $$cc"; \
	  $(MAKE) --no-print-directory -j4 B=build-$$cc CC=$$cc EXTRA_CFLAGS=-Werror all test-programs >build-$$cc.log 2>&1 \
	  || { cat build-$$cc.log; exit 1; }; rm -f build-$$cc.log; done
# Plain and sanitized side by side: most of the time is spent waiting for played hosts.
check-san:
	+$Q$(MAKE) --no-print-directory SAN=1 checks
checks: $(CHECKS)
# Everything is built before, so that no compiler takes a played host's time.
check-fast:
	+$Q$(MAKE) --no-print-directory -j4 all test-programs
	+$Q$(MAKE) --no-print-directory -j4 SAN=1 all test-programs
	+$Q$(MAKE) --no-print-directory -j4 --output-sync=target pure check-docs check-house check-hardening check-packages $(CHECKS) check-san
# The programs under test are gcc's half of check-warnings.
check:
	+$Q$(MAKE) --no-print-directory CC=gcc EXTRA_CFLAGS=-Werror check-fast
	+$Q$(MAKE) --no-print-directory COMPILERS=clang check-warnings
	+$Q$(MAKE) --no-print-directory -j4 check-static
	+$Q$(MAKE) --no-print-directory lab
	+$Q$(MAKE) --no-print-directory -j4 fuzz-short
	+$Q$(MAKE) --no-print-directory experiment-short
	+$Q$(MAKE) --no-print-directory precopy-short
endif

help:
	@sed -n 's/^#: //p' $(filter-out %.d,$(MAKEFILE_LIST))
format:
	clang-format -i $$(git ls-files '*.c' '*.h')
# What apt would install, if no headers of Xen are there yet.
XEN_RELEASE = $(or $(shell $(PKG_CONFIG) --modversion xencontrol 2>/dev/null | cut -d . -f 1,2),$(shell \
          apt-cache show --no-all-versions libxen-dev | sed -n 's/^Version: \([0-9]*[.][0-9]*\).*/\1/p'))
DEPS = gcc clang libc6-dev pkg-config libxen-dev libjson-c-dev libncurses-dev libmicrohttpd-dev libxml2-dev check $(MKGUEST_DEPS) $(UNIT_DEPS) $(STATIC_DEPS) $(FUZZ_DEPS) $(TOOLSTACK_DEPS) $(XEN_DEPS)
deps:
	@missing=$$(for p in $(sort $(DEPS)); do dpkg-query -W -f '$${db:Status-Status}\n' $$p 2>/dev/null | \
	  grep -qx installed || echo $$p; done); [ -z "$$missing" ] || { echo "  DEPS   " $$missing; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; }
clean:
	rm -rf build build-*

.PHONY: all mkguest-parts pure check checks check-fast check-san check-warnings help format deps clean
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all
-include $(shell find $B -name root -prune -o -name '*.d' -type f -print 2>/dev/null)
