# SPDX-License-Identifier: MIT
# Lab 2: real Xen, dom0 and PV guests in QEMU, or on a host of your own.
#
# make lab                            real-grow and agent-idle, in one boot: what make check runs
# make lab-full                       all scenarios, as often as it takes to trust the figures
# make result-real-grow               one scenario, likewise
# make result-precopy                 a guest migrates, on a hypervisor that is built for it
# make check-guest-kernel         what the agent asks of a kernel, on Debian's, without Xen
# make result-mkguest                 makes a guest by cagma-mkguest, and boots it
# make lab-payload                    what runs in dom0, as a directory
# make lab DOM0=root@host SWAP=WHERE  the same on a real dom0; see tests/lab2/run-ssh.sh

LAB2_DEPS      = qemu-system-x86 mmdebstrap e2fsprogs cpio fdisk kmod xz-utils util-linux \
                 libxen-dev libxenstore4 libxenmisc4.17 dpkg-dev bison flex python3
LAB2_SHORT     = real-grow agent-idle
LAB2_SCENARIOS = $(LAB2_SHORT) admission self-grow hand-over jump alarm-latency squeeze burst stuck wind-up ratchet reader cold
LAB2_PROGS     = $(addprefix tests/lab2/,lab2-sampler lab2-judge lab2-store guest/lab2-work \
                 guest/lab2-peer-agent)
LAB2_WORK      = $(addprefix tests/lab2/guest/,work.o verb.o verb_dirty.o region.o meter.o freeze.o errand.o dirty.o)
LAB2_JUDGE     = $(addprefix $B/tests/lab2/,judging.o judge.o timeline.o)
LAB2_PAYLOAD   = $(addprefix $B/,$(LAB2_PROGS) $(BENCH_PROGS) guest/cagma-agent host/cagmad host/cagmactl) $(MIGRATE_PARTS)

$B/tests/lab2/lab2-sampler: $B/tests/lab2/sampler.o
$B/tests/lab2/lab2-sampler: LDLIBS += -lxenctrl
$B/tests/lab2/lab2-judge: $(LAB2_JUDGE)
$B/tests/lab2/lab2-store: $B/tests/lab2/store.o
$B/tests/lab2/lab2-store: LDLIBS += -lxenstore
$B/tests/lab2/guest/lab2-work: $(addprefix $B/,$(LAB2_WORK))
$B/tests/lab2/guest/lab2-work: LDLIBS += -lxenstore -pthread
$B/tests/lab2/guest/lab2-peer-agent: $(addprefix $B/,tests/lab2/guest/peer-agent.o guest/store.o $(COMMON))
$B/tests/lab2/guest/lab2-peer-agent: LDLIBS += -lxenstore
# Xen's headers use anonymous structs under GNU C only.
$B/tests/lab2/sampler.o: ALL_CFLAGS += -std=gnu11
$(addprefix $B/,$(LAB2_PROGS)):
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# The part of the lab that needs no Xen.
LAB2_TESTS     = $B/tests/lab2/test_judge $B/tests/lab2/test_timeline
$B/tests/lab2/test_judge: $B/tests/lab2/judge.o
$B/tests/lab2/test_timeline: $B/tests/lab2/timeline.o
$(LAB2_TESTS): %: %.o
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs check)
check-lab2-judge: $(LAB2_TESTS)
	$Qfor t in $^; do $$t || exit 1; done
	$Qbash tests/lab2/test_run_qemu.sh

ifdef DOM0
LAB2_RUN = tests/lab2/run-ssh.sh $B $(RESULTS) "$(DOM0)" "$(SWAP)"
else
LAB2_RUN = tests/lab2/run-qemu.sh $B $(RESULTS)
endif

.PHONY: lab check-guest-kernel lab-full lab-payload result-mkguest result-precopy result-precopy-integrity result-migrate-room precopy-short check-lab2-judge lab2-programs experiment-short result-published-experiment \
        $(addprefix result-,$(LAB2_SCENARIOS))
lab2-programs: $(addprefix $B/,$(LAB2_PROGS))
# A kernel with kprobes and huge pages, which this machine's need not have, and PV guests have not.
$B/tests/unit/test_doze-static: $B/tests/unit/test_doze.o $B/tests/unit/libunit.a
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -static -o $@ $(filter %.o,$^) $(filter %.a,$^) $(shell $(PKG_CONFIG) --static --libs check)
check-guest-kernel: $B/tests/unit/test_doze-static
	$Qtests/lab2/build-image.sh
	$Qtests/lab2/check-kernel.sh build/lab2/image $< $B/tests/lab2
# What "make lab DOM0=" copies, for a dom0 that is reached otherwise: see the head of its file "run".
lab-payload: $(LAB2_PAYLOAD)
	$Qtests/lab2/build-image.sh
	$Qtests/lab2/make-payload.sh $B build/lab2/image build/lab2/payload
	@echo "lab 2: the payload is in build/lab2/payload"
lab: $(LAB2_PAYLOAD) $(if $(DOM0),,check-guest-kernel)
	$QLAB_RUNS=$${LAB_RUNS:-1} $(LAB2_RUN) $(LAB2_SHORT)
lab-full: $(LAB2_PAYLOAD)
	$Q$(LAB2_RUN) $(LAB2_SCENARIOS)
	$Q$(MAKE) --no-print-directory result-published-experiment
$(addprefix result-,$(LAB2_SCENARIOS)): result-%: $(LAB2_PAYLOAD)
	$Q$(LAB2_RUN) $*

result-published-experiment: $(LAB2_PAYLOAD)
	$Qtests/bench/run-experiment.sh $B $(RESULTS) $(if $(DOM0),"$(DOM0)" "$(SWAP)")
# What make check runs of it: two policies, once, in two minutes.
experiment-short: $(LAB2_PAYLOAD)
	$QLAB_VARIANTS=short tests/bench/run-experiment.sh $B $(RESULTS)

# PV guests migrate on a hypervisor with shadow paging alone.
result-precopy result-precopy-integrity result-migrate-room: $(LAB2_PAYLOAD)
	$(if $(DOM0),,$Qtests/lab2/build-shadow.sh)
	$QLAB2_XEN=build/lab2/shadow/xen $(LAB2_RUN) $(@:result-%=%)
# What make check runs of it: a few migrations, two minutes after the hypervisor is there.
precopy-short:
	+$QLAB_RUNS=4 $(MAKE) --no-print-directory result-precopy-integrity

result-mkguest: $(LAB2_PAYLOAD) $B/guest/cagma-mkguest mkguest-parts
	$Qtests/lab2/make-guest.sh $B
	$QLAB2_MADE=build/lab2/made tests/lab2/run-qemu.sh $B $(RESULTS) mkguest
