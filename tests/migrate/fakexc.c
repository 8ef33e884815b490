/* SPDX-License-Identifier: MIT */
/*
 * libfakexc.so - as much of libxenctrl and libxenguest as the save helper's pre-copy needs, over a
 * guest that is an array of numbers: how often each page was modified, and which of these was sent
 * last. At the end both are compared, and one line is printed:
 *
 *	rounds= sent= final= corrupt= unsent=
 *
 * corrupt counts pages whose copy is not their last state, unsent those never sent. Written to the
 * order of calls that precopy.h describes.
 *
 *	FAKEXC_PAGES    of the guest (4000)
 *	FAKEXC_HOLES    the last of these are none that the guest has (0)
 *	FAKEXC_SEED     which pages are modified
 *	FAKEXC_VERSION  what xc_version() says, if that is not this release: 4.16 is 0x40010
 *	FAKEXC_FAULT    no-bitmap: from the third round on CLEAN's buffer is NULL
 *	                no-stats: from then on it is asked for no statistics
 *	                clean: the third CLEAN fails; final: the final one does
 *	                pipe: the receiver is gone
 *	                no-types: the types of pages are not said
 *	                hidden: the bitmap is not allocated by xc__hypercall_buffer_alloc_pages
 *	FAKEXC_ROUND_MS how long sending a bitmap takes
 */
#include "host/precopy/bitmap.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenguest.h>

enum { PAGE_BYTES = 4096, HOT_PAGES = 40 };

static struct guest {
	unsigned long n_pages, n_holes, words;
	uint32_t *modified, *copy;
	bool *was_sent;
	unsigned long *dirty;
	uint64_t random;
	unsigned long sent, final;
	unsigned cleans, live_rounds;
} guest;

static const char *fault(void)
{
	const char *name = getenv("FAKEXC_FAULT");
	return name ? name : "";
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 0) : otherwise;
}

static uint64_t draw(void)
{
	guest.random ^= guest.random << 13;
	guest.random ^= guest.random >> 7;
	guest.random ^= guest.random << 17;
	return guest.random;
}

/* The guest runs for a moment: some of its few hot pages, and now and then any. */
static void run_guest(void)
{
	unsigned long page =
		draw() % 4 ? draw() % HOT_PAGES : draw() % (guest.n_pages - guest.n_holes);
	guest.modified[page]++;
	bitmap_add(guest.dirty, page);
}

static void make_guest(void)
{
	guest = (struct guest){.n_pages = number("FAKEXC_PAGES", 4000)};
	guest.n_holes = number("FAKEXC_HOLES", 0);
	guest.words = bitmap_words(guest.n_pages);
	guest.random = 88172645463325252 + number("FAKEXC_SEED", 0) * 7919;
	guest.modified = calloc(guest.n_pages, sizeof(*guest.modified));
	guest.copy = calloc(guest.n_pages, sizeof(*guest.copy));
	guest.was_sent = calloc(guest.n_pages, sizeof(*guest.was_sent));
	guest.dirty = calloc(guest.words, sizeof(*guest.dirty));
}

/* ---- libxenctrl */

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	(void)cmd;
	(void)arg;
	return (int)number("FAKEXC_VERSION", 4 << 16 | XEN_MINOR);
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned max_domains,
			  xc_domaininfo_t *info)
{
	(void)xch;
	(void)max_domains;
	*info = (xc_domaininfo_t){.domain = (domid_t)first_domain,
				  .flags = XEN_DOMINF_hvm_guest,
				  .tot_pages = guest.n_pages - guest.n_holes};
	return 1;
}

/* libxenctrl has it for libxenguest, and no public header does. */
int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned num, xen_pfn_t *arr);
int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned num, xen_pfn_t *arr)
{
	(void)xch;
	(void)dom;
	if (!strcmp(fault(), "no-types"))
		return -1;
	for (unsigned i = 0; i < num; i++)
		arr[i] = arr[i] < guest.n_pages - guest.n_holes ? XEN_DOMCTL_PFINFO_NOTAB
								: XEN_DOMCTL_PFINFO_XTAB;
	return 0;
}

void *xc__hypercall_buffer_alloc_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages)
{
	(void)xch;
	b->hbuf = calloc((size_t)nr_pages, PAGE_BYTES);
	return b->hbuf;
}

long long xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned sop,
			      xc_hypercall_buffer_t *bitmap, unsigned long pages, unsigned mode,
			      xc_shadow_op_stats_t *stats)
{
	uint32_t n = 0;
	(void)xch;
	(void)domid;
	bool is_clean = sop == XEN_DOMCTL_SHADOW_OP_CLEAN;
	if (is_clean && ((++guest.cleans == 3 && !strcmp(fault(), "clean")) ||
			 (mode && !strcmp(fault(), "final")))) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(bitmap->hbuf, guest.dirty, guest.words * sizeof(*guest.dirty));
	n = (uint32_t)bitmap_count(guest.dirty, guest.n_pages);
	if (is_clean)
		memset(guest.dirty, 0, guest.words * sizeof(*guest.dirty));
	if (stats)
		stats->dirty_count = n;
	if (is_clean && guest.cleans >= 3 && !strcmp(fault(), "no-bitmap"))
		bitmap->hbuf = NULL;
	return (long long)pages;
}

