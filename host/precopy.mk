# SPDX-License-Identifier: MIT
#
# Live migration: cagma-migrate, the library that it has loaded into libxl's save helper, and what
# loads it. Part of the top Makefile.

PRECOPY_LIBRARY = $B/host/libcagma-precopy.so
MIGRATE_PARTS   = $(PRECOPY_LIBRARY) $B/host/cagma-save-helper $B/host/cagma-migrate
MIGRATE         = $(addprefix $B/host/,cagma-migrate.o migrate.o migrate_command.o migrate_guest.o \
                    migrate_watch.o migration.o command.o store.o precopy_report.o) \
                  $(addprefix $B/,$(CORE) $(COMMON))
PURE           += host/precopy/report.o

# The library goes into Xen's own program: never sanitized, and position-independent.
PRECOPY_OBJECTS = $(addprefix $B/pic/,host/migrate/preload.o host/migrate/run.o host/precopy/report.o \
                    host/precopy/precopy.o host/precopy/pace.o host/precopy/interval.o host/precopy/dirtylog.o common/file.o common/log.o common/line.o common/text.o \
                    common/keys.o common/meminfo.o common/procfile.o)
PRECOPY_CFLAGS  = $(filter-out $(SANFLAGS) -fPIE,$(ALL_CFLAGS)) -fPIC
$B/pic/%.o: %.c Makefile host/precopy.mk
	@mkdir -p $(@D); echo "  CC      $< (pic)"
	$Q$(CC) $(PRECOPY_CFLAGS) -c -o $@ $<
$(PRECOPY_LIBRARY): $(PRECOPY_OBJECTS) host/migrate/preload.map
	@echo "  LD      $@"
	$Q$(CC) $(filter-out $(SANFLAGS),$(LDFLAGS)) -shared -Wl,-z,now \
	  -Wl,--version-script=host/migrate/preload.map -o $@ $(filter %.o,$^)
$B/host/cagma-migrate: $(MIGRATE)
$B/host/cagma-migrate: LDLIBS += -lxenstore
$B/host/cagma-save-helper: $B/host/cagma-save-helper.o
$B/host/cagma-migrate $B/host/cagma-save-helper:
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)
