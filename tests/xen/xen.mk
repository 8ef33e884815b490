# SPDX-License-Identifier: MIT
# The Xen lab: real Xen, dom0 and guests in QEMU, or on a host of your own. Part of the top Makefile.
#
#: make lab                            runs real-grow and agent-idle with PV guests and real-grow with PVH guests, as
#:                                     make check does: 8 to 9 min, and 1 for check-guest-kernel
#: make lab-full                       runs all scenarios, as often as it takes to trust the figures: well over 1 h,
#:                                     never run in one piece yet
#: make result-real-grow               runs one scenario, three times what it compares; likewise agent-idle, admission, self-grow, hand-over, jump,
#:                                     alarm-latency, squeeze, burst, stuck, wind-up, real-windup, ratchet, reader, cold: minutes
#:                                     each, with LAB_RUNS=1 at most 6
#: make result-precopy                 migrates a guest on a hypervisor that is built for it: 12 min; likewise
#:                                     precopy-integrity (10 min) and migrate-room (1 min)
#: LAB_TYPE=pvh                        has the guests of all these be PVH instead of PV; the results are then in
#:                                     build/results/NAME-pvh.txt, and migrations need no other hypervisor
#: make result-hvm                     has cagmad beside HVM guests with video memory of four sizes: 25 min, and LAB_VARIANTS
#:                                     chooses of none, default, stdvga, large
#: LAB_STORE=oxenstored                has Domain-0 run Xen's other xenstored
#: make result-newcomer                installs the packages in dom0 and two guests, and does what a newcomer does: 3 min
#: make result-soak                    has four guests work at random while cagmad is killed and guests are made anew:
#:                                     30 min, or LAB_NUMBER of them; never run to its end yet
#: make check-guest-kernel             tests what the agent asks of a kernel, on Debian's, without Xen
#: make result-mkguest                 makes a guest by cagma-mkguest, and boots it: 2 min
#: make lab-payload                    makes what runs in dom0, as a directory
#: make lab DOM0=root@host SWAP=WHERE  runs the lab on a real dom0: see tests/xen/run-ssh.sh

XEN_DEPS      = qemu-system-x86 mmdebstrap e2fsprogs cpio fdisk kmod xz-utils util-linux \
                 libxen-dev libxenstore4 libxenmisc$(XEN_RELEASE) dpkg-dev bison flex python3
XEN_SHORT     = real-grow agent-idle
XEN_SCENARIOS = $(XEN_SHORT) admission self-grow hand-over jump alarm-latency squeeze burst stuck wind-up real-windup ratchet reader cold waiting-balloon
XEN_PROGS     = $(addprefix tests/xen/,lab-sampler lab-judge lab-store guest/lab-work \
                 guest/lab-peer-agent)
XEN_WORK      = $(addprefix tests/xen/guest/,work.o verb.o verb_dirty.o region.o meter.o freeze.o errand.o dirty.o)
XEN_JUDGE     = $(addprefix $B/tests/xen/,judging.o judge.o timeline.o targets.o)
XEN_PAYLOAD   = $(addprefix $B/,$(XEN_PROGS) $(BENCH_PROGS) guest/cagma-agent $(filter host/%,$(PROGS)) host/cagma-save-helper host/libcagma-precopy.so)

$B/tests/xen/lab-sampler: $B/tests/xen/sampler.o
$B/tests/xen/lab-sampler: LDLIBS += -lxenctrl
$B/tests/xen/lab-judge: $(XEN_JUDGE)
$B/tests/xen/lab-store: $B/tests/xen/store.o
$B/tests/xen/lab-store: LDLIBS += -lxenstore
$B/tests/xen/guest/lab-work: $(addprefix $B/,$(XEN_WORK))
$B/tests/xen/guest/lab-work: LDLIBS += -lxenstore -pthread
$B/tests/xen/guest/lab-peer-agent: $B/tests/xen/guest/peer-agent.o $(GUEST_LIBS)
$B/tests/xen/guest/lab-peer-agent: LDLIBS += -lxenstore
$(addprefix $B/,$(XEN_PROGS)):
	$(link)

# The part of the lab that needs no Xen.
XEN_TESTS     = $(addprefix $B/tests/xen/,test_judge test_timeline test_targets)
$B/tests/xen/test_judge: $B/tests/xen/judge.o
$B/tests/xen/test_timeline: $B/tests/xen/timeline.o
$B/tests/xen/test_targets: $B/tests/xen/targets.o
$(XEN_TESTS): %: %.o
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs check)
check-xen-judge: $(XEN_TESTS)
	$Qfor t in $^; do $$t || exit 1; done
	$Qbash tests/xen/test_run_qemu.sh
	$Qbash tests/xen/test_repeat.sh

