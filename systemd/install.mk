# SPDX-License-Identifier: MIT
#
# What each part of an installation consists of. Part of the top Makefile. Nothing is compiled here:
# an install as root leaves nothing of root's in the tree.

# Three words for each file: its kind, the file, and the directory that it goes to. A "unit" is a
# template in which the directories are filled in, and so is a "script", for which the third word is
# the file itself; a "conf" is never overwritten, nor removed.
page = doc docs/man/$(1) $(MANDIR)/man$(subst .,,$(suffix $(1)))
INSTALL_daemon = program $B/host/cagmad $(SBINDIR) program $B/host/cagmactl $(SBINDIR) \
  unit systemd/cagmad.service.in $(SYSTEMDUNITDIR) conf systemd/cagmad.conf $(SYSCONFDIR)/xen \
  doc systemd/cagmactl.bash $(COMPLETIONDIR) \
  $(foreach p,cagma.7 cagmad.8 cagmactl.8 cagmad.conf.5,$(call page,$(p)))
INSTALL_sim = program $B/host/cagma-sim $(SBINDIR) $(call page,cagma-sim.8)
# The exporter is not started by being installed. Its group is made by systemd-sysusers.
INSTALL_exporter = program $B/host/cagma-exporter $(SBINDIR) unit systemd/cagma-exporter.service.in $(SYSTEMDUNITDIR) \
  doc systemd/sysusers.d/cagma.conf $(SYSUSERSDIR) \
  $(foreach f,cagma.rules.yml cagma-dashboard.json,doc host/exporter/prometheus/$(f) $(DATADIR)) $(call page,cagma-exporter.8)
# What tells engines that move guests starts nothing by being installed, either.
INSTALL_engines = program $B/host/cagma-pacemaker $(SBINDIR) program $B/host/cagma-ganeti $(SBINDIR) \
  unit systemd/cagma-pacemaker.service.in $(SYSTEMDUNITDIR) unit systemd/cagma-ganeti.service.in $(SYSTEMDUNITDIR) \
  doc systemd/cagma-ganeti.timer $(SYSTEMDUNITDIR) script systemd/cagma-ganeti-round.in $(LIBDIR)/cagma-ganeti-round \
  $(call page,cagma-pacemaker.8) $(call page,cagma-ganeti.8)
INSTALL_agent = program $B/guest/cagma-agent $(SBINDIR) unit systemd/cagma-agent.service.in $(SYSTEMDUNITDIR) \
  $(call page,cagma-agent.8)
# The agent of a guest that runs OpenRC: static, and with a script of its own.
INSTALL_openrc = program $(MUSL_AGENT) $(SBINDIR) script systemd/cagma-agent.openrc.in $(OPENRCDIR)/cagma-agent \
  $(call page,cagma-agent.8)
# The agent of a guest that runs runit: likewise, with a log of its own.
INSTALL_runit = program $(MUSL_AGENT) $(SBINDIR) $(call runit,$(RUNITDIR)/cagma-agent) $(call page,cagma-agent.8)
runit = script systemd/cagma-agent.run.in $(1)/run script systemd/cagma-agent.finish.in $(1)/finish \
  script systemd/cagma-agent.log.in $(1)/log/run
# What is copied into a guest that runs none of this: a program for any distribution, and what starts it.
INSTALL_static = program $(MUSL_AGENT) $(LIBDIR)/static unit systemd/cagma-agent.service.in $(LIBDIR)/static \
  script systemd/cagma-agent.openrc.in $(LIBDIR)/static/openrc/cagma-agent $(call runit,$(LIBDIR)/static/runit/cagma-agent)
# Where cagma-mkguest looks for what it puts into guests: beside its own directory.
INSTALL_mkguest = program $B/guest/cagma-mkguest $(SBINDIR) program $B/lib/cagma/cagma-agent $(LIBDIR) \
  program $B/lib/cagma/cagma-guest-init $(LIBDIR) doc $B/lib/cagma/cagma-agent.service $(LIBDIR) \
  $(call page,cagma-mkguest.8)
# Where cagma-migrate looks: likewise.
INSTALL_migrate = program $B/host/cagma-migrate $(SBINDIR) program $B/host/cagma-save-helper $(LIBDIR) \
  doc $B/host/libcagma-precopy.so $(LIBDIR) $(call page,cagma-migrate.8)

INSTALL_PARTS = daemon exporter engines sim agent mkguest migrate
# These put the static agent where the guest's own supervisor looks, or where an administrator does.
STATIC_PARTS  = openrc runit static
# Which parts each of Debian's packages has; debian/rules installs them by this.
PACKAGES                   = cagma cagma-agent cagma-agent-static cagma-engines cagma-exporter cagma-sim
PACKAGE_cagma              = daemon mkguest migrate
PACKAGE_cagma-agent        = agent
PACKAGE_cagma-agent-static = static
PACKAGE_cagma-engines      = engines
PACKAGE_cagma-exporter     = exporter
PACKAGE_cagma-sim          = sim
INSTALL_FILL  = sed -e 's|@sbindir@|$(SBINDIR)|g' -e 's|@sysconfdir@|$(SYSCONFDIR)|g' -e 's|@libdir@|$(LIBDIR)|g'
install: $(addprefix install-,$(INSTALL_PARTS))
$(addprefix install-,$(INSTALL_PARTS) $(STATIC_PARTS)): install-%:
	@set -e; set -- $(INSTALL_$*); while [ $$# -gt 0 ]; do \
	  to=$(DESTDIR)$$3/$$(basename $$2 .in); [ $$1 != script ] || to=$(DESTDIR)$$3; \
	  [ -e $$2 ] || { echo "$$2 is not built: run make first" >&2; exit 1; }; \
	  case $$1 in \
	  program) $(INSTALL) -D -m 755 $$2 $$to ;; \
	  doc) $(INSTALL) -D -m 644 $$2 $$to ;; \
	  conf) [ -e $$to ] || $(INSTALL) -D -m 644 $$2 $$to ;; \
	  unit) $(INSTALL) -D -m 644 /dev/null $$to; $(INSTALL_FILL) $$2 > $$to ;; \
	  script) $(INSTALL) -D -m 755 /dev/null $$to; $(INSTALL_FILL) $$2 > $$to ;; \
	  esac; echo "  INSTALL $$to"; shift 3; done
uninstall:
	@set -- $(foreach p,$(INSTALL_PARTS) $(STATIC_PARTS),$(INSTALL_$(p))); while [ $$# -gt 0 ]; do \
	  to=$(DESTDIR)$$3/$$(basename $$2 .in); [ $$1 != script ] || to=$(DESTDIR)$$3; \
	  if [ $$1 = conf ]; then [ ! -e $$to ] || echo "  LEFT    $$to"; \
	  elif [ -e $$to ]; then rm -f $$to && echo "  REMOVED $$to"; fi; shift 3; done
	@rmdir $(DESTDIR)$(LIBDIR) $(DESTDIR)$(DATADIR) 2>/dev/null || true

.PHONY: install uninstall $(addprefix install-,$(INSTALL_PARTS) $(STATIC_PARTS))
