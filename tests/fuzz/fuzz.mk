# SPDX-License-Identifier: MIT
# Fuzzing: tests/fuzz/fuzz.h has the targets. Part of the top Makefile.
#
#: make check-fuzz      runs every target of tests/fuzz with its seeds, in seconds; SAN=1 is heeded
#: make fuzz            fuzzes every target, for FUZZ_SECONDS= each (60), two at a time, and says which part of
#:                      the readers' lines was reached; FUZZ_ONLY= names one target; what was found is in build/fuzz
#: make fuzz-short      the same as a part of make check: a minute, and up to three more to build it at first

FUZZ_DEPS    = clang libclang-rt-dev
FUZZ_PROGRAM = tests/fuzz/fuzzer
# This file alone is not counted: in one that is, the names of the counters are its own.
$B/$(FUZZ_PROGRAM).o: override EXTRA_CFLAGS =
FUZZ_PLAY    = $B/tests/fuzz/play
FUZZ_OBJECTS = $(patsubst %.c,$B/%.o,$(filter-out tests/fuzz/fuzzer.c tests/fuzz/play.c,$(wildcard tests/fuzz/*.c)))
FUZZ_LIBS    = $B/tests/unit/libunit.a $B/libcagma-host.a $B/libcagma-guest.a $(CORE_LIB)
FUZZ_LDLIBS  = -lxenlight -lxlutil -lxenctrl -lxenstore -lxentoollog -ljson-c -lxml2 -lm $(CHECK_LIBS)
$(FUZZ_PLAY) $B/$(FUZZ_PROGRAM): %: %.o $(FUZZ_OBJECTS) $(FUZZ_LIBS)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) $(FUZZ_LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(FUZZ_LDLIBS)

.PHONY: check-fuzz fuzz fuzz-short
check-fuzz: $(FUZZ_PLAY)
	@echo "  TEST    $<"
	$Qtimeout 600 $<

# Clang's fuzzer counts the branches of everything that it is linked with.
FUZZ_SECONDS ?= 60
FUZZ_BUILD    = $(MAKE) --no-print-directory DEPS_READY=1
FUZZ_INSTRUMENTED = B=build-fuzz CC=clang SAN=1 CFLAGS='-O1 -gline-tables-only' \
		EXTRA_CFLAGS=-fsanitize=fuzzer-no-link FUZZ_LINK=-fsanitize=fuzzer build-fuzz/$(FUZZ_PROGRAM)
FUZZ_COUNTED = B=build-lines CFLAGS='-O0 --coverage' LDFLAGS=--coverage \
		FUZZ_LINK=-Wl,--wrap=_exit build-lines/tests/fuzz/play
fuzz fuzz-short:
	+$Q$(FUZZ_BUILD) $(FUZZ_INSTRUMENTED)
	+$Q$(FUZZ_BUILD) $(FUZZ_COUNTED)
	@mkdir -p $(RESULTS)
	$Qsh tests/fuzz/run.sh $(FUZZ_SECONDS) '$(FUZZ_ONLY)' | tee $(RESULTS)/$@.txt
	$Qgrep -q '^RESULT fuzz .* findings=0 ' $(RESULTS)/$@.txt
fuzz-short: FUZZ_SECONDS = 4