# Without a type, "make lab" proves the main job on the other one, too. The first make finds that out, since those
# that it starts have LAB_TYPE from it.
ifeq ($(origin XEN_OTHER_TYPE),undefined)
XEN_OTHER_TYPE := $(if $(filter undefined,$(origin LAB_TYPE)),pvh)
endif
LAB_TYPE ?= pv
export LAB_TYPE XEN_OTHER_TYPE
ifdef DOM0
XEN_RUN = tests/xen/run-ssh.sh $B $(RESULTS) "$(DOM0)" "$(SWAP)"
else
XEN_RUN = tests/xen/run-qemu.sh $B $(RESULTS)
endif

.PHONY: lab check-guest-kernel lab-full lab-payload result-hvm result-newcomer result-soak result-mkguest result-precopy result-precopy-integrity result-migrate-room precopy-short check-xen-judge xen-programs experiment-short result-published-experiment \
        $(addprefix result-,$(XEN_SCENARIOS))
xen-programs: $(addprefix $B/,$(XEN_PROGS))
# The kernel has kprobes and huge pages, which this machine's kernel may lack, and PV guests do lack.
$B/tests/unit/test_doze-static: $B/tests/unit/test_doze.o $B/tests/unit/libunit.a $(GUEST_LIBS)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -static -o $@ $(filter %.o,$^) $(filter %.a,$^) $(shell $(PKG_CONFIG) --static --libs check)
check-guest-kernel: $B/tests/unit/test_doze-static
	$Qtests/xen/build-image.sh
	$Qtests/xen/check-kernel.sh build/xen/image $< $B/tests/xen
# "make lab DOM0=" copies this directory; for a dom0 that is reached otherwise, see its file "run".
lab-payload: $(XEN_PAYLOAD)
	$Qtests/xen/build-image.sh
	$Qtests/xen/make-payload.sh $B build/xen/image build/xen/payload
	@echo "the Xen lab: the payload is in build/xen/payload"
lab: $(XEN_PAYLOAD) $(if $(DOM0),,check-guest-kernel)
	$QLAB_RUNS=$${LAB_RUNS:-1} LAB_POLICIES=$${LAB_POLICIES:-"static cagma"} $(XEN_RUN) $(XEN_SHORT)
	$(if $(XEN_OTHER_TYPE),$QLAB_RUNS=$${LAB_RUNS:-1} LAB_POLICIES=$${LAB_POLICIES:-"static cagma"} \
	  LAB_TYPE=$(XEN_OTHER_TYPE) $(XEN_RUN) real-grow)
lab-full: $(XEN_PAYLOAD)
	$Q$(XEN_RUN) $(XEN_SCENARIOS)
	$Q$(MAKE) --no-print-directory result-published-experiment
$(addprefix result-,$(XEN_SCENARIOS)): result-%: $(XEN_PAYLOAD)
	$Q$(XEN_RUN) $*

# QEMU loses guests on two CPUs alone, and an HVM guest that is lost costs minutes.
result-hvm: $(XEN_PAYLOAD)
	$QLAB_TYPE=hvm XEN_CPUS=$${XEN_CPUS:-1} $(XEN_RUN) hvm

# The guests are of both types, and none is lost on one CPU.
result-soak: $(XEN_PAYLOAD)
	$QLAB_TYPE=pv XEN_CPUS=$${XEN_CPUS:-1} $(XEN_RUN) soak

result-published-experiment: $(XEN_PAYLOAD)
	$Qtests/bench/run-experiment.sh $B $(RESULTS) $(if $(DOM0),"$(DOM0)" "$(SWAP)")
# make check runs two policies of it, once, in two minutes.
experiment-short: $(XEN_PAYLOAD)
	$QLAB_VARIANTS=short tests/bench/run-experiment.sh $B $(RESULTS)

# PV guests migrate on a hypervisor with shadow paging alone, and PVH guests on Debian's.
SHADOW = $(if $(DOM0)$(filter-out pv,$(LAB_TYPE)),,build/xen/shadow/xen)
result-precopy result-precopy-integrity result-migrate-room: $(XEN_PAYLOAD)
	$(if $(SHADOW),$Qtests/xen/build-shadow.sh)
	$QXEN_HYPERVISOR=$(SHADOW) $(XEN_RUN) $(@:result-%=%)
# make check runs a few migrations of it, which take two minutes once the hypervisor is there.
precopy-short:
	+$QLAB_RUNS=4 $(MAKE) --no-print-directory result-precopy-integrity

result-newcomer: $(XEN_PAYLOAD) deb
	$QLAB_TYPE=pv XEN_DEBS=$(DEB) tests/xen/run-qemu.sh $B $(RESULTS) newcomer

result-mkguest: $(XEN_PAYLOAD) $B/guest/cagma-mkguest mkguest-parts
	$Qtests/xen/make-guest.sh $B
	$QLAB_TYPE=pv XEN_MADE=build/xen/made tests/xen/run-qemu.sh $B $(RESULTS) mkguest
