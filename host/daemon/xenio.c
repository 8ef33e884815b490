/* SPDX-License-Identifier: MIT */
#include "host/daemon/xenio.h"

#include "common/system/clock.h"
#include "common/system/log.h"
#include "common/system/trouble.h"
#include "host/core/hold.h"
#include "host/guests/dom0.h"
#include "host/daemon/hostword.h"
#include "host/daemon/reservations.h"
#include "host/xen/savehelper.h"
#include "host/xen/tool.h"
#include "host/xen/xllock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)IO_MAX_MIGRATIONS == (int)SAVEHELPER_MAX, "find_migrations fills no more");

/* A build by xl takes no longer as a rule; a longer one is worth a word. */
enum { BUILDING_SAY_MS = 10000 };

/* What is known of the guest that xl builds. */
struct building {
	uint64_t since_ms; /* since when this process holds xl's lock; 0: root does not hold it */
	pid_t pid;
	struct trouble stranger, late, unknown;
};

struct xenio {
	struct hypervisor *hypervisor;
	struct store *store; /* NULL while xenstored is not there */
	struct worker_pool *workers;
	struct reservations reservations;
	struct hostword word;
	struct building building;
	bool is_dry;
	bool tool_changed; /* below /tool/cagma, since told_migrations() was last called */
};

static uint64_t clock_ms(void *world)
{
	(void)world;
	return clock_monotonic_ms();
}

/* --- Xen ------------------------------------------------------------------ */

int xenio_room_kib(const struct config *config, uint64_t *ret_room_kib)
{
	struct hypervisor *hypervisor;
	struct hypervisor_host host = {0};
	const struct hypervisor_domain *domain;
	int r = hypervisor_open(CONFIG_MAX_GUESTS, &hypervisor);
	if (r < 0)
		return r;
	r = hypervisor_host(hypervisor, &host);
	int n = r < 0 ? r : hypervisor_domains(hypervisor, &domain);
	uint64_t dom0_kib = n > 0 && domain[0].domid == 0 ? domain[0].alm_kib : 0;
	hypervisor_close(hypervisor);
	uint64_t beside_kib = config_lists_dom0(config) ? 0 : dom0_kib;
	*ret_room_kib = host.total_kib - beside_kib;
	return n < 0 ? n : 0;
}

int xenio_fits_host(const struct config *config)
{
	uint64_t room_kib;
	int r = xenio_room_kib(config, &room_kib);
	if (r < 0)
		return r;
	FILE *messages = log_open_stream(LOG_LEVEL_ERROR);
	bool fits = config_fits(config, room_kib, messages);
	log_close_stream(messages);
	return fits;
}

static int domains(void *world, const struct hypervisor_domain **ret_domain)
{
	struct xenio *x = world;
	return hypervisor_domains(x->hypervisor, ret_domain);
}

static int host(void *world, struct hypervisor_host *ret_host)
{
	struct xenio *x = world;
	return hypervisor_host(x->hypervisor, ret_host);
}

static int set_cap(void *world, uint32_t domid, uint64_t cap_kib)
{
	struct xenio *x = world;
	return hypervisor_set_cap(x->hypervisor, domid, cap_kib);
}

/* --- dom0 ------------------------------------------------------------------ */

/* xl's lock, as it was seen lately. */
static void say_of_lock(struct building *b, const struct xllock *lock, uint64_t now_ms)
{
	bool is_late = lock->holder == XLLOCK_ROOT && now_ms >= b->since_ms + BUILDING_SAY_MS;
	if (lock->holder == XLLOCK_STRANGER && trouble_met(&b->stranger))
		log_warning(XLLOCK_PATH " is not heeded: it is held by process %d, which is not "
					"root's, or is no lock of xl; remove it",
			    (int)lock->pid);
	if (is_late && trouble_met(&b->late))
		log_warning("xl (process %d) has held its lock " XLLOCK_PATH
			    " for %d s: meanwhile only guests in alarm grow; from %d s on it is "
			    "not heeded",
			    (int)lock->pid, BUILDING_SAY_MS / 1000, HOLD_XL_MS / 1000);
	if (lock->holder == XLLOCK_NOBODY) {
		trouble_over(&b->stranger);
		trouble_end(&b->late, "xl has released its lock");
	}
	if (lock->holder == XLLOCK_UNKNOWN)
		trouble_begin(&b->unknown,
			      "xl's lock " XLLOCK_PATH
			      " cannot be looked at, so only guests in alarm grow",
			      lock->error);
	else
		trouble_end(&b->unknown, "xl's lock " XLLOCK_PATH " can be looked at again");
}

