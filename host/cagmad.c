/* SPDX-License-Identifier: MIT */
/*
 * cagmad - balances memory among the guests of a Xen host. Runs in dom0.
 *
 * This file has options, configuration, signals and the main loop. engine.h has the work that the
 * loop does.
 */
#include "common/amount.h"
#include "common/system/choice.h"
#include "common/system/clock.h"
#include "common/system/log.h"
#include "common/system/notify.h"
#include "common/system/usage.h"
#include "host/config/config_file.h"
#include "host/control/alone.h"
#include "host/control/desk.h"
#include "host/daemon/engine.h"
#include "host/daemon/record.h"
#include "host/daemon/xenio.h"
#include "host/guests/worker.h"
#include "host/xen/deadline.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

struct options {
	const char *config_path; /* NULL: the default file, which may be missing */
	struct engine_options engine;
	bool check_config;
	bool is_once; /* a dry run ends after its first pass */
	bool verbose;
};

static int print_policies(void)
{
	const struct policy *p;
	size_t width = 0;
	for (unsigned i = 0; (p = policy_at(i)); i++)
		if (strlen(p->name) > width)
			width = strlen(p->name);
	for (unsigned i = 0; (p = policy_at(i)); i++)
		printf("%-*s  %s\n", (int)width, p->name, p->about);
	return usage_printed();
}

static int take_policies(void *options, char *value)
{
	(void)options;
	(void)value;
	return print_policies();
}

static const struct choice choice[] = {
	{"config", 'c', "FILE", "read FILE instead of " CONFIG_DEFAULT_PATH, NULL,
	 offsetof(struct options, config_path)},
	{"dry-run", 'n', NULL, "log what would be changed, and set and publish nothing", NULL,
	 offsetof(struct options, engine.is_dry)},
	{"once", 0, NULL, "with -n: say what the first pass would change, exit", NULL,
	 offsetof(struct options, is_once)},
	{"check-config", 0, NULL, "read the configuration, print its faults, exit", NULL,
	 offsetof(struct options, check_config)},
	{"policies", 0, NULL, "list the policies, exit", take_policies, 0},
	{"history", 0, "DIR", "keep the history in DIR instead of " RECORD_HISTORY_DIR, NULL,
	 offsetof(struct options, engine.history_dir)},
	{"record", 0, "FILE", "append every pass to FILE, one line each", NULL,
	 offsetof(struct options, engine.record_path)},
	{"verbose", 'v', NULL, "log how guests are treated, and libxl's own messages", NULL,
	 offsetof(struct options, verbose)},
};

static const struct choices choices = {
	.head = "Usage: cagmad [OPTION]...\n"
		"Balance memory among the guests of this Xen host. Runs in the foreground, in "
		"dom0.\n"
		"\n",
	.foot = "\n"
		"SIGHUP reads the configuration again. SIGTERM ends it; targets stay as they are.\n"
		"See cagmad(8), cagmad.conf(5).\n",
	.choice = choice,
	.n = sizeof(choice) / sizeof(choice[0]),
};

/* Returns -1 to go on, and the exit code otherwise. */
static int read_options(int argc, char **argv, struct options *o)
{
	int code = choice_read(&choices, argc, argv, o);
	if (code < 0 && o->is_once && !o->engine.is_dry)
		return usage_wrong("--once is for a dry run: cagmad -n --once");
	return code;
}

static const char *config_path(const struct options *o)
{
	return o->config_path ? o->config_path : CONFIG_DEFAULT_PATH;
}

/* Returns NULL, after logging why, if the file cannot be read. */
static struct config_reading *begin_to_read_config(const struct options *o)
{
	FILE *messages = log_open_stream(LOG_LEVEL_ERROR);
	struct config_reading *reading =
		config_read_begin(config_path(o), !o->config_path, messages);
	log_close_stream(messages);
	return reading;
}

/* Returns false, after logging why, if `reading` is NULL or the configuration is wrong. */
static bool read_config(struct config_reading *reading, struct config *ret_config)
{
	FILE *messages = log_open_stream(LOG_LEVEL_ERROR);
	bool is_fine = reading && config_read_end(reading, messages, ret_config);
	log_close_stream(messages);
	return is_fine;
}

/* Returns a descriptor, or -1 with errno. From here on the signals come through the descriptor
 * alone. */
static int open_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGXFSZ, SIG_IGN); /* a record that may not grow further is an error like others */
	signal(SIGPIPE, SIG_IGN); /* otherwise libxenstore 4.17 sets and resets it in each call */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The signal that came, or 0 if none did. */
static uint32_t take_signal(int fd)
{
	struct signalfd_siginfo info;
	return read(fd, &info, sizeof(info)) == sizeof(info) ? info.ssi_signo : 0;
}

static void reload(struct engine *engine, struct config_reading *reading)
{
	struct config config;
	bool is_read = read_config(reading, &config);
	if (is_read && xenio_fits_host(&config) != 0) {
		engine_reload(engine, &config);
		return;
	}
	if (is_read)
		config_finish(&config);
	log_error("the configuration stays as it was; mend the new one, and send SIGHUP again");
}

static void wait_until(uint64_t wake_ms, struct pollfd *fds, unsigned n)
{
	enum { LONGEST_MS = 60000 };
	uint64_t now = clock_monotonic_ms();
	uint64_t wait_ms = wake_ms > now ? wake_ms - now : 0;
	poll(fds, n, (int)(wait_ms < LONGEST_MS ? wait_ms : LONGEST_MS));
}

/* A configuration that is to be read anew, or is being read, beside the work for the guests. */
struct reload {
	bool is_asked_for;
	struct config_reading *reading;
};

