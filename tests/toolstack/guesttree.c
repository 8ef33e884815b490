/* SPDX-License-Identifier: MIT */
#include "guesttree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRESSURE_BYTES 192

static const char *const paths[GUESTTREE_FILES] = {
	[GUESTTREE_MEMINFO] = "proc/meminfo",
	[GUESTTREE_VMSTAT] = "proc/vmstat",
	[GUESTTREE_PRESSURE] = "proc/pressure/memory",
	[GUESTTREE_UPTIME] = "proc/uptime",
	[GUESTTREE_TARGET_KB] = GUESTTREE_TARGET,
	[GUESTTREE_CURRENT_KB] = "sys/devices/system/xen_memory/xen_memory0/info/current_kb",
	[GUESTTREE_LOW_KB] = "sys/devices/system/xen_memory/xen_memory0/info/low_kb",
	[GUESTTREE_WORK_STATUS] = "proc/100/status",
};

static const struct {
	const char *path;
	const char *text;
} constants[] = {
	{"proc/xen/capabilities", ""},
	{"proc/1/status", "Name:\tinit\nPid:\t1\nVmRSS:\t    1024 kB\nVmSwap:\t       0 kB\n"},
	{"proc/sys/vm/min_free_kbytes", "4096\n"},
	{"proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"},
	{"sys/devices/system/xen_memory/xen_memory0/info/high_kb", "0\n"},
	{"sys/hypervisor/type", "xen\n"},
};

struct text_buffer {
	char text[GUESTTREE_FILE_MAX];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text_buffer *buf, const char *format,
						      ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buf->text + buf->len, sizeof buf->text - buf->len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof buf->text - buf->len)
		buf->len += (size_t)n;
}

/* --- making it --- */

