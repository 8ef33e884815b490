/* SPDX-License-Identifier: MIT */
#include "host/migrate/migrate.h"

#include "common/amount.h"
#include "common/system/clock.h"
#include "common/system/command.h"
#include "common/system/log.h"
#include "common/units.h"
#include "host/migrate/guest.h"
#include "host/migrate/release.h"
#include "host/migrate/library.h"
#include "host/migrate/watch.h"
#include "host/xen/savehelper.h"
#include "host/xen/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What the library was written for. */

enum {
	PATH_BYTES = 4096,
	LOOK_MS = 200,
	SHRINK_LIMIT_MS = 30000, /* a balloon that is slower than this is not waited for */
	SLACK_KIB = 1024,        /* a guest never gets its target to the page */
	TELL_MS = 1000,          /* cagmad is told again, or forgets */
	ANSWER_MS = 5000,        /* a cagmad that runs has answered by then */
};

struct errand {
	const struct migrate_asked *asked;
	struct store *store; /* NULL: xenstore cannot be reached */
	uint32_t domid;
	bool is_known;       /* the domid is */
	uint64_t told_ms;    /* when cagmad was told of it last; 0: there is none */
	uint64_t before_kib; /* its target before it was shrunk; 0: it was not */
	char report[PATH_BYTES];
	bool report_is_ours; /* to be removed */
	char library[PATH_BYTES], wrapper[PATH_BYTES], helper[PATH_BYTES];
	bool is_stock; /* without the library */
	int signal_fd;
	pid_t xl;
	bool is_cancelled;
	bool has_saved; /* its save helper was seen */
	struct migrate_watch watch;
};

/* --- what we come with -------------------------------------------------------------------- */

/* The directory of the library: by default ../lib/cagma of our own. */
static bool find_parts(struct errand *e)
{
	char own[PATH_BYTES / 2], parts[PATH_BYTES - 64];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	own[len > 0 ? len : 0] = '\0';
	char *slash = strrchr(own, '/');
	if (slash)
		*slash = '\0';
	if (e->asked->parts)
		snprintf(parts, sizeof(parts), "%s", e->asked->parts);
	else
		snprintf(parts, sizeof(parts), "%s/../lib/cagma", own);
	snprintf(e->library, sizeof(e->library), "%s/libcagma-precopy.so", parts);
	snprintf(e->wrapper, sizeof(e->wrapper), "%s/cagma-save-helper", parts);
	if (access(e->library, R_OK) == 0 && access(e->wrapper, X_OK) == 0)
		return true;
	log_warning("%s and cagma-save-helper beside it are not there (--parts)", e->library);
	return false;
}

