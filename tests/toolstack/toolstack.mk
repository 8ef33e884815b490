# SPDX-License-Identifier: MIT
# The toolstack lab: stock xenstored, libxenstore and libxl without a hypervisor (tests/toolstack/lab.h).
# Part of the top Makefile.
#
#: make result-alarm-latency-lab1  measures from a guest's alarm to its new target, beside bare libxl: 40 s
#: make result-pass-scale-lab1     measures what a pass with a thousand guests costs: 5 min
#: make result-control             measures how soon cagmad answers on its control socket with a thousand guests: 3 min
#: make result-messages            counts the unclear messages of a list that are mended
#: make top-picture            makes docs/top.svg, of cagmactl top on a played host: 20 s
#: make result-record-cost         measures what the history costs with fifty busy guests: 2 min
#: make result-soak-lab1           plays two hours of 50 guests: 8 min
#: make result-oxenstored          runs the tests of the toolstack lab over oxenstored, Debian's default: 5 min
#: make result-xen-420             builds against Debian 13's Xen 4.20, and runs these tests and check-migrate: 10 min
#: make result-hog                 has a neighbour keep what it was lent, in each way there is; foreign, foreign-lies,
#:                                 flips and trickle were never played yet, and all of them in one run
#: make result-starve               has memory come free beside guests that were set aside for minutes: 4 min
#: make result-storm               measures an honest alarm while every fifth of 100 guests storms: 1 min
#: make result-foreign             plays guests with agents that are not ours, of each kind: 6 min; with
#:                                 MEMINFO_WRITER= the path of Qubes OS's own program, that too, and
#:                                 with FOREIGN_AGENTS= a list of some of them, those alone
#: make result-stuck-lab1          measures what a held balloon costs the others: 2 min

TOOLSTACK_DEPS = libxen-dev $(addsuffix $(XEN_RELEASE),libxenmisc xen-utils-) xenstore-utils check gnuplot-nox fonts-dejavu-core

