# SPDX-License-Identifier: MIT
#
# Lab 1: the stock xenstored, libxenstore and libxl with no hypervisor (tests/lab1/lab1.h).
# Part of the top Makefile, which has B, Q, CC, ALL_CFLAGS, ALL_LDFLAGS, RESULTS and the rule for
# objects.

LAB1_DEPS = libxen-dev libxenmisc4.17 xen-utils-4.17 xenstore-utils check gnuplot-nox fonts-dejavu-core

LAB1_DIR  = $B/tests/lab1
LAB1_LIB  = $(addprefix $(LAB1_DIR)/,lab1.o lab1_process.o lab1_keys.o lab1_guest.o machine.o \
              simguest.o guesttree.o xenbus.o ring.o bytes.o \
              fakexen.o) $(addprefix $B/,$(SIM_MODEL))
LAB1_FAKE = $(addprefix $(LAB1_DIR)/,preload-hypercall.o preload-device.o preload-clock.o \
              preload-fakexen.o)
# libfakexen.so comes before Xen's libraries, so that their calls reach it.
LAB1_LIBS = $(LAB1_DIR)/libfakexen.so -Wl,-rpath,'$$ORIGIN' -lxenlight -lxenctrl -lxenstore \
            -lxentoollog -lm

# The preload library: never sanitized, as it goes into the stock programs; not fortified, as it
# defines what those headers wrap; gnu11, as xenctrl.h asks for it.
LAB1_FAKE_CFLAGS = $(filter-out $(SANFLAGS) -fPIE -D_FORTIFY_SOURCE=% -std=c11,$(ALL_CFLAGS)) \
                   -std=gnu11 -fPIC -fvisibility=hidden

$(LAB1_DIR)/preload-%.o: tests/lab1/preload-%.c Makefile tests/lab1/lab1.mk
	@mkdir -p $(@D); echo "  CC      $<"
	$Q$(CC) $(LAB1_FAKE_CFLAGS) -c -o $@ $<
$(LAB1_DIR)/preload-fakexen.o: tests/lab1/fakexen.c Makefile tests/lab1/lab1.mk
	@mkdir -p $(@D); echo "  CC      $<"
	$Q$(CC) $(LAB1_FAKE_CFLAGS) -c -o $@ $<
$(LAB1_DIR)/libfakexen.so: $(LAB1_FAKE)
	@echo "  LD      $@"
	$Q$(CC) -shared -Wl,-z,now -o $@ $^

LAB1_PROGS = $(addprefix $(LAB1_DIR)/,lab1 test_lab1 test_labmodel demo)
$(LAB1_DIR)/lab1: $(LAB1_DIR)/lab1_main.o $(LAB1_DIR)/scenario.o
$(LAB1_DIR)/demo: $(addprefix $(LAB1_DIR)/,demo.o demo_host.o demo_table.o demo_plot.o scenario.o)
$(LAB1_DIR)/test_lab1: $(addprefix $(LAB1_DIR)/,test_lab1.o test_lab1_xen.o test_lab1_store.o scenario.o) \
                         $B/tests/unit/suite.o
$(LAB1_DIR)/test_labmodel: $(LAB1_DIR)/test_labmodel.o $B/tests/unit/suite.o
$(LAB1_DIR)/test_lab1 $(LAB1_DIR)/test_labmodel: LAB1_CHECK = $(shell $(PKG_CONFIG) --libs check)
$(LAB1_PROGS): $(LAB1_LIB) $(LAB1_DIR)/libfakexen.so
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LAB1_LIBS) $(LAB1_CHECK)

.PHONY: lab1 check-lab1 demo
lab1: $(LAB1_PROGS)
check-lab1: lab1 $(addprefix $B/,$(PROGS))
	$Q$(LAB1_DIR)/test_labmodel
	$Q$(LAB1_DIR)/test_lab1
demo: lab1 $(addprefix $B/,$(PROGS))
	$Q$(LAB1_DIR)/demo tests/lab1/scenarios/demo.lab build/demo