/* ---- libxenguest */

static unsigned long send_pages(const unsigned long *bits, bool is_running)
{
	unsigned long n = 0;
	usleep((useconds_t)number("FAKEXC_ROUND_MS", 0) * 1000);
	for (unsigned long page = 0; page < guest.n_pages; page++) {
		if (!bitmap_has(bits, page))
			continue;
		guest.copy[page] = guest.modified[page];
		guest.was_sent[page] = true;
		n++;
		if (is_running)
			run_guest();
	}
	guest.sent += n;
	return n;
}

static int stop_at_third_round(struct precopy_stats stats, void *data)
{
	(void)data;
	return stats.iteration >= 3 ? XGS_POLICY_STOP_AND_COPY : XGS_POLICY_CONTINUE_PRECOPY;
}

static bool is_blind(void)
{
	return guest.cleans >= 2 && !strcmp(fault(), "no-stats");
}

static int send_live(xc_interface *xch, struct save_callbacks *callbacks, uint32_t dom,
		     xc_hypercall_buffer_t *buffer)
{
	precopy_policy_t policy =
		callbacks->precopy_policy ? callbacks->precopy_policy : stop_at_third_round;
	struct precopy_stats told = {.dirty_count = (long)guest.n_pages};
	xc_shadow_op_stats_t stats = {.dirty_count = (uint32_t)guest.n_pages};
	memset(buffer->hbuf, 0xff, guest.words * sizeof(unsigned long));
	for (;;) {
		int answer = policy(told, callbacks->data);
		if (answer == XGS_POLICY_ABORT)
			return -1;
		if (stats.dirty_count > 0)
			send_pages(buffer->hbuf, true);
		run_guest();
		guest.live_rounds++;
		if (answer != XGS_POLICY_CONTINUE_PRECOPY)
			return 0;
		told.iteration = guest.live_rounds;
		told.dirty_count = -1;
		if (policy(told, callbacks->data) != XGS_POLICY_CONTINUE_PRECOPY)
			return 0;
		if (xc_logdirty_control(xch, dom, XEN_DOMCTL_SHADOW_OP_CLEAN, buffer, guest.n_pages,
					0, is_blind() ? NULL : &stats) != (long long)guest.n_pages)
			return -1;
		told.dirty_count = stats.dirty_count;
	}
}

static int send_rest(xc_interface *xch, struct save_callbacks *callbacks, uint32_t dom,
		     xc_hypercall_buffer_t *buffer)
{
	xc_shadow_op_stats_t stats = {0};
	if (!callbacks->suspend(callbacks->data))
		return -1;
	if (!strcmp(fault(), "pipe")) {
		raise(SIGPIPE);
		return -1;
	}
	if (xc_logdirty_control(xch, dom, XEN_DOMCTL_SHADOW_OP_CLEAN, buffer, guest.n_pages,
				XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL,
				&stats) != (long long)guest.n_pages)
		return -1;
	guest.final = send_pages(buffer->hbuf, false);
	return 0;
}

static void print_end(void)
{
	unsigned long corrupt = 0, unsent = 0;
	for (unsigned long i = 0; i < guest.n_pages; i++) {
		corrupt += guest.copy[i] != guest.modified[i];
		unsent += !guest.was_sent[i];
	}
	printf("rounds=%u sent=%lu final=%lu corrupt=%lu unsent=%lu\n", guest.live_rounds,
	       guest.sent, guest.final, corrupt, unsent);
}

int xc_domain_save(xc_interface *xch, int io_fd, uint32_t dom, uint32_t flags,
		   struct save_callbacks *callbacks, xc_stream_type_t stream_type, int recv_fd)
{
	DECLARE_HYPERCALL_BUFFER(unsigned long, bitmap);
	(void)io_fd;
	(void)flags;
	(void)stream_type;
	(void)recv_fd;
	make_guest();
	int pages = (int)((guest.words * sizeof(unsigned long) + PAGE_BYTES - 1) / PAGE_BYTES);
	if (!xc_hypercall_buffer_alloc_pages(xch, bitmap, pages))
		return -1;
	(void)bitmap;
	if (!strcmp(fault(), "hidden"))
		HYPERCALL_BUFFER(bitmap)->hbuf = calloc((size_t)pages, PAGE_BYTES);
	int r = send_live(xch, callbacks, dom, HYPERCALL_BUFFER(bitmap));
	if (r == 0)
		r = send_rest(xch, callbacks, dom, HYPERCALL_BUFFER(bitmap));
	if (r == 0)
		print_end();
	return r;
}