TOOLSTACK       = tests/toolstack
TOOLSTACK_DIR   = $B/$(TOOLSTACK)
TOOLSTACK_TESTS = $(patsubst %.c,$B/%,$(filter-out %/test_lab_xen.c %/test_lab_store.c,$(wildcard $(TOOLSTACK)/test_*.c)))
TOOLSTACK_RESULTS = $(patsubst $(TOOLSTACK)/result-%.c,%-lab1,$(wildcard $(TOOLSTACK)/result-*.c))
TOOLSTACK_MEASURES = $(TOOLSTACK_RESULTS:%-lab1=$(TOOLSTACK_DIR)/result-%)
TOOLSTACK_PROGS = $(addprefix $(TOOLSTACK_DIR)/,play demo exhibit) $(TOOLSTACK_TESTS) $(TOOLSTACK_MEASURES)
# Everything else in the folder serves all of them.
TOOLSTACK_LIB   = $(TOOLSTACK_DIR)/libtoolstack.a
TOOLSTACK_PARTS = $(filter-out $(TOOLSTACK_PROGS:=.o) %/preload-hypercall.o %/preload-device.o %/preload-clock.o, \
                    $(patsubst %.c,$B/%.o,$(wildcard $(TOOLSTACK)/*.c)))
$(TOOLSTACK_LIB): $(TOOLSTACK)/toolstack.mk $(TOOLSTACK_PARTS) $B/tests/unit/suite.o $B/tests/unit/exposition.o
# libfakexen.so comes before Xen's libraries, so that their calls reach it.
TOOLSTACK_LIBS = $(TOOLSTACK_DIR)/libfakexen.so -Wl,-rpath,'$$ORIGIN' -lxenlight -lxenctrl -lxenstore \
                 -lxentoollog -lm $(shell $(PKG_CONFIG) --libs check)

# The preload library goes into the stock programs, so it is never sanitized; it is not fortified
# either, since it defines what those headers wrap.
TOOLSTACK_FAKE        = $(addprefix $(TOOLSTACK_DIR)/preload/,preload-hypercall.o preload-device.o preload-clock.o fakexen.o)
TOOLSTACK_FAKE_CFLAGS = $(filter-out $(SANFLAGS) -fPIE -D_FORTIFY_SOURCE=%,$(ALL_CFLAGS)) -fPIC -fvisibility=hidden
$(TOOLSTACK_DIR)/preload/%.o: $(TOOLSTACK)/%.c Makefile $(TOOLSTACK)/toolstack.mk
	@mkdir -p $(@D); echo "  CC      $< (preload)"
	$Q$(CC) $(TOOLSTACK_FAKE_CFLAGS) -c -o $@ $<
$(TOOLSTACK_DIR)/libfakexen.so: $(TOOLSTACK_FAKE)
	@echo "  LD      $@"
	$Q$(CC) -shared -Wl,-z,now -o $@ $^

$(TOOLSTACK_DIR)/test_lab: $(addprefix $(TOOLSTACK_DIR)/,test_lab_xen.o test_lab_store.o)
$(TOOLSTACK_PROGS): %: %.o
$(TOOLSTACK_PROGS): $(TOOLSTACK_LIB) $(HOST_LIBS) $(TOOLSTACK_DIR)/libfakexen.so
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(TOOLSTACK_LIBS)

# Sanitized programs are too slow for the ramps of test_slack.
TOOLSTACK_TEST_CHECKS = $(filter-out $(if $(SAN),%-slack),$(TOOLSTACK_TESTS:$(TOOLSTACK_DIR)/test_%=check-toolstack-%))
TOOLSTACK_CHECKS = check-results check-toolstack-play check-toolstack-pages $(TOOLSTACK_TEST_CHECKS)
.PHONY: toolstack demo result-foreign result-oxenstored result-xen-420 tests-of-a-release $(addprefix result-,$(TOOLSTACK_RESULTS)) $(TOOLSTACK_CHECKS)
toolstack: $(TOOLSTACK_PROGS)
# A static pattern: make looks for no other rule of a phony target.
$(TOOLSTACK_TEST_CHECKS): check-toolstack-%: $(TOOLSTACK_DIR)/test_% all
	$Q$<
check-toolstack-play: $(TOOLSTACK_DIR)/play all
	@echo "  TEST    $(TOOLSTACK)/test_play.sh"
	$Qtimeout 600 sh $(TOOLSTACK)/test_play.sh $B
check-toolstack-pages: $(TOOLSTACK_DIR)/play all
	@echo "  TEST    $(TOOLSTACK)/test_pages.sh"
	$Qtimeout 600 sh $(TOOLSTACK)/test_pages.sh $B
# The measuring programs run for a few seconds each, without judging times.
# A victim's swapping, and which guest is set aside, depend on how fast guests are given memory, so result-hog and
# result-starve are run on a quiet machine alone.
TOOLSTACK_SHORT = $(filter-out %/result-hog %/result-starve,$(TOOLSTACK_MEASURES))
check-results: $(TOOLSTACK_SHORT) all
	$Qprintf '%s\n' $(TOOLSTACK_SHORT) | xargs -P 3 -I @ sh -c \
	  'out=$$(@ --short 2>&1); r=$$?; echo "  TEST    @"; echo "$$out"; exit $$r'
.PHONY: result-hog result-starve result-storm
result-hog result-starve result-storm: %: %-lab1
$(addprefix result-,$(TOOLSTACK_RESULTS)): result-%-lab1: $(TOOLSTACK_DIR)/result-% all
	$Q$<
result-oxenstored: $(TOOLSTACK_TESTS) all
	$Qsh $(TOOLSTACK)/run-store.sh oxenstored oxenstored $(RESULTS) $(TOOLSTACK_TESTS)
result-xen-420:
	$Qbash $(TOOLSTACK)/run-xen-420.sh $(RESULTS)
# What run-xen-420.sh has made there.
tests-of-a-release: $(TOOLSTACK_TESTS) migrate-programs all
	$Qsh $(TOOLSTACK)/run-store.sh $(RELEASE_RESULT) xenstored $(RESULTS) $(MIGRATE_TESTS) $(TOOLSTACK_TESTS)
.PHONY: top-picture
top-picture: $(TOOLSTACK_DIR)/play all
	$Qsh $(TOOLSTACK)/picture.sh $B docs/top.svg
.PHONY: result-control result-record-cost result-messages
result-control result-record-cost: %: %-lab1
result-messages: check-toolstack-messages
result-foreign: result-foreign-lab1
demo: $(TOOLSTACK_DIR)/demo all
	$Q$< tests/sim/workloads/demo.scn build/demo
