# SPDX-License-Identifier: MIT
# The agent as one static program on musl, for guests without glibc. Part of the top Makefile.
#
#: make agent-static        builds guest/cagma-agent static on musl, with musl-gcc and Debian's source of
#:                          libxenstore: build/musl/cagma-agent; on Alpine itself: MUSL_CC=gcc MUSL_XENSTORE=-lxenstore
#: make check-agent-static  looks that it is static and small, and that it reads a guest's memory

MUSL       = $B/musl
MUSL_CC   ?= musl-gcc
MUSL_DEPS  = musl-tools linux-libc-dev xz-utils
MUSL_AGENT = $(MUSL)/cagma-agent
MUSL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DCAGMA_VERSION='"$(VERSION)"' -I. -Os -ffunction-sections -fdata-sections
MUSL_SOURCES = $(filter-out guest/cagma-mkguest.c guest/cagma-guest-init.c,$(wildcard guest/*.c)) \
  $(wildcard guest/core/*.c common/*.c common/system/*.c)
MUSL_OBJECTS = $(MUSL_SOURCES:%.c=$(MUSL)/%.o)

# --- libxenstore: a client's part of Debian's source, which stays in build/ ------
XEN_SOURCE    = $(MUSL)/xen
MUSL_XENSTORE ?= $(MUSL)/libxenstore.a
ifeq ($(MUSL_XENSTORE),$(MUSL)/libxenstore.a)
# The kernel's headers lie beside glibc's, and musl's come before these.
MUSL_CFLAGS += -isystem $(XEN_SOURCE)/tools/include -isystem $(XEN_SOURCE)/include \
  -idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -dumpmachine)
$(MUSL_OBJECTS): $(XEN_SOURCE)/unpacked
endif
XENSTORE_PARTS = tools/libs/store/xs tools/xenstore/xs_lib tools/libs/toolcore/handlereg
# apt's own lists stay as they are: the source is fetched by lists of its own.
XEN_APT = apt-get -qq -o Dir::Etc::sourcelist=$(CURDIR)/$(MUSL)/apt/sources.list -o Dir::Etc::sourceparts=- \
  -o Dir::State::lists=$(CURDIR)/$(MUSL)/apt/lists -o APT::Sandbox::User=root
$(XEN_SOURCE)/unpacked:
	@mkdir -p $(MUSL)/apt/lists/partial $(XEN_SOURCE)/include; echo "  SOURCE  xen"
	$Qapt-get indextargets --format 'deb-src $$(SITE) $$(RELEASE) main' 'Created-By: Packages' 'Component: main' | \
	  grep -v -e -security -e -updates | head -n 1 > $(MUSL)/apt/sources.list
	$Q$(XEN_APT) update && cd $(MUSL)/apt && $(XEN_APT) --download-only source xen
	$Qtar -xJf $(MUSL)/apt/xen_*.orig.tar.xz -C $(XEN_SOURCE) --strip-components=1 --wildcards \
	  '*/tools/libs/store/*' '*/tools/libs/toolcore/*' '*/tools/include/*' '*/tools/xenstore/*.[ch]' '*/xen/include/public/*.h'
	$Qln -sfn ../xen/include/public $(XEN_SOURCE)/include/xen
	$Qtouch $@
$(XENSTORE_PARTS:%=$(MUSL)/xenstore/%.o): $(MUSL)/xenstore/%.o: $(XEN_SOURCE)/unpacked
	@mkdir -p $(@D); echo "  MUSLCC  $*.c"
	$Q$(MUSL_CC) -Os -ffunction-sections -D_GNU_SOURCE -DUSE_PTHREAD -DXEN_RUN_STORED='"/run/xenstored"' \
	  -DXEN_LIB_STORED='"/var/lib/xenstored"' -I$(XEN_SOURCE)/tools/include -I$(XEN_SOURCE)/tools/include/xenstore-compat \
	  -I$(XEN_SOURCE)/include -iquote $(XEN_SOURCE)/tools/xenstore -w -c -o $@ $(XEN_SOURCE)/$*.c
$(MUSL)/libxenstore.a: $(XENSTORE_PARTS:%=$(MUSL)/xenstore/%.o)
	$Qrm -f $@ && ar rcs $@ $^

$(MUSL_OBJECTS): $(MUSL)/%.o: %.c debian/changelog
	@mkdir -p $(@D); echo "  MUSLCC  $<"
	$Q$(MUSL_CC) $(MUSL_CFLAGS) $(WARN) -MMD -MP -c -o $@ $<
$(MUSL_AGENT): $(MUSL_OBJECTS) $(filter %.a,$(MUSL_XENSTORE))
	@echo "  LD      $@"
	$Q$(MUSL_CC) -static -s -Wl,--gc-sections -o $@ $(MUSL_OBJECTS) $(MUSL_XENSTORE) -pthread

.PHONY: agent-static check-agent-static musl-cc
musl-cc:
	@command -v $(MUSL_CC) >/dev/null || { echo "$(MUSL_CC) is not there: apt-get install $(MUSL_DEPS)" >&2; exit 1; }
$(MUSL_OBJECTS) $(MUSL)/libxenstore.a: | musl-cc
agent-static: $(MUSL_AGENT)
check-agent-static: $(MUSL_AGENT)
	$Qsh tests/need/test_agent_static.sh $(MUSL_AGENT)
-include $(MUSL_OBJECTS:.o=.d)
