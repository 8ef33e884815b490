/* SPDX-License-Identifier: MIT */
/*
 * The keys that libxl writes for a domain in libxl__domain_make and libxl__build_post of 4.17, with
 * their permissions, and the domain's libxl-json file, without which libxl sets no target.
 */
#include "lab_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USERDATA_DIR  "/var/lib/xen"
#define HVM_SLACK_KIB 1024u
#define GNTTAB_STORE  1u
#define PATH_BYTES    160

/* What the domain may do with a key. */
enum access { ACCESS_NONE, ACCESS_READ, ACCESS_OWN };

struct writer {
	struct xs_handle *store;
	xs_transaction_t tx;
	uint32_t domid;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void key_path(char *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(buf, PATH_BYTES, format, args);
	va_end(args);
}

static void put(struct writer *w, const char *path, const char *value)
{
	if (!xs_write(w->store, w->tx, path, value, (unsigned)strlen(value)))
		w->failed = true;
}

static void put_kib(struct writer *w, const char *path, uint64_t kib)
{
	char value[24];

	snprintf(value, sizeof value, "%" PRIu64, kib);
	put(w, path, value);
}

/* A node without a value, with permissions of its own. */
static void make(struct writer *w, const char *path, enum access access)
{
	struct xs_permissions perms[2] = {
		{.id = access == ACCESS_OWN ? w->domid : 0, .perms = XS_PERM_NONE},
		{.id = w->domid, .perms = XS_PERM_READ}};

	if (!xs_mkdir(w->store, w->tx, path) ||
	    !xs_set_permissions(w->store, w->tx, path, perms, access == ACCESS_READ ? 2 : 1))
		w->failed = true;
}

static bool writer_begin(struct writer *w, struct lab *lab, uint32_t domid)
{
	w->store = lab->store;
	w->domid = domid;
	w->failed = false;
	w->tx = xs_transaction_start(lab->store);
	return w->tx != XBT_NULL;
}

/* 0; 1 if the transaction has to be repeated; -errno. */
static int writer_commit(struct writer *w)
{
	if (w->failed) {
		xs_transaction_end(w->store, w->tx, true);
		return -EIO;
	}
	if (xs_transaction_end(w->store, w->tx, false))
		return 0;
	return errno == EAGAIN ? 1 : -errno;
}

/* --- the libxl-json file --- */

void lab_keys_userdata_path(const struct lab_guest *guest, char kind, const char *name, char *buf,
			    size_t size)
{
	snprintf(buf, size, USERDATA_DIR "/userdata-%c.%u.%s.%s", kind, guest->domid, guest->uuid,
		 name);
}

static int userdata_write(const char *path, const char *type, const char *name, const char *uuid,
			  uint64_t max_kib, uint64_t target_kib)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	fprintf(f,
		"{\"c_info\":{\"type\":\"%s\",\"name\":\"%s\",\"uuid\":\"%s\"},"
		"\"b_info\":{\"max_memkb\":%" PRIu64 ",\"target_memkb\":%" PRIu64
		",\"type.%s\":{}}}",
		type, name, uuid, max_kib, target_kib, type);
	/* libxl reads it as a string and stores it with its NUL. */
	fputc('\0', f);
	return fclose(f) ? -errno : 0;
}

static const char *type_name(enum fakexen_type type)
{
	static const char *const names[] = {
		[FAKEXEN_PV] = "pv", [FAKEXEN_PVH] = "pvh", [FAKEXEN_HVM] = "hvm"};

	return names[type];
}

/* --- dom0: what xen-init-dom0 leaves --- */

int lab_keys_dom0(struct lab *lab, uint64_t dom0_kib)
{
	static const char uuid[] = "00000000-0000-0000-0000-000000000000";
	struct writer w;
	int rc;

	do {
		if (!writer_begin(&w, lab, 0))
			return lab_fail(-errno, "cannot write dom0's keys");
		put(&w, "/local/domain/0/name", "Domain-0");
		put(&w, "/local/domain/0/domid", "0");
		put_kib(&w, "/local/domain/0/memory/target", dom0_kib);
		put_kib(&w, "/local/domain/0/memory/static-max", dom0_kib);
		put(&w, "/local/pool/0/name", "Pool-0");
		put(&w, "/libxl/0/type", "pv");
		put(&w, "/libxl/0/dm-version", "qemu_xen");
		rc = writer_commit(&w);
	} while (rc == 1);
	if (!rc)
		rc = userdata_write(USERDATA_DIR "/userdata-d.0.00000000-0000-0000-0000-"
						 "000000000000.libxl-json",
				    "pv", "Domain-0", uuid, dom0_kib, dom0_kib);
	return rc ? lab_fail(rc, "cannot write dom0's keys") : 0;
}

/* --- libxl__domain_make --- */

