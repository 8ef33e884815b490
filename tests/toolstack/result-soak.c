/* SPDX-License-Identifier: MIT */
/*
 * Two hours of 50 guests with real agents and random demand, whose time runs SPEED
 * times as fast (lab.h). The host's state is sampled many times a second in the
 * played hypervisor, apart from cagmad. A violation is a sample in which
 *	lost      domains' memory and free memory do not add up to the host's;
 *	bounds    a guest holds less than its min or more than its max;
 *	promised  the guests may still take more than is free.
 * The host has so little memory that not all guests can have what they want.
 */
#include "tests/toolstack/result.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	GUESTS = 50,
	SPEED = 15,
	HOURS = 2,
	SHORT_S = 120, /* of the lab's time */
	GUEST_MIB = 256,
	MIN_MIB = 128,
	MAX_MIB = 512,
	RESERVE_MIB = 256,
	SAMPLE_MS = 150, /* of the lab's time: 10 ms of real time */
	WEIGH_MS = 10000,
	MAX_WEIGHS = HOURS * 3600 * 1000 / WEIGH_MS + 1,
	TOLERANCE_KIB = 1024,   /* where an HVM guest's balloon comes to rest */
	LIBXL_SLACK_KIB = 1024, /* libxl sets max_pages this much above the target */
};

struct weight {
	unsigned long rss_kib; /* of cagmad and its workers */
	unsigned n_fds;        /* of cagmad */
};

struct soak {
	struct lab *lab;
	struct lab_guest *guest[GUESTS];
	unsigned n_guests;
	pid_t cagmad;
	uint64_t n_samples, lost, bounds, promised, longest_gap_us;
	uint64_t last_sample_us;
	uint64_t lowest_free_kib;
	unsigned n_weights;
	struct weight weight[MAX_WEIGHS];
};

/* --- the host, by the hypervisor's word --- */

static bool is_out_of_bounds(const struct fakexen_domain *d)
{
	uint64_t kib = d->tot_pages * FAKEXEN_PAGE_KIB;
	return kib + TOLERANCE_KIB < MIN_MIB * MIB || kib > MAX_MIB * MIB + TOLERANCE_KIB;
}

static uint64_t may_take_pages(const struct fakexen_domain *d)
{
	uint64_t most = d->tot_pages + LIBXL_SLACK_KIB / FAKEXEN_PAGE_KIB;
	return d->max_pages > most ? d->max_pages - most : 0;
}

static void sample(struct soak *s)
{
	struct fakexen_host *h = lab_host(s->lab);
	uint64_t now_us = result_real_us(), held = 0, promised = 0;
	bool in_bounds = true;
	fakexen_lock(h);
	for (struct fakexen_domain *d = fakexen_next(h, 0); d; d = fakexen_next(h, d->domid + 1)) {
		held += d->tot_pages + d->overhead_pages;
		if (d->domid == 0)
			continue;
		promised += may_take_pages(d);
		in_bounds &= !is_out_of_bounds(d);
	}
	uint64_t free_pages = h->free_pages;
	s->lost += held + free_pages + h->xen_pages != h->total_pages;
	fakexen_unlock(h);
	s->bounds += !in_bounds;
	s->promised += promised > free_pages;
	if (free_pages * FAKEXEN_PAGE_KIB < s->lowest_free_kib)
		s->lowest_free_kib = free_pages * FAKEXEN_PAGE_KIB;
	if (s->n_samples++ && now_us - s->last_sample_us > s->longest_gap_us)
		s->longest_gap_us = now_us - s->last_sample_us;
	s->last_sample_us = now_us;
}

/* --- the daemon, by its kernel's word --- */

static unsigned long rss_with_workers_kib(pid_t pid)
{
	char path[64];
	unsigned long kib = result_rss_kib(pid);
	pid_t child;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	FILE *file = fopen(path, "re");
	while (file && fscanf(file, "%d", &child) == 1)
		kib += result_rss_kib(child);
	if (file)
		fclose(file);
	return kib;
}