/* A lock that cannot be looked at counts as held, for as long as that lasts. */
static bool is_building(void *world, uint64_t now_ms)
{
	struct building *b = &((struct xenio *)world)->building;
	struct xllock lock = xllock_look(XLLOCK_PATH);
	if (lock.holder != XLLOCK_ROOT)
		b->since_ms = 0;
	else if (!b->since_ms || lock.pid != b->pid)
		b->since_ms = now_ms;
	b->pid = lock.pid;
	say_of_lock(b, &lock, now_ms);
	return lock.holder == XLLOCK_UNKNOWN || hold_xl_is_building(b->since_ms, now_ms);
}

static const char *look_at_dom0(void *world, struct report *ret_report)
{
	(void)world;
	return dom0_look(ret_report);
}

static unsigned told_migrations(void *world, uint32_t ret_domid[IO_MAX_MIGRATIONS])
{
	struct xenio *x = world;
	if (!x->tool_changed)
		return 0;
	x->tool_changed = false;
	int n = tool_list(x->store, "migrating", ret_domid, IO_MAX_MIGRATIONS);
	return n < 0 ? 0 : n < IO_MAX_MIGRATIONS ? (unsigned)n : IO_MAX_MIGRATIONS;
}

static unsigned find_migrations(void *world, uint32_t ret_domid[IO_MAX_MIGRATIONS])
{
	(void)world;
	return savehelper_list(ret_domid);
}

/* --- xenstore -------------------------------------------------------------- */

static int connect(void *world)
{
	struct xenio *x = world;
	int r = store_open(&x->store);
	x->word = (struct hostword){0};
	if (r == 0 && !x->is_dry)
		r = reservations_open(&x->reservations, x->store);
	return r;
}

static void disconnect(void *world)
{
	struct xenio *x = world;
	store_close(x->store);
	x->store = NULL;
}

static bool is_alive(void *world)
{
	struct xenio *x = world;
	return store_alive(x->store);
}

/* Keys that cagmactl and cagma-migrate write ask for a pass. Our own answers beside them do not. */
static int next_event(void *world, enum store_source source, struct store_event *ret_event)
{
	struct xenio *x = world;
	int r = store_next(x->store, source, ret_event);
	while (r > 0 && ret_event->kind == STORE_TOOL &&
	       !reservations_take_event(&x->reservations, ret_event))
		r = store_next(x->store, source, ret_event);
	x->tool_changed |= r > 0 && ret_event->kind == STORE_TOOL;
	return r;
}

static int watch(void *world, enum io_watch what, unsigned domid, unsigned generation)
{
	struct xenio *x = world;
	return what == IO_WATCH_MEMORY ? store_watch_memory(x->store, domid, generation)
				       : store_watch_cagma(x->store, domid, generation);
}

static int unwatch(void *world, enum io_watch what, unsigned domid, unsigned generation)
{
	struct xenio *x = world;
	return what == IO_WATCH_MEMORY ? store_unwatch_memory(x->store, domid, generation)
				       : store_unwatch_cagma(x->store, domid, generation);
}

static int read_key(void *world, unsigned domid, const char *path, char *buf, size_t size)
{
	struct xenio *x = world;
	return store_read(x->store, domid, path, buf, size);
}

static int read_number(void *world, unsigned domid, const char *path, uint64_t *ret_number)
{
	struct xenio *x = world;
	return store_read_number(x->store, domid, path, ret_number);
}

static bool has_libxl(void *world, unsigned domid, const char *path)
{
	struct xenio *x = world;
	return store_has_libxl(x->store, domid, path);
}

static int write_keys(void *world, unsigned domid, const struct store_value *value,
		      unsigned n_values, bool gives_way)
{
	struct xenio *x = world;
	return store_write(x->store, domid, value, n_values, gives_way);
}

static void clear(void *world, unsigned domid)
{
	struct xenio *x = world;
	store_clear(x->store, domid);
}

/* --- what guests were built with ------------------------------------------- */

static int recall_built(void *world, const uint8_t uuid[UUID_BYTES],
			struct toolkeys_built *ret_built)
{
	struct xenio *x = world;
	char path[TOOLKEYS_MAX_PATH], line[TOOLKEYS_MAX_BYTES + 1];
	struct toolkeys_built built;
	toolkeys_uuid_path(TOOLKEYS_BUILT, uuid, path);
	int len = tool_read(x->store, path, line, sizeof(line));
	if (len < 0)
		return len == -EBADF ? len : -ENOENT;
	if (line_parse(&toolkeys_built_format, (struct text){line, (size_t)len}, &built,
		       &built.present) != LINE_OK)
		return -ENOENT;
	*ret_built = built;
	return 0;
}

static int keep_built(void *world, const uint8_t uuid[UUID_BYTES],
		      const struct toolkeys_built *built)
{
	struct xenio *x = world;
	char path[TOOLKEYS_MAX_PATH], line[TOOLKEYS_MAX_BYTES + 1];
	toolkeys_uuid_path(TOOLKEYS_BUILT, uuid, path);
	if (x->is_dry || !x->store)
		return 0;
	if (!built)
		return tool_remove(x->store, path);
	line_write(&toolkeys_built_format, built, built->present, line, sizeof(line));
	return tool_write(x->store, NULL, path, line);
}

