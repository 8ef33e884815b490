# SPDX-License-Identifier: MIT
#
# make            build everything
# make deps       install what building, testing and the labs need (Debian 12)
# make demo       the main job on simulated guests, in under a minute
# make check      every test, ending with the proof on real Xen
# make check-fast the same without real Xen, in under two minutes
# make lab        the proof on real Xen alone
# make install    DESTDIR= PREFIX= SYSCONFDIR= SYSTEMDUNITDIR= are honoured
# V=1 shows commands; SAN=1 builds with ASan and UBSan into build-san/

VERSION        ?= $(shell cat VERSION)
PREFIX         ?= /usr/local
SBINDIR        ?= $(PREFIX)/sbin
MANDIR         ?= $(PREFIX)/share/man
SYSCONFDIR     ?= /etc
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
CORE        = host/model.o host/share.o host/balloon.o host/demand.o host/plan.o host/policy.o host/policy_cagma.o \
              host/policy_static.o
GUEST_PURE  = guest/cadence.o guest/announce.o
PURE        = $(COMMON_PURE) $(CORE) $(GUEST_PURE)
COMMON      = $(COMMON_PURE) common/file.o common/log.o
AGENT       = guest/cagma-agent.o guest/sense.o guest/store.o $(GUEST_PURE) $(COMMON)
DAEMON      = host/cagmad.o host/config.o host/engine.o host/guests.o \
              host/hypervisor.o host/store.o host/worker.o host/target.o host/publish.o host/xllock.o host/record.o $(CORE) $(COMMON)

AGENT_LIBS  = -lxenstore
DAEMON_LIBS = -lxenlight -lxlutil -lxenctrl -lxenstore -lxentoollog

PROGS = guest/cagma-agent host/cagmad

all: $(addprefix $B/,$(PROGS)) units

$B/guest/cagma-agent: $(addprefix $B/,$(AGENT))
$B/guest/cagma-agent: LDLIBS += $(AGENT_LIBS)
$B/host/cagmad: $(addprefix $B/,$(DAEMON))
$B/host/cagmad: LDLIBS += $(DAEMON_LIBS)
$(addprefix $B/,$(PROGS)):
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)
$B/%.o: %.c Makefile
	@mkdir -p $(@D); echo "  CC      $<"
	$Q$(CC) $(ALL_CFLAGS) -c -o $@ $<
$B/%: %.in Makefile
	@mkdir -p $(@D); echo "  GEN     $@"
	$Qsed -e 's|@sbindir@|$(SBINDIR)|g' -e 's|@sysconfdir@|$(SYSCONFDIR)|g' $< > $@
units: $B/systemd/cagmad.service $B/systemd/cagma-agent.service

-include $(wildcard tests/*/*.mk)
-include $(shell find $B -name '*.d' 2>/dev/null)