static unsigned count_fds(pid_t pid)
{
	char path[64];
	unsigned n = 0;
	struct dirent *entry;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

static void weigh(struct soak *s)
{
	if (s->n_weights == MAX_WEIGHS)
		return;
	struct weight *w = &s->weight[s->n_weights++];
	w->rss_kib = rss_with_workers_kib(s->cagmad);
	w->n_fds = count_fds(s->cagmad);
	if (!w->rss_kib)
		result_fail("cagmad has ended by itself");
}

/* The mean over quarter `which` of the time, from 0 to 3. */
static struct weight quarter(const struct soak *s, unsigned which)
{
	unsigned n = s->n_weights / 4;
	struct weight sum = {0, 0};
	for (unsigned i = which * n; i < (which + 1) * n; i++) {
		sum.rss_kib += s->weight[i].rss_kib;
		sum.n_fds += s->weight[i].n_fds;
	}
	n = n ? n : 1;
	return (struct weight){(sum.rss_kib + n / 2) / n, (sum.n_fds + n / 2) / n};
}

/* --- the soak --- */

/* Boots guests of each type, whose demand nearly fills the host on average. */
static void boot(struct soak *s)
{
	struct lab_guest_options options = LAB_GUEST;
	char demand[64];
	options.memory_kib = GUEST_MIB * MIB;
	options.max_kib = MAX_MIB * MIB;
	for (unsigned i = 0; i < s->n_guests; i++) {
		snprintf(options.name, sizeof(options.name), "g%u", i);
		snprintf(demand, sizeof(demand), "random 30 280 %u %u", 40 + i % 7 * 20, i + 1);
		options.demand = lab_demand(demand);
		options.type = (enum fakexen_type)(i % 5 < 3 ? FAKEXEN_PV : i % 5 - 2);
		s->guest[i] = result_boot(s->lab, &options);
	}
}

static void play(struct soak *s, uint64_t lasts_ms)
{
	uint64_t start_ms = lab_clock_ms(), now_ms = start_ms, weigh_ms = start_ms;
	if (lab_begin(s->lab) != 0)
		result_fail("%s", lab_error());
	while (now_ms < start_ms + lasts_ms) {
		sample(s);
		if (now_ms >= weigh_ms) {
			weigh(s);
			weigh_ms += WEIGH_MS;
		}
		usleep(SAMPLE_MS * 1000);
		now_ms = lab_clock_ms();
	}
}

static uint64_t swap_pages(const struct soak *s)
{
	double pages = 0;
	struct simguest_stats stats;
	for (unsigned i = 0; i < s->n_guests; i++)
		if (lab_guest_stats(s->guest[i], &stats) == 0)
			pages += stats.counters.pswpin + stats.counters.pswpout;
	return (uint64_t)pages;
}

static void judge(const struct soak *s, uint64_t lasts_ms)
{
	uint64_t pages = swap_pages(s), violations = s->lost + s->bounds + s->promised;
	struct weight first = quarter(s, 0), last = quarter(s, 3);
	struct result_words words = result_end_cagmad(s->cagmad);
	result_say("guests=%u simulated_hours=%g violations=%llu samples=%llu cuts=%llu "
		   "targets_set=%llu failed_calls=%llu passes=%llu rss_first_kib=%lu "
		   "rss_last_kib=%lu fds_first=%u fds_last=%u swap_pages=%llu "
		   "lowest_free_kib=%llu longest_gap_ms=%llu",
		   s->n_guests, (double)lasts_ms / 3600000, (unsigned long long)violations,
		   (unsigned long long)s->n_samples, words.cuts, words.targets, words.failed,
		   words.passes, first.rss_kib, last.rss_kib, first.n_fds, last.n_fds,
		   (unsigned long long)pages, (unsigned long long)s->lowest_free_kib,
		   (unsigned long long)s->longest_gap_us / 1000);
	result_require(s->lost == 0, "memory was lost or made in %llu samples",
		       (unsigned long long)s->lost);
	result_require(s->bounds == 0, "a guest was out of its bounds in %llu samples",
		       (unsigned long long)s->bounds);
	result_require(s->promised == 0, "more was promised than is free in %llu samples",
		       (unsigned long long)s->promised);
	result_require(words.cuts == 0, "plans were cut");
	result_require(words.targets > 10 * s->n_guests || result_is_short(),
		       "too little has happened");
	result_require(result_is_short() || last.rss_kib <= first.rss_kib + 256,
		       "cagmad has grown");
	result_require(result_is_short() || last.n_fds <= first.n_fds + 1, "descriptors leak");
}

int main(int argc, char **argv)
{
	static struct soak soak = {.n_guests = GUESTS, .lowest_free_kib = UINT64_MAX};
	uint64_t lasts_ms = HOURS * UINT64_C(3600000);
	result_init("soak-lab1", argc, argv);
	if (result_is_short()) {
		soak.n_guests = 10;
		lasts_ms = SHORT_S * 1000;
	}
	soak.lab = result_lab(soak.n_guests * GUEST_MIB + RESERVE_MIB, SPEED);
	boot(&soak);
	char config[128];
	snprintf(config, sizeof(config), "reserve_mib = %d\ndefault_min_mib = %d\n", RESERVE_MIB,
		 MIN_MIB);
	soak.cagmad = result_cagmad(soak.lab, config, soak.guest, soak.n_guests);
	play(&soak, lasts_ms);
	judge(&soak, lasts_ms);
	return result_status();
}