/* --- reservations ---------------------------------------------------------- */

static int reserved(void *world, struct guests *guests, uint64_t free_kib, uint64_t now_ms,
		    uint64_t *ret_reserved_kib)
{
	struct xenio *x = world;
	return reservations_refresh(&x->reservations, x->store, guests, free_kib, now_ms,
				    ret_reserved_kib);
}

static int judge_reservations(void *world, const struct policy_conf *conf,
			      const struct snapshot *snap, const struct verdict *verdict,
			      bool gives)
{
	struct xenio *x = world;
	return reservations_judge(&x->reservations, x->store, conf, snap, verdict, gives);
}

static int tell_host(void *world, const struct overload *overload, uint64_t now_ms)
{
	struct xenio *x = world;
	return hostword_say(&x->word, x->store, overload, now_ms);
}

/* --- libxl's calls --------------------------------------------------------- */

static int start_call(void *world, uint64_t now_ms, const struct target_job *job)
{
	struct xenio *x = world;
	return worker_pool_start(x->workers, now_ms, job);
}

static bool collect_call(void *world, uint64_t now_ms, struct worker_answer *ret_answer)
{
	struct xenio *x = world;
	return worker_pool_collect(x->workers, now_ms, ret_answer);
}

static uint64_t calls_due_ms(void *world)
{
	struct xenio *x = world;
	return worker_pool_deadline_ms(x->workers);
}

static void end_calls(void *world)
{
	struct xenio *x = world;
	worker_pool_close(x->workers);
	x->workers = NULL;
}

/* --- all of it -------------------------------------------------------------- */

struct io xenio_functions(struct xenio *x)
{
	return (struct io){
		.world = x,
		.domains = domains,
		.host = host,
		.set_cap = set_cap,
		.is_building = is_building,
		.look_at_dom0 = look_at_dom0,
		.told_migrations = told_migrations,
		.clock_ms = clock_ms,
		.find_migrations = find_migrations,
		.connect = connect,
		.disconnect = disconnect,
		.is_alive = is_alive,
		.next_event = next_event,
		.watch = watch,
		.unwatch = unwatch,
		.read = read_key,
		.read_number = read_number,
		.has_libxl = has_libxl,
		.write = write_keys,
		.clear = clear,
		.recall_built = recall_built,
		.keep_built = keep_built,
		.reserved = reserved,
		.judge_reservations = judge_reservations,
		.tell_host = tell_host,
		.start_call = start_call,
		.collect_call = collect_call,
		.calls_due_ms = calls_due_ms,
		.end_calls = end_calls,
	};
}

static bool open_all(struct xenio *x, const struct config *config)
{
	int r = reservations_init(&x->reservations, (unsigned)config->max_guests);
	if (r < 0) {
		log_error("no memory for %" PRIu64 " guests; lower max_guests", config->max_guests);
		return false;
	}
	r = hypervisor_open(CONFIG_MAX_GUESTS, &x->hypervisor);
	if (r < 0) {
		log_error("cannot reach Xen: %s; cagmad runs as root in dom0", strerror(-r));
		return false;
	}
	r = worker_pool_open((unsigned)config->workers, config->call_timeout_ms, log_is_verbose(),
			     &x->workers);
	if (r < 0)
		log_error("cannot start the processes that call libxl: %s", strerror(-r));
	return r == 0;
}

struct xenio *xenio_open(const struct config *config, bool is_dry)
{
	struct xenio *x = calloc(1, sizeof(*x));
	if (!x) {
		log_error("cannot start: there is no memory");
		return NULL;
	}
	x->is_dry = is_dry;
	if (open_all(x, config))
		return x;
	xenio_close(x);
	return NULL;
}

void xenio_close(struct xenio *x)
{
	if (!x)
		return;
	worker_pool_close(x->workers);
	if (x->store && !x->is_dry) {
		hostword_withdraw(x->store);
		reservations_close(x->store);
	}
	store_close(x->store);
	hypervisor_close(x->hypervisor);
	reservations_finish(&x->reservations);
	free(x);
}

const char *xenio_xen_options(const struct xenio *x)
{
	return hypervisor_options(x->hypervisor);
}

unsigned xenio_poll(const struct xenio *x, struct pollfd fds[XENIO_MAX_FDS])
{
	unsigned n = worker_pool_poll(x->workers, fds);
	for (int i = 0; x->store && i < STORE_SOURCES_; i++)
		fds[n++] = (struct pollfd){.fd = store_fd(x->store, (enum store_source)i),
					   .events = POLLIN};
	return n;
}