static int make_parents(char *path)
{
	char *slash;

	for (slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int file_make(const char *dir, const char *name, int *ret_fd)
{
	char path[320];
	int rc, fd;

	if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return -ENAMETOOLONG;
	rc = make_parents(path);
	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int constant_make(const char *dir, const char *name, const char *text)
{
	size_t len = strlen(text);
	int fd, rc = file_make(dir, name, &fd);

	if (rc)
		return rc;
	rc = write(fd, text, len) == (ssize_t)len ? 0 : -EIO;
	close(fd);
	return rc;
}

int guesttree_create(struct guesttree *tree, const char *dir, const char *uuid)
{
	char line[64];
	int i, rc = 0;
	size_t c;

	memset(tree, 0, sizeof *tree);
	for (i = 0; i < GUESTTREE_FILES; i++)
		tree->fd[i] = -1;
	for (i = 0; i < GUESTTREE_FILES && !rc; i++)
		rc = file_make(dir, paths[i], &tree->fd[i]);
	for (c = 0; c < sizeof constants / sizeof constants[0] && !rc; c++)
		rc = constant_make(dir, constants[c].path, constants[c].text);
	snprintf(line, sizeof line, "%s\n", uuid);
	if (!rc)
		rc = constant_make(dir, "sys/hypervisor/uuid", line);
	if (rc)
		guesttree_destroy(tree);
	return rc;
}

void guesttree_destroy(struct guesttree *tree)
{
	int i;

	for (i = 0; i < GUESTTREE_FILES; i++) {
		if (tree->fd[i] >= 0)
			close(tree->fd[i]);
		tree->fd[i] = -1;
		free(tree->last[i]);
		tree->last[i] = NULL;
	}
}

/* --- contents --- */

static unsigned long count(double x)
{
	return x > 0 ? (unsigned long)x : 0;
}

static void add_meminfo(struct text_buffer *buf, const struct sim_memory *m)
{
	double buffers = m->cache_kib / 16, reclaimable = m->cache_kib / 32;
	double cached = m->cache_kib - buffers - reclaimable, kernel = m->config.kernel_kib;
	const struct {
		const char *name;
		double kib;
	} fields[] = {
		{"MemTotal:", m->managed_kib},
		{"MemFree:", m->free_kib},
		{"MemAvailable:", sim_memory_available_kib(m)},
		{"Buffers:", buffers},
		{"Cached:", cached},
		{"SwapCached:", 0},
		{"Active:", m->anon_kib * 0.7 + cached * 0.4},
		{"Inactive:", m->anon_kib * 0.3 + cached * 0.6},
		{"Active(anon):", m->anon_kib * 0.7},
		{"Inactive(anon):", m->anon_kib * 0.3},
		{"Active(file):", cached * 0.4},
		{"Inactive(file):", cached * 0.6},
		{"Unevictable:", 0},
		{"Mlocked:", 0},
		{"SwapTotal:", m->config.swap_kib},
		{"SwapFree:", m->config.swap_kib - m->swapped_kib},
		{"Dirty:", 0},
		{"Writeback:", 0},
		{"AnonPages:", m->anon_kib},
		{"Mapped:", cached / 4},
		{"Shmem:", 0},
		{"KReclaimable:", reclaimable},
		{"Slab:", reclaimable + kernel / 2},
		{"SReclaimable:", reclaimable},
		{"SUnreclaim:", kernel / 2},
		{"KernelStack:", kernel / 16},
		{"PageTables:", kernel / 16},
		{"CommitLimit:", m->managed_kib / 2 + m->config.swap_kib},
		{"Committed_AS:", m->demand_kib * 1.1 + 8192},
		{"VmallocTotal:", 34359738367.0},
		{"VmallocUsed:", kernel / 4},
		{"Percpu:", 512},
	};
	size_t i;

	for (i = 0; i < sizeof fields / sizeof fields[0]; i++)
		add(buf, "%-15s %8lu kB\n", fields[i].name, count(fields[i].kib));
}

/* Names of Linux 6.1 that stay at zero in the model; they stand around the names that move. */
static const char *const vmstat_still[] = {
	"nr_zone_unevictable",
	"nr_zone_write_pending",
	"nr_mlock",
	"nr_bounce",
	"nr_zspages",
	"nr_free_cma",
	"numa_hit",
	"numa_miss",
	"numa_foreign",
	"numa_interleave",
	"numa_local",
	"numa_other",
	"nr_unevictable",
	"nr_isolated_anon",
	"nr_isolated_file",
	"workingset_nodes",
	"workingset_activate_anon",
	"workingset_activate_file",
	"workingset_restore_anon",
	"workingset_restore_file",
	"workingset_nodereclaim",
	"nr_dirty",
	"nr_writeback",
	"nr_writeback_temp",
	"nr_shmem",
	"nr_shmem_hugepages",
	"nr_shmem_pmdmapped",
	"nr_file_hugepages",
	"nr_file_pmdmapped",
	"nr_anon_transparent_hugepages",
	"nr_vmscan_write",
	"nr_vmscan_immediate_reclaim",
	"nr_dirtied",
	"nr_written",
	"nr_throttled_written",
	"nr_kernel_misc_reclaimable",
	"nr_foll_pin_acquired",
	"nr_foll_pin_released",
	"nr_sec_page_table_pages",
	"nr_swapcached",
	"pgpromote_success",
	"pgpromote_candidate",
};

static const char *const vmstat_tail[] = {
	"pgdeactivate",
	"pglazyfree",
	"pgreuse",
	"pglazyfreed",
	"pgscan_direct_throttle",
	"zone_reclaim_failed",
	"pginodesteal",
	"slabs_scanned",
	"kswapd_inodesteal",
	"kswapd_low_wmark_hit_quickly",
	"kswapd_high_wmark_hit_quickly",
	"pgrotated",
	"drop_pagecache",
	"drop_slab",
	"numa_pte_updates",
	"numa_huge_pte_updates",
	"numa_hint_faults",
	"numa_hint_faults_local",
	"numa_pages_migrated",
	"pgmigrate_success",
	"pgmigrate_fail",
	"thp_migration_success",
	"thp_migration_fail",
	"thp_migration_split",
	"compact_migrate_scanned",
	"compact_free_scanned",
	"compact_isolated",
	"compact_stall",
	"compact_fail",
	"compact_success",
	"compact_daemon_wake",
	"compact_daemon_migrate_scanned",
	"compact_daemon_free_scanned",
	"htlb_buddy_alloc_success",
	"htlb_buddy_alloc_fail",
	"unevictable_pgs_culled",
	"unevictable_pgs_scanned",
	"unevictable_pgs_rescued",
	"unevictable_pgs_mlocked",
	"unevictable_pgs_munlocked",
	"unevictable_pgs_cleared",
	"unevictable_pgs_stranded",
	"thp_fault_alloc",
	"thp_fault_fallback",
	"balloon_inflate",
	"balloon_deflate",
	"balloon_migrate",
	"swap_ra",
	"swap_ra_hit",
	"ksm_swpin_copy",
	"cow_ksm",
	"zswpin",
	"zswpout",
	"direct_map_level2_splits",
	"direct_map_level3_splits",
	"nr_unstable",
};

static void add_still(struct text_buffer *buf, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t len = strlen(names[i]);

		if (buf->len + len + 3 > sizeof buf->text)
			return;
		memcpy(buf->text + buf->len, names[i], len);
		memcpy(buf->text + buf->len + len, " 0\n", 3);
		buf->len += len + 3;
	}
}

static void add_vmstat(struct text_buffer *buf, const struct sim_memory *m)
{
	const struct sim_memory_counters *c = &m->counters;
	const struct {
		const char *name;
		double value;
	} fields[] = {
		{"nr_free_pages", m->free_kib / 4},
		{"nr_zone_inactive_anon", m->anon_kib * 0.3 / 4},
		{"nr_zone_active_anon", m->anon_kib * 0.7 / 4},
		{"nr_anon_pages", m->anon_kib / 4},
		{"nr_mapped", m->cache_kib / 16},
		{"nr_file_pages", m->cache_kib / 4},
		{"workingset_refault_anon", c->refault_anon},
		{"workingset_refault_file", c->refault_file},
		{"pgpgin", c->pswpin * 4},
		{"pgpgout", c->pswpout * 4},
		{"pswpin", c->pswpin},
		{"pswpout", c->pswpout},
		{"allocstall_dma", 0},
		{"allocstall_dma32", 0},
		{"allocstall_normal", c->allocstall},
		{"allocstall_movable", 0},
		{"pgfault", c->pgfault},
		{"pgmajfault", c->pgmajfault},
		{"pgsteal_kswapd", c->pgsteal_kswapd},
		{"pgsteal_direct", c->pgsteal_direct},
		{"pgscan_kswapd", c->pgscan_kswapd},
		{"pgscan_direct", c->pgscan_direct},
		{"pgscan_anon", (c->pswpout + c->pswpin) * 1.5},
		{"pgscan_file", c->pgscan_kswapd},
		{"pgsteal_anon", c->pswpout},
		{"pgsteal_file", c->pgsteal_kswapd},
		{"pageoutrun", c->pageoutrun},
		{"oom_kill", c->oom_kill},
	};
	size_t i;

	add_still(buf, vmstat_still, sizeof vmstat_still / sizeof vmstat_still[0]);
	for (i = 0; i < sizeof fields / sizeof fields[0]; i++)
		add(buf, "%s %010lu\n", fields[i].name, count(fields[i].value));
	add_still(buf, vmstat_tail, sizeof vmstat_tail / sizeof vmstat_tail[0]);
}

static void add_pressure(struct text_buffer *buf, const struct sim_memory *m)
{
	add(buf, "some avg10=%.2f avg60=%.2f avg300=%.2f total=%lu\n", m->some.avg10, m->some.avg60,
	    m->some.avg300, count(m->counters.some_us));
	add(buf, "full avg10=%.2f avg60=%.2f avg300=%.2f total=%lu\n", m->full.avg10, m->full.avg60,
	    m->full.avg300, count(m->counters.full_us));
	while (buf->len < PRESSURE_BYTES)
		buf->text[buf->len++] = '\n';
}

static void add_status(struct text_buffer *buf, const struct sim_memory *m)
{
	add(buf,
	    "Name:\twork\nState:\tS (sleeping)\nPid:\t100\nVmRSS:\t%8lu kB\nVmSwap:\t%8lu kB\n",
	    count(m->anon_kib), count(m->swapped_kib));
}

static void add_file(struct text_buffer *buf, enum guesttree_file file, const struct sim_memory *m,
		     const struct sim_balloon *b, double uptime_s)
{
	switch (file) {
	case GUESTTREE_MEMINFO:
		add_meminfo(buf, m);
		break;
	case GUESTTREE_VMSTAT:
		add_vmstat(buf, m);
		break;
	case GUESTTREE_PRESSURE:
		add_pressure(buf, m);
		break;
	case GUESTTREE_UPTIME:
		add(buf, "%.2f %.2f\n", uptime_s, uptime_s);
		break;
	case GUESTTREE_TARGET_KB:
		add(buf, "%lld\n", (long long)b->target_kib);
		break;
	case GUESTTREE_CURRENT_KB:
		add(buf, "%lld\n", (long long)b->current_kib);
		break;
	case GUESTTREE_LOW_KB:
		add(buf, "%lld\n", (long long)(b->boot_kib - b->current_kib));
		break;
	case GUESTTREE_WORK_STATUS:
		add_status(buf, m);
		break;
	case GUESTTREE_FILES:
		break;
	}
}

/* --- writing --- */

/* Writes the span that differs from what is there. */
static void file_put(struct guesttree *tree, int file, const struct text_buffer *buf)
{
	size_t from = 0, to = buf->len, old_len = tree->last_len[file];
	char *last = tree->last[file];

	if (last && buf->len == old_len) {
		while (from < to && last[from] == buf->text[from])
			from++;
		while (to > from && last[to - 1] == buf->text[to - 1])
			to--;
		if (from == to)
			return;
	}
	if (buf->len != old_len) {
		last = realloc(last, buf->len);
		if (!last)
			return;
		tree->last[file] = last;
	}
	if (pwrite(tree->fd[file], buf->text + from, to - from, (off_t)from) < 0)
		return;
	if (buf->len != old_len && ftruncate(tree->fd[file], (off_t)buf->len) < 0)
		return;
	memcpy(last, buf->text, buf->len);
	tree->last_len[file] = buf->len;
}

void guesttree_update(struct guesttree *tree, const struct sim_memory *m,
		      const struct sim_balloon *b, double uptime_s)
{
	struct text_buffer buf;
	int file;

	for (file = 0; file < GUESTTREE_FILES; file++) {
		buf.len = 0;
		add_file(&buf, (enum guesttree_file)file, m, b, uptime_s);
		file_put(tree, file, &buf);
	}
}

int64_t guesttree_target_written(struct guesttree *tree)
{
	const char *last = tree->last[GUESTTREE_TARGET_KB];
	char buf[32], *end;
	ssize_t n = pread(tree->fd[GUESTTREE_TARGET_KB], buf, sizeof buf - 1, 0);
	long long kib;

	if (n <= 0 || !last)
		return -1;
	buf[n] = '\0';
	if ((size_t)n == tree->last_len[GUESTTREE_TARGET_KB] && !memcmp(buf, last, (size_t)n))
		return -1;
	kib = strtoll(buf, &end, 10);
	/* another program wrote the file, so all of it is written at the next update */
	tree->last_len[GUESTTREE_TARGET_KB] = 0;
	return end == buf || kib < 0 ? -1 : kib;
}
