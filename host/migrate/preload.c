/* SPDX-License-Identifier: MIT */
/*
 * preload.c - libcagma-precopy.so, in Xen's own save helper. (Edge: libxc's save.)
 *
 * libxl runs libxl-save-helper, which calls libxenguest's xc_domain_save(), whose
 * loop asks precopy_policy whether to go on and gets modified pages by
 * xc_logdirty_control(). This library stands between the three (LD_PRELOAD;
 * cagma-save-helper sets it): so it chooses which pages are sent in a round. The
 * loop, the stream and the receiver are Xen's, untouched.
 *
 * What it defines has the versions of the libraries it was built against
 * (abi.sh). The dynamic linker binds no helper of another version to
 * it, so such a helper works as it does without us; it is told why.
 *
 * Written from tools/libs/guest/xg_sr_save.c of 4.17, send_memory_live() and
 * suspend_and_send_dirty(); precopy.h says where its calls belong.
 */
#include "common/system/clock.h"
#include "common/system/log.h"
#include "host/migrate/holes.h"
#include "host/migrate/release.h"
#include "host/migrate/run.h"
#include "host/precopy/bitmap.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>
#include <xenguest.h>

/* ABI_CONTROL and ABI_GUEST, the versions of what is stood before, are from abi.sh. */
enum {
	PAGE_BYTES = 4096,
	STOCK_PASSES = 5, /* SPP_MAX_ITERATIONS, SPP_TARGET_DIRTY_COUNT */
	STOCK_ENOUGH_PAGES = 50,
};

/* The functions we stand before, and what else of libxenctrl we call. */
static struct {
	int (*save)(xc_interface *, int, uint32_t, uint32_t, struct save_callbacks *,
		    xc_stream_type_t, int);
	long long (*logdirty)(xc_interface *, uint32_t, unsigned, xc_hypercall_buffer_t *,
			      unsigned long, unsigned, xc_shadow_op_stats_t *);
	void *(*alloc_pages)(xc_interface *, xc_hypercall_buffer_t *, int);
	int (*version)(xc_interface *, int, void *);
} real;

static bool is_complete; /* all of them were found */
static bool is_ours;     /* a live migration, from xc_domain_save() on */
static struct precopy_run run;
static xc_interface *control;
static uint32_t guest;
static struct save_callbacks *helpers; /* the helper's own callbacks */

/* The buffer that libxc has allocated last: the bitmap, if it looks like it. */
static struct {
	unsigned long *bits;
	size_t bytes;
} candidate;

static bool find(void *ret_function, const char *name, const char *abi)
{
	void *function = dlvsym(RTLD_NEXT, name, abi);
	memcpy(ret_function, &function, sizeof(function));
	return function != NULL;
}

static __attribute__((constructor)) void find_all(void)
{
	log_init("cagma-precopy", false);
	unsetenv("LD_PRELOAD");
	/* those that are there are called through us, whatever is missing */
	is_complete = find(&real.save, "xc_domain_save", ABI_GUEST);
	is_complete &= find(&real.logdirty, "xc_logdirty_control", ABI_CONTROL);
	is_complete &= find(&real.alloc_pages, "xc__hypercall_buffer_alloc_pages", ABI_CONTROL);
	is_complete &= find(&real.version, "xc_version", ABI_CONTROL);
	if (is_complete)
		return;
	precopy_run_open(&run);
	precopy_run_decline(&run, "helper-version",
			    "this save helper is not the one of Xen " RELEASE
			    ", which this library is for");
	precopy_run_close(&run);
}

/* --- rounds --------------------------------------------------------------------------------- */

/* Until the next round is worth its pause of the guest. A signal ends it: we are cancelled. */
static void await_round(void)
{
	uint64_t ms = precopy_run_wait_ms(&run);
	struct timespec rest = {.tv_sec = (time_t)(ms / 1000),
				.tv_nsec = (long)(ms % 1000) * 1000000};
	if (ms)
		nanosleep(&rest, NULL);
}

