/* SPDX-License-Identifier: MIT */
#include "tests/toolstack/foreign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *path_of(const struct foreign *f)
{
	return source_table[sim_foreign_table[f->id].source].path;
}

bool foreign_give_key(struct lab *lab, const struct lab_guest *guest, const char *path)
{
	struct xs_permissions owner = {.id = lab_guest_domid(guest), .perms = XS_PERM_NONE};
	char full[96];
	snprintf(full, sizeof(full), "/local/domain/%u/%s", owner.id, path);
	return xs_write(lab_store(lab), XBT_NULL, full, "", 0) &&
	       xs_set_permissions(lab_store(lab), XBT_NULL, full, &owner, 1);
}

int foreign_begin(struct foreign *f, struct lab *lab, const struct lab_guest *guest,
		  enum sim_foreign_id id)
{
	*f = (struct foreign){.lab = lab, .guest = guest, .id = id};
	if (strncmp(path_of(f), "data/", 5) != 0 && !foreign_give_key(lab, guest, path_of(f)))
		return -errno;
	f->xs = lab_guest_xs_open(guest);
	return f->xs ? 0 : -errno;
}

void foreign_end(struct foreign *f)
{
	if (f->xs)
		xs_close(f->xs);
	f->xs = NULL;
}

static uint64_t whole(double kib)
{
	return kib > 0 ? (uint64_t)kib : 0;
}

int foreign_run(struct foreign *f, uint64_t now_ms)
{
	struct simguest_stats stats;
	char value[SOURCE_MAX_VALUE + 1];
	uint64_t kib;
	if (now_ms < f->agent.next_ms)
		return 0;
	int r = lab_guest_stats(f->guest, &stats);
	if (r < 0)
		return r;
	struct sim_foreign_sight sight = {.current_kib = whole((double)stats.current_kib),
					  .available_kib = whole(stats.available_kib),
					  .free_kib = whole(stats.free_kib),
					  .cached_kib = whole(stats.cache_kib),
					  .swapped_kib = whole(stats.swapped_kib)};
	if (!sim_foreign_run(&f->agent, f->id, now_ms, &sight, &kib))
		return 0;
	int len = snprintf(value, sizeof(value), "%" PRIu64, kib);
	return xs_write(f->xs, XBT_NULL, path_of(f), value, (unsigned)len) ? 0 : -errno;
}
