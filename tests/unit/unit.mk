# SPDX-License-Identifier: MIT
#
# make check-unit                 unit tests; SAN=1 and CC= are honoured
# make fuzz FUZZ_SECONDS=60       fuzz every parser of untrusted text
# make docs, make check-docs      docs/xenstore-keys.md, made from the tables of its keys

UNIT_DEPS    = check clang shellcheck cpio
UNIT_TESTS   = $(patsubst %.c,$B/%,$(wildcard tests/unit/test_*.c))
UNIT_SCRIPTS = $(wildcard tests/unit/test_*.sh)
UNIT_FAKED   = $B/tests/unit/cagma-agent-faked

# All that is pure, so that a test names no objects.
$B/libcagma-core.a: $(addprefix $B/,$(PURE))
	@echo "  AR      $@"
	$Qrm -f $@ && ar rcs $@ $^

# What the tests share.
$B/tests/unit/libunit.a: $(addprefix $B/tests/unit/,suite.o fixture.o world.o decided.o)
	@echo "  AR      $@"
	$Qrm -f $@ && ar rcs $@ $^

$B/tests/unit/test_config: $B/host/daemon/config.o
$B/tests/unit/test_migration: $B/host/xen/savehelper.o $B/common/file.o
$B/tests/unit/test_publish: $B/host/daemon/publish.o
$B/tests/unit/test_xlcfg: $B/host/xen/xlcfg.o
$B/tests/unit/test_doze $B/tests/unit/test_doze-static: $B/guest/doze.o $B/guest/faults.o $B/common/file.o
$B/tests/unit/test_mkguest: $(addprefix $B/guest/mkguest/,recipe.o sources.o diagnosis.o newc.o) $B/common/file.o
$B/tests/unit/test_config $B/tests/unit/test_xlcfg: LDLIBS += -lxlutil
$B/tests/unit/test_sim: $B/host/simcmd/play.o
$B/tests/unit/test_sim: LDLIBS += -lm
$(UNIT_TESTS): $B/tests/unit/%: $B/tests/unit/%.o $B/tests/unit/libunit.a $B/libcagma-core.a
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) \
	  $(shell $(PKG_CONFIG) --libs check)

# The agent, with a directory in the place of xenstore.
$(UNIT_FAKED): $(addprefix $B/,$(AGENT)) $B/tests/unit/fake_xenstore.o
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ -pthread

.PHONY: tests check-unit fuzz docs check-docs
tests: $(UNIT_TESTS) $(UNIT_FAKED)
check-unit: $(UNIT_TESTS) $(UNIT_FAKED) $B/guest/cagma-agent $B/host/cagma-sim \
  $B/guest/cagma-mkguest
	$Qfor t in $(UNIT_TESTS); do echo "  TEST    $$t"; $$t || exit 1; done
	$Qprintf '%s\n' $(UNIT_SCRIPTS) | xargs -P 4 -I @ sh -c \
	  'out=$$(timeout 120 sh @ $B 2>&1); r=$$?; echo "  TEST    @"; echo "$$out"; exit $$r'

# --- fuzzing: clang's libFuzzer, from the corpus of real files in tests/data -------
FUZZ_SECONDS ?= 30
FUZZ_TARGETS  = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SOURCES  = $(COMMON_PURE:.o=.c)
FUZZ_CFLAGS   = -std=gnu11 -D_GNU_SOURCE -I. -O1 -g -fno-sanitize-recover=all \
                -fsanitize=fuzzer,address,undefined
build/fuzz/%: tests/fuzz/%.c $(FUZZ_SOURCES) $(wildcard common/*.h)
	@mkdir -p $(@D); echo "  FUZZCC  $<"
	$Qclang $(FUZZ_CFLAGS) -o $@ $< $(FUZZ_SOURCES)
fuzz: $(addprefix build/fuzz/,$(FUZZ_TARGETS))
	$Qfor t in $(FUZZ_TARGETS); do mkdir -p build/fuzz/corpus-$$t; \
	  echo "  FUZZ    $$t for $(FUZZ_SECONDS) s"; \
	  build/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -verbosity=0 -print_final_stats=0 \
	    -artifact_prefix=build/fuzz/ build/fuzz/corpus-$$t tests/fuzz/seeds $(wildcard tests/data/*/) \
	    >build/fuzz/$$t.log 2>&1 || { cat build/fuzz/$$t.log; exit 1; }; done

# --- the document that the tables write ---------------------------------------
KEYS_DOC = $B/common/keys-doc
$(KEYS_DOC): $B/docs/xenstore-keys.o $(addprefix $B/,$(COMMON_PURE) host/core/toolkeys.o host/core/uuid.o)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^
docs: $(KEYS_DOC)
	$Q$(KEYS_DOC) > docs/xenstore-keys.md
check-docs: $(KEYS_DOC)
	$Q$(KEYS_DOC) | diff -u docs/xenstore-keys.md - \
	  || { echo "docs/xenstore-keys.md is not what the tables say: run 'make docs'" >&2; exit 1; }