/* True if that buffer is the bitmap of so many pages, all of them set, as libxc begins. */
static bool is_full_bitmap(uint64_t n_pages)
{
	uint64_t bytes = bitmap_bytes(n_pages);
	return candidate.bits &&
	       (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES == candidate.bytes &&
	       bitmap_find(candidate.bits, n_pages, 0, false) == n_pages;
}

static void begin(uint64_t n_pages)
{
	unsigned long *bits = is_full_bitmap(n_pages) ? candidate.bits : NULL;
	unsigned long *holes = holes_find(control, guest, n_pages);
	int r = precopy_run_begin(&run, guest, n_pages, bits, holes);
	free(holes);
	if (r == -ENOMEM)
		precopy_run_decline(&run, "no-memory",
				    "dom0 has too little memory to remember pages");
	else if (r < 0)
		precopy_run_decline(&run, "size", "the guest's size is out of range");
	is_ours = r == 0;
}

static int stock_policy(const struct precopy_stats *stats)
{
	bool is_enough = stats->dirty_count >= 0 && stats->dirty_count < STOCK_ENOUGH_PAGES;
	return is_enough || stats->iteration >= STOCK_PASSES ? XGS_POLICY_STOP_AND_COPY
							     : XGS_POLICY_CONTINUE_PRECOPY;
}

static int policy(struct precopy_stats stats, void *data)
{
	static const int answers[] = {
		[PRECOPY_SEND] = XGS_POLICY_CONTINUE_PRECOPY,
		[PRECOPY_WAIT] = XGS_POLICY_CONTINUE_PRECOPY,
		[PRECOPY_SUSPEND] = XGS_POLICY_STOP_AND_COPY,
		[PRECOPY_ABORT] = XGS_POLICY_ABORT,
	};
	(void)data;
	if (is_ours && stats.dirty_count >= 0 && !run.is_begun)
		begin((uint64_t)stats.dirty_count);
	if (!is_ours)
		return stock_policy(&stats);
	if (stats.dirty_count < 0)
		return XGS_POLICY_CONTINUE_PRECOPY;
	if (run.last.next == PRECOPY_ABORT)
		log_error("the guest would be suspended for %" PRIu64 " ms, where %" PRIu64
			  " are allowed; it is not migrated",
			  run.last.downtime_ms, run.core.conf.max_downtime_ms);
	return answers[run.last.next];
}

static int suspend(void *data)
{
	int r = helpers->suspend(data);
	if (r && is_ours)
		precopy_run_suspend(&run);
	return r;
}

int xc_domain_save(xc_interface *xch, int io_fd, uint32_t dom, uint32_t flags,
		   struct save_callbacks *callbacks, xc_stream_type_t stream_type, int recv_fd)
{
	struct save_callbacks ours = *callbacks;
	if (!is_complete)
		return real.save
			       ? real.save(xch, io_fd, dom, flags, callbacks, stream_type, recv_fd)
			       : (errno = ENOSYS, -1);
	is_ours = false;
	precopy_run_open(&run);
	int version = real.version(xch, XENVER_version, NULL);
	if (version != (RELEASE_MAJOR << 16 | RELEASE_MINOR))
		precopy_run_decline(&run, "xen-version",
				    "this Xen is not " RELEASE ", for which cagma was built");
	else if (!(flags & XCFLAGS_LIVE) || stream_type != XC_STREAM_PLAIN ||
		 callbacks->precopy_policy)
		precopy_run_decline(&run, "not-live", "this is no plain live migration");
	else
		is_ours = true;
	helpers = callbacks;
	control = xch;
	guest = dom;
	if (is_ours) {
		/* a receiver that is gone is an error like another: libxc then puts the guest right
		 */
		signal(SIGPIPE, SIG_IGN);
		ours.precopy_policy = policy;
		ours.suspend = suspend;
	}
	int r = real.save(xch, io_fd, dom, flags, is_ours ? &ours : callbacks, stream_type,
			  recv_fd);
	int error = errno;
	precopy_run_end(&run, r);
	precopy_run_close(&run);
	errno = error;
	return r;
}

/* --- libxenctrl, as libxenguest calls it ------------------------------------------------------ */

static unsigned long *bits_of(const xc_hypercall_buffer_t *buffer)
{
	if (buffer && buffer->param_shadow)
		buffer = buffer->param_shadow;
	return buffer ? buffer->hbuf : NULL;
}

/* With pages held back there is no way on without the bitmap: libxc then gives up, and the guest
 * runs on where it is. */
static long long lose_bitmap(long long r)
{
	if (!run.last.held_pages) {
		is_ours = false;
		precopy_run_decline(&run, "bitmap", "the bitmap of modified pages cannot be read");
		return r;
	}
	log_error("the bitmap of modified pages cannot be read; the guest is not migrated");
	errno = EINVAL;
	return -1;
}

long long xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned sop,
			      xc_hypercall_buffer_t *dirty_bitmap, unsigned long pages,
			      unsigned mode, xc_shadow_op_stats_t *stats)
{
	bool is_round = is_ours && run.is_begun && sop == XEN_DOMCTL_SHADOW_OP_CLEAN;
	bool is_final = mode & XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL;
	if (is_round && !is_final)
		await_round();
	uint64_t begin_us = clock_monotonic_us();
	long long r = real.logdirty(xch, domid, sop, dirty_bitmap, pages, mode, stats);
	run.look_us = clock_monotonic_us() - begin_us;
	if (!is_round || r != (long long)pages)
		return r;
	unsigned long *bits = bits_of(dirty_bitmap);
	if (!bits || !stats || pages != run.n_pages)
		return lose_bitmap(r);
	if (is_final) {
		stats->dirty_count += (uint32_t)precopy_run_final(&run, bits);
		return r;
	}
	precopy_run_round(&run, bits);
	stats->dirty_count = (uint32_t)run.last.send_pages;
	return r;
}

void *xc__hypercall_buffer_alloc_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages)
{
	void *buffer = real.alloc_pages(xch, b, nr_pages);
	if (is_ours && !run.is_begun) {
		candidate.bits = buffer;
		candidate.bytes = (size_t)nr_pages * PAGE_BYTES;
	}
	return buffer;
}