static const struct {
	const char *name;
	enum access access;
	bool hvm_only;
} made[] = {
	{"", ACCESS_READ, false},
	{"cpu", ACCESS_READ, false},
	{"memory", ACCESS_READ, false},
	{"device", ACCESS_READ, false},
	{"control", ACCESS_READ, false},
	{"hvmloader", ACCESS_READ, true},
	{"control/shutdown", ACCESS_OWN, false},
	{"control/feature-poweroff", ACCESS_OWN, false},
	{"control/feature-reboot", ACCESS_OWN, false},
	{"control/feature-suspend", ACCESS_OWN, false},
	{"control/feature-s3", ACCESS_OWN, true},
	{"control/feature-s4", ACCESS_OWN, true},
	{"control/sysrq", ACCESS_OWN, false},
	{"device/suspend/event-channel", ACCESS_OWN, false},
	{"data", ACCESS_OWN, false},
	{"drivers", ACCESS_OWN, false},
	{"feature", ACCESS_OWN, false},
	{"attr", ACCESS_OWN, false},
	{"error", ACCESS_OWN, false},
};

static void make_all(struct writer *w, const struct lab_guest *guest)
{
	char path[PATH_BYTES];
	size_t i;

	for (i = 0; i < sizeof made / sizeof made[0]; i++) {
		if (made[i].hvm_only && guest->options.type != FAKEXEN_HVM)
			continue;
		key_path(path, "/local/domain/%u%s%s", guest->domid, made[i].name[0] ? "/" : "",
			 made[i].name);
		make(w, path, made[i].access);
	}
	key_path(path, "/vm/%s", guest->uuid);
	make(w, path, ACCESS_READ);
	key_path(path, "/libxl/%u", guest->domid);
	make(w, path, ACCESS_NONE);
}

static void make_values(struct writer *w, const struct lab_guest *guest)
{
	char path[PATH_BYTES], vm[PATH_BYTES];

	key_path(vm, "/vm/%s", guest->uuid);
	key_path(path, "/local/domain/%u/vm", guest->domid);
	put(w, path, vm);
	key_path(path, "/local/domain/%u/name", guest->domid);
	put(w, path, guest->options.name);
	key_path(path, "/libxl/%u/type", guest->domid);
	put(w, path, type_name(guest->options.type));
	key_path(path, "/vm/%s/uuid", guest->uuid);
	put(w, path, guest->uuid);
	key_path(path, "/vm/%s/name", guest->uuid);
	put(w, path, guest->options.name);
}

int lab_keys_make(struct lab_guest *guest)
{
	struct writer w;
	int rc;

	do {
		if (!writer_begin(&w, guest->lab, guest->domid))
			return -errno;
		make_all(&w, guest);
		make_values(&w, guest);
		rc = writer_commit(&w);
	} while (rc == 1);
	return rc;
}

/* --- libxl__build_post --- */

static void build_values(struct writer *w, const struct lab_guest *guest, uint64_t target_kib)
{
	const struct lab_guest_options *o = &guest->options;
	uint64_t less_kib = o->videoram_kib;
	char path[PATH_BYTES];

	if (o->type == FAKEXEN_HVM && o->max_kib > target_kib)
		less_kib += HVM_SLACK_KIB;
	key_path(path, "/local/domain/%u/memory/static-max", guest->domid);
	put_kib(w, path, o->max_kib);
	key_path(path, "/local/domain/%u/memory/target", guest->domid);
	put_kib(w, path, target_kib - less_kib);
	key_path(path, "/local/domain/%u/memory/videoram", guest->domid);
	put_kib(w, path, o->videoram_kib);
	key_path(path, "/local/domain/%u/domid", guest->domid);
	put_kib(w, path, guest->domid);
	key_path(path, "/local/domain/%u/store/port", guest->domid);
	put_kib(w, path, 1);
	key_path(path, "/local/domain/%u/store/ring-ref", guest->domid);
	put_kib(w, path, GNTTAB_STORE);
	key_path(path, "/local/domain/%u/cpu/0/availability", guest->domid);
	put(w, path, "online");
}

int lab_keys_build(struct lab_guest *guest, uint64_t target_kib)
{
	char path[256];
	struct writer w;
	int rc;

	lab_keys_userdata_path(guest, 'd', "libxl-json", path, sizeof path);
	rc = userdata_write(path, type_name(guest->options.type), guest->options.name, guest->uuid,
			    guest->options.max_kib, target_kib);
	if (rc)
		return rc;
	do {
		if (!writer_begin(&w, guest->lab, guest->domid))
			return -errno;
		build_values(&w, guest, target_kib);
		rc = writer_commit(&w);
	} while (rc == 1);
	return rc;
}

void lab_keys_remove(struct lab_guest *guest)
{
	struct xs_handle *store = guest->lab->store;
	char path[256];

	snprintf(path, sizeof path, "/local/domain/%u", guest->domid);
	xs_rm(store, XBT_NULL, path);
	snprintf(path, sizeof path, "/vm/%s", guest->uuid);
	xs_rm(store, XBT_NULL, path);
	snprintf(path, sizeof path, "/libxl/%u", guest->domid);
	xs_rm(store, XBT_NULL, path);
	lab_keys_userdata_path(guest, 'd', "libxl-json", path, sizeof path);
	unlink(path);
	lab_keys_userdata_path(guest, 'l', "domain-userdata-lock", path, sizeof path);
	unlink(path);
}