/* The same file by whatever name. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;
	return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

/* xl's own save helper, where the version that runs has it. */
static bool find_helper(struct errand *e)
{
	static const char *const places[] = {
		RELEASE_BIN "/libxl-save-helper", /* Debian */
		"/usr/libexec/xen/bin/libxl-save-helper",
		"/usr/lib/xen/bin/libxl-save-helper",
		"/usr/local/lib/xen/bin/libxl-save-helper",
	};
	const char *given = e->asked->helper ? e->asked->helper : getenv("LIBXL_SAVE_HELPER");
	if (given && is_same_file(given, e->wrapper)) {
		log_warning("%s is cagma's, and not xl's own save helper: that is looked for",
			    given);
		given = NULL;
	}
	for (unsigned i = 0; !given && i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			given = places[i];
	if (given && access(given, X_OK) == 0) {
		snprintf(e->helper, sizeof(e->helper), "%s", given);
		return true;
	}
	log_warning("xl's save helper is not where it is looked for (--helper)");
	return false;
}

/* Finds out whether Xen is there, and of the version that we are for. 0, or -errno after saying why
 * xl is of no use here. */
static int look_at_xen(struct errand *e)
{
	char said[MIGRATE_SAID_BYTES];
	unsigned major, minor;
	int r = migrate_xen_version(&major, &minor, said);
	if (r < 0 && r != -ENODATA) {
		log_error("xl cannot be used here (it takes root in dom0): xl info %s%s%s",
			  r == -EIO ? "fails" : strerror(-r), said[0] ? ": " : "", said);
		return r;
	}
	e->is_stock = true;
	if (r == -ENODATA)
		log_warning("xl info does not say which Xen this is");
	else if (major != RELEASE_MAJOR || minor != RELEASE_MINOR)
		log_warning("this is Xen %u.%u, and cagma-migrate was built for %d.%d", major,
			    minor, RELEASE_MAJOR, RELEASE_MINOR);
	else
		e->is_stock = !find_parts(e) || !find_helper(e);
	if (e->is_stock)
		log_warning("%s is migrated as xl migrate does it by itself", e->asked->domain);
	return 0;
}

static int look_for_domain(struct errand *e)
{
	int r = migrate_domid(e->asked->domain, &e->domid);
	if (r == -ESRCH)
		log_error("there is no domain %s here (xl list)", e->asked->domain);
	e->is_known = r == 0;
	return r == -ESRCH ? r : 0;
}

static int make_report(struct errand *e)
{
	int fd;
	e->report_is_ours = !e->asked->report;
	if (e->asked->report) {
		snprintf(e->report, sizeof(e->report), "%s", e->asked->report);
		fd = open(e->report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	} else {
		const char *place = getenv("TMPDIR");
		snprintf(e->report, sizeof(e->report), "%s/cagma-migrate.XXXXXX",
			 place ? place : "/tmp");
		fd = mkstemp(e->report);
	}
	if (fd < 0)
		return -errno;
	close(fd);
	return migrate_watch_open(&e->watch, e->report, !e->asked->is_quiet);
}

/* --- waiting ------------------------------------------------------------------------------ */

static void cancel(struct errand *e);

static void tell_cagmad(struct errand *e)
{
	if (e->told_ms && clock_monotonic_ms() >= e->told_ms + TELL_MS &&
	    migrate_tell_cagmad(e->store, e->domid) == 0)
		e->told_ms = clock_monotonic_ms();
}

/* Waits for a moment, or until a signal wants us to end. */
static void doze(struct errand *e)
{
	struct pollfd fd = {.fd = e->signal_fd, .events = POLLIN};
	poll(&fd, 1, LOOK_MS);
	tell_cagmad(e);
	int signo = command_take_signal(e->signal_fd, 0);
	if (signo && signo != SIGCHLD)
		cancel(e);
}

/* --- the guest's memory -------------------------------------------------------------------- */

/*
 * What is made for the guest over there is of the size of its target: from here
 * on it must not grow, and what it holds beyond its target, on credit, becomes
 * its target.
 */
static void hold_still(struct errand *e)
{
	uint64_t end_ms = clock_monotonic_ms() + ANSWER_MS;
	uint64_t held_kib, needed_kib, target_kib;
	if (!e->store || !e->is_known || !migrate_is_managed(e->store, e->domid) ||
	    tool_open(e->store) < 0 || migrate_tell_cagmad(e->store, e->domid) < 0)
		return;
	e->told_ms = clock_monotonic_ms();
	migrate_forget_dead(e->store);
	while (!e->is_cancelled && clock_monotonic_ms() < end_ms &&
	       !migrate_is_left_alone(e->store, e->domid))
		doze(e);
	if (!e->is_cancelled && !migrate_is_left_alone(e->store, e->domid))
		log_warning("cagmad does not say that it leaves the guest alone");
	if (migrate_demand_kib(e->store, e->domid, &held_kib, &needed_kib) == 0 &&
	    migrate_target_kib(e->store, e->domid, &target_kib) == 0 &&
	    held_kib > target_kib + SLACK_KIB && migrate_set_memory(e->domid, held_kib) < 0)
		log_warning("its target is %" PRIu64
			    " KiB below what it holds, and could not be set",
			    held_kib - target_kib);
}

static void await_shrink(struct errand *e, uint64_t held_kib, uint64_t needed_kib)
{
	uint64_t end_ms = clock_monotonic_ms() + SHRINK_LIMIT_MS;
	while (!e->is_cancelled && clock_monotonic_ms() < end_ms) {
		store_read_number(e->store, e->domid, "cagma/alm_kib", &held_kib);
		if (held_kib <= needed_kib + SLACK_KIB)
			return;
		doze(e);
	}
	if (!e->is_cancelled)
		log_warning("the guest still holds %" PRIu64 " MiB, and is migrated so",
			    held_kib / UNITS_KIB_PER_MIB);
}

/* What is not there need not be sent. */
static void shrink(struct errand *e)
{
	uint64_t held_kib, needed_kib, target_kib;
	if (!e->store || !e->is_known ||
	    migrate_demand_kib(e->store, e->domid, &held_kib, &needed_kib) < 0 ||
	    migrate_target_kib(e->store, e->domid, &target_kib) < 0) {
		log_warning("no cagmad says what the guest needs: it is not shrunk");
		return;
	}
	if (needed_kib + SLACK_KIB >= held_kib)
		return;
	log_info("the guest needs %" PRIu64 " of the %" PRIu64 " MiB it holds: it is shrunk first",
		 needed_kib / UNITS_KIB_PER_MIB, held_kib / UNITS_KIB_PER_MIB);
	/* a guest that rests below its target, as with video memory, does so below a smaller one */
	if (migrate_set_memory(e->domid, needed_kib + amount_less(target_kib, held_kib)) < 0) {
		log_warning("xl does not let it be shrunk: it is migrated as it is");
		return;
	}
	e->before_kib = target_kib;
	await_shrink(e, held_kib, needed_kib);
}

/* --- xl ----------------------------------------------------------------------------------- */

static void set_or_unset(const char *variable, const char *value)
{
	if (value)
		setenv(variable, value, 1);
	else
		unsetenv(variable);
}

/* In the new process. Ctrl-C is for us alone: it would end xl in the middle of its work. */
static _Noreturn void become_xl(const struct errand *e, const char *const *argv)
{
	sigset_t none;
	sigemptyset(&none);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!e->is_stock) {
		setenv("LIBXL_SAVE_HELPER", e->wrapper, 1);
		setenv(PRECOPY_HELPER_VARIABLE, e->helper, 1);
		setenv(PRECOPY_LIBRARY_VARIABLE, e->library, 1);
		setenv(PRECOPY_ALGORITHM_VARIABLE, e->asked->algorithm->name, 1);
		setenv(PRECOPY_REPORT_VARIABLE, e->report, 1);
		set_or_unset(PRECOPY_DOWNTIME_VARIABLE, e->asked->max_downtime_ms);
		set_or_unset(PRECOPY_RECORD_VARIABLE, e->asked->record);
	}
	execvp(argv[0], (char *const *)argv);
	log_error("cannot run xl: %s", strerror(errno));
	_exit(errno == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NOT_RUN);
}

static int start_xl(struct errand *e)
{
	static char receiver[MIGRATE_COMMAND_BYTES];
	const char *argv[MIGRATE_MAX_OPTIONS];
	uint64_t need_kib = 0;
	if (!e->asked->no_reserve &&
	    (!e->store || !e->is_known || migrate_need_kib(e->store, e->domid, &need_kib) < 0))
		log_warning("the guest's size is not known: nothing is reserved for it");
	if (!migrate_receiver(e->asked, need_kib, receiver))
		return -E2BIG;
	migrate_xl(e->asked, receiver, argv);
	e->xl = fork();
	if (e->xl < 0)
		return -errno;
	if (e->xl == 0)
		become_xl(e, argv);
	return 0;
}

/*
 * Before the save helper runs the guest is untouched, and xl may end. Later the
 * helper is asked, which lets libxc and xl put the guest right. When it is
 * through xl hands the guest over, and must not be disturbed. xl stands still
 * meanwhile, so that no helper begins unseen. The helper is looked for first:
 * one that is gone by then has told its end.
 */
static void cancel(struct errand *e)
{
	if (e->xl > 0)
		kill(e->xl, SIGSTOP);
	pid_t helper = e->xl > 0 && e->is_known ? savehelper_helper(e->domid, e->xl) : 0;
	migrate_watch_look(&e->watch);
	migrate_watch_break(&e->watch);
	bool is_through = e->watch.end.event[0] || (e->has_saved && !helper);
	bool is_late = is_through && !e->watch.end.rc;
	log_info(e->is_cancelled ? "being cancelled already"
		 : is_late       ? "too late: the guest is being started there already"
				 : "cancelling: the guest runs on here");
	if (e->xl > 0 && !e->is_cancelled && !is_through)
		kill(helper ? helper : e->xl, SIGTERM);
	e->is_cancelled |= !is_late;
	if (e->xl > 0)
		kill(e->xl, SIGCONT);
}

static int await_xl(struct errand *e)
{
	int status;
	while (!command_has_ended(e->xl, &status)) {
		doze(e);
		migrate_watch_look(&e->watch);
		if (!e->has_saved && e->is_known)
			e->has_saved = savehelper_helper(e->domid, e->xl) != 0;
	}
	migrate_watch_look(&e->watch);
	migrate_watch_break(&e->watch);
	return status;
}

/* --- all of it ---------------------------------------------------------------------------- */

static void tell_failure(struct errand *e)
{
	if (e->before_kib && migrate_set_memory(e->domid, e->before_kib) < 0)
		log_warning("its target was %" PRIu64 " KiB, and could not be put back",
			    e->before_kib);
	if (migrate_is_here(e->asked->domain))
		log_error("%s was not migrated; it is here", e->asked->domain);
	else
		log_error("%s was not migrated; see above, and xl list on both hosts",
			  e->asked->domain);
}

static int migrate(struct errand *e)
{
	hold_still(e);
	if (e->asked->shrink && !e->is_cancelled)
		shrink(e);
	if (e->is_cancelled) {
		tell_failure(e);
		return EXIT_FAILURE;
	}
	int r = start_xl(e);
	if (r < 0) {
		log_error("xl cannot be started: %s", strerror(-r));
		tell_failure(e);
		return EXIT_FAILURE;
	}
	int code = await_xl(e);
	if (code)
		tell_failure(e);
	else if (!e->asked->is_quiet)
		migrate_watch_sum_up(&e->watch);
	return code;
}

int migrate_run(const struct migrate_asked *asked)
{
	static struct errand e;
	e = (struct errand){.asked = asked, .watch.fd = -1};
	signal(SIGPIPE, SIG_IGN);
	if (look_at_xen(&e) < 0 || look_for_domain(&e) < 0)
		return EXIT_FAILURE;
	if (store_open(&e.store) < 0)
		e.store = NULL;
	int r = make_report(&e);
	if (r < 0)
		log_error("%s cannot be written: %s", e.report, strerror(-r));
	e.signal_fd = r < 0 ? -1 : command_open_signals();
	int code = r < 0 ? EXIT_FAILURE : migrate(&e);
	migrate_watch_close(&e.watch);
	if (e.told_ms)
		migrate_untell_cagmad(e.store, e.domid);
	if (e.report_is_ours)
		unlink(e.report);
	store_close(e.store);
	return code;
}