static void go_on_reloading(struct engine *engine, const struct options *o, struct reload *r)
{
	if (r->reading && config_read_is_over(r->reading)) {
		reload(engine, r->reading);
		r->reading = NULL;
	}
	if (r->reading || !r->is_asked_for)
		return;
	r->is_asked_for = false;
	r->reading = begin_to_read_config(o);
	if (!r->reading)
		reload(engine, NULL);
}

static void run(struct engine *engine, const struct xenio *xenio, struct desk *desk, int signal_fd,
		const struct options *o)
{
	struct pollfd fds[XENIO_MAX_FDS + 3];
	struct reload r = {.reading = NULL};
	uint32_t signo = 0;
	while (!signo || signo == SIGHUP) {
		uint64_t other_ms = UINT64_MAX;
		uint64_t alive_ms = notify_alive(clock_monotonic_ms());
		deadline_hold();
		engine_turn(engine, clock_monotonic_ms());
		deadline_release();
		if (o->is_once && engine_state(engine).has_judged)
			return;
		desk_turn(desk, clock_monotonic_ms());
		unsigned n = xenio_poll(xenio, fds);
		fds[n++] = desk_poll(desk);
		fds[n++] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
		if (r.reading)
			fds[n++] = config_read_poll(r.reading, &other_ms);
		other_ms = amount_min(amount_min(other_ms, alive_ms), desk_wake_ms(desk));
		wait_until(amount_min(engine_wake_ms(engine), other_ms), fds, n);
		signo = take_signal(signal_fd);
		r.is_asked_for |= signo == SIGHUP;
		go_on_reloading(engine, o, &r);
	}
	config_read_drop(r.reading);
}

/* The exit code of --check-config. */
static int check_config(const struct config *config)
{
	int fits = xenio_fits_host(config);
	if (fits == 0)
		return EXIT_USAGE;
	puts(fits > 0 ? "the configuration is fine"
		      : "the configuration is fine; whether the minimums fit was not checked, "
			"since Xen cannot be asked here");
	return EXIT_SUCCESS;
}

/* One line a minute for each of 600 guests, and as much at once as a host of 1,000 guests may have
 * to say when something happens to all of them. */
enum { LOG_BURST = 1000, LOG_PER_S = 10 };

static const char dry_note[] =
	" dry: it says what it would change, sets and publishes nothing, and ends with Ctrl-C; "
	"-v says how each guest is treated";

/* The socket is no condition for balancing. NULL if it cannot be opened: why is logged, but for a
 * dry run beside another cagmad. */
static struct desk *open_desk(const struct answer_source *source, unsigned max_guests, bool is_dry)
{
	struct desk *desk = NULL;
	int r = desk_open(CONTROL_PATH, source, max_guests, &desk);
	if (r < 0 && !(is_dry && r == -EADDRINUSE))
		log_warning("cagmactl will not reach this cagmad, as " CONTROL_PATH
			    " cannot be opened: %s",
			    strerror(-r));
	return desk;
}

/* Opens the control socket, and balances until a signal ends it. */
static void balance_with(struct engine *engine, const struct xenio *xenio, int signal_fd,
			 const struct options *o)
{
	char found[PATH_MAX];
	const char *path = config_path(o);
	struct answer_source source = {.engine = engine,
				       .started_ms = clock_monotonic_ms(),
				       .xen_options = xenio_xen_options(xenio),
				       .config_path = realpath(path, found) ? found : path};
	unsigned max_guests = (unsigned)engine_state(engine).config->max_guests;
	struct desk *desk = open_desk(&source, max_guests, o->engine.is_dry);
	run(engine, xenio, desk, signal_fd, o);
	desk_close(desk);
}

/* Balances until a signal ends it. Returns the exit code. */
static int balance(struct config *config, const struct options *o, int signal_fd)
{
	if (xenio_fits_host(config) == 0)
		return EXIT_FAILURE; /* another start may succeed: dom0 may shrink */
	struct xenio *xenio = xenio_open(config, o->engine.is_dry);
	if (!xenio)
		return EXIT_FAILURE;
	struct io io = xenio_functions(xenio);
	log_limit(LOG_BURST, LOG_PER_S);
	struct engine *engine = engine_open(config, &o->engine, &io);
	if (engine) {
		log_info("version " CAGMA_VERSION " runs%s", o->engine.is_dry ? dry_note : "");
		notify_ready();
		balance_with(engine, xenio, signal_fd, o);
		notify_stopping();
		engine_close(engine);
	}
	xenio_close(xenio);
	return engine ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A dry run may look on while another one balances. */
static int balance_alone(struct config *config, const struct options *o)
{
	int signal_fd = open_signals();
	if (signal_fd < 0) {
		log_error("cannot take signals: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	int lock_fd = o->engine.is_dry ? -1 : alone_take();
	bool may = o->engine.is_dry || lock_fd >= 0;
	int code = may ? balance(config, o, signal_fd) : EXIT_FAILURE;
	if (lock_fd >= 0)
		close(lock_fd);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct config config;
	if (argc == 2 && strcmp(argv[1], WORKER_OPTION) == 0)
		return worker_main(false);
	if (argc == 2 && strcmp(argv[1], WORKER_VERBOSE_OPTION) == 0)
		return worker_main(true);
	log_init("cagmad", false);
	int code = read_options(argc, argv, &o);
	if (code >= 0)
		return code;
	log_init("cagmad", o.verbose);
	if (!o.engine.history_dir && !o.engine.is_dry && access(RECORD_HISTORY_DIR, W_OK) == 0)
		o.engine.history_dir = RECORD_HISTORY_DIR; /* systemd has made it */
	if (!read_config(begin_to_read_config(&o), &config))
		return EXIT_USAGE;
	code = o.check_config ? check_config(&config) : balance_alone(&config, &o);
	config_finish(&config);
	return code;
}
