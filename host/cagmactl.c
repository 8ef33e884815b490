/* SPDX-License-Identifier: MIT */
/*
 * cagmactl - tells cagmad what is to come. Runs in dom0.
 *
 * Options and commands; what `reserve` does is reserve.h's.
 */
#include "common/clock.h"
#include "common/amount.h"
#include "common/log.h"
#include "common/command.h"
#include "host/core/reservation.h"
#include "host/core/need.h"
#include "host/ctl/reserve.h"
#include "host/xen/tool.h"
#include "host/xen/xlcfg.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"Usage: cagmactl reserve [OPTIONS] SIZE | --config FILE [-- COMMAND...]\n"
	"       cagmactl reservations\n"
	"       cagmactl release ID\n"
	"Make room for guests that are to be started on this Xen host. Runs in dom0.\n"
	"\n"
	"reserve       ask cagmad for host memory, print the reservation's ID, wait until\n"
	"              it is free, and keep it so; with COMMAND, run that then, and end the\n"
	"              reservation with it\n"
	"    SIZE              as xl takes it: 512, 512m, 2g; MiB without a letter\n"
	"    --config FILE     what xl needs to start the guest of this xl.cfg\n"
	"    --timeout S       give up when it is not free after S seconds (60)\n"
	"    --for S           keep it for S seconds, or until a guest was started (300)\n"
	"    --if-daemon       run COMMAND, without a reservation, when no cagmad runs\n"
	"reservations  list what is reserved\n"
	"release       end a reservation\n"
	"\n"
	"  -h, --help          show this, exit\n"
	"      --version       show the version, exit\n"
	"\n"
	"Examples:\n"
	"  cagmactl reserve --config web.cfg -- xl create web.cfg\n"
	"  cagmactl reserve 2g -- xl restore web.save\n"
	"  cagmactl reserve 2g --for 600        # before a guest migrates in\n"
	"\n"
	"Exit status: 0, COMMAND's, 1 when it cannot be done, 2 when called wrongly.\n"
	"See cagmactl(8), cagmad(8).\n";

static int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "cagmactl: %s%s\nTry cagmactl --help.\n", what, which);
	return EXIT_USAGE;
}

static struct store *open_store(void)
{
	struct store *store;
	signal(SIGPIPE, SIG_IGN);
	int r = store_open(&store);
	if (r == 0)
		return store;
	log_error("xenstored cannot be reached: %s; cagmactl runs as root in dom0", strerror(-r));
	return NULL;
}

/* --- reserve -------------------------------------------------------------- */

static bool read_seconds(const char *text, uint64_t least, uint64_t *ret_ms)
{
	uint64_t s;
	const uint64_t most = 365 * 86400;
	if (!text_number((struct text){text, strlen(text)}, most, &s) || s < least)
		return false;
	*ret_ms = s * 1000;
	return true;
}

/* 0 or EXIT_USAGE. */
static int take_config(const char *path, struct reserve *r)
{
	struct xlcfg cfg;
	if (!xlcfg_read(path, stderr, &cfg))
		return EXIT_USAGE;
	r->size_kib = need_kib(&cfg.need);
	memcpy(r->name, cfg.name, sizeof(r->name));
	r->has_uuid = cfg.has_uuid;
	memcpy(r->uuid, cfg.uuid, sizeof(r->uuid));
	return 0;
}

/* 0 or EXIT_USAGE. `argv` ends before "--". */
static int read_reserve(int argc, char **argv, struct reserve *r)
{
	enum { CONFIG = 256, TIMEOUT, FOR, IF_DAEMON };
	static const struct option longs[] = {
		{"config", required_argument, NULL, CONFIG},
		{"timeout", required_argument, NULL, TIMEOUT},
		{"for", required_argument, NULL, FOR},
		{"if-daemon", no_argument, NULL, IF_DAEMON},
		{0},
	};
	const char *config = NULL;
	int c;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case CONFIG:
			config = optarg;
			break;
		case TIMEOUT:
			if (!read_seconds(optarg, 0, &r->timeout_ms))
				return wrong_usage("not a number of seconds: ", optarg);
			break;
		case FOR:
			if (!read_seconds(optarg, 1, &r->for_ms))
				return wrong_usage("not a number of seconds: ", optarg);
			break;
		case IF_DAEMON:
			r->needs_no_daemon = true;
			break;
		default:
			fputs("Try cagmactl --help.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (r->needs_no_daemon && !r->command)
		return wrong_usage("--if-daemon is for a command", "");
	if (argc - optind != (config ? 0 : 1))
		return wrong_usage("reserve takes either a size or --config", "");
	if (config)
		return take_config(config, r);
	if (!need_read_size(argv[optind], &r->size_kib))
		return wrong_usage("not a size: ", argv[optind]);
	return 0;
}

/* What is behind the first "--" is somebody else's command line. */
static int split_command(int argc, char **argv, struct reserve *r)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			r->command = argv + i + 1;
			argv[i] = NULL;
			return i;
		}
	return argc;
}

static int run_unreserved(char *const *command)
{
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	log_error("cannot run %s: %s", command[0], strerror(errno));
	return errno == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NOT_RUN;
}

static int do_reserve(int argc, char **argv)
{
	struct reserve r = {.timeout_ms = RESERVE_TIMEOUT_S * 1000, .for_ms = RESERVE_FOR_S * 1000};
	argc = split_command(argc, argv, &r);
	if (r.command && !r.command[0])
		return wrong_usage("no command behind --", "");
	int code = read_reserve(argc, argv, &r);
	if (code)
		return code;
	struct store *store = open_store();
	if (!store)
		return EXIT_FAILURE;
	const char *wrong = reserve_find_daemon(store);
	int e = wrong ? 0 : tool_open(store);
	if (wrong && r.needs_no_daemon) {
		log_warning("%s: nothing is reserved", wrong);
		code = run_unreserved(r.command);
	} else if (wrong || e < 0) {
		log_error("%s", wrong ? wrong : strerror(-e));
		code = EXIT_FAILURE;
	} else {
		code = reserve_run(store, &r);
	}
	store_close(store);
	return code;
}

/* --- release, reservations ------------------------------------------------ */

static int do_release(int argc, char **argv)
{
	char path[TOOLKEYS_MAX_PATH], line[TOOLKEYS_MAX_BYTES + 1];
	uint64_t id;
	if (argc != 2)
		return wrong_usage("release takes the number of a reservation", "");
	if (!text_number((struct text){argv[1], strlen(argv[1])}, UINT32_MAX, &id))
		return wrong_usage("not the number of a reservation: ", argv[1]);
	struct store *store = open_store();
	if (!store)
		return EXIT_FAILURE;
	toolkeys_path(TOOLKEYS_REQUEST, (uint32_t)id, path);
	int r = tool_read(store, path, line, sizeof(line));
	if (r >= 0 || r == -EMSGSIZE) {
		snprintf(path, sizeof(path), "reservation/%" PRIu64, id);
		r = tool_remove(store, path);
	}
	store_close(store);
	if (r < 0)
		log_error("reservation %" PRIu64 " cannot be released: %s", id,
			  r == -ENOENT ? "there is none of this number" : strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The text of a reservation's key; "" when it has none. */
static struct text read_key(struct store *store, enum toolkeys_key key, uint32_t id, char *buf,
			    size_t size)
{
	char path[TOOLKEYS_MAX_PATH];
	toolkeys_path(key, id, path);
	int len = tool_read(store, path, buf, size);
	buf[len < 0 ? 0 : len] = '\0';
	return (struct text){buf, len < 0 ? 0 : (size_t)len};
}

static void print_one(struct store *store, uint32_t id)
{
	char line[TOOLKEYS_MAX_BYTES + 1], answer[TOOLKEYS_MAX_BYTES + 1];
	char name[TOOLKEYS_MAX_NAME + 1], guest[16] = "";
	struct toolkeys_request request;
	struct toolkeys_state state;
	uint64_t present = 0;
	if (toolkeys_read_request(read_key(store, TOOLKEYS_REQUEST, id, line, sizeof(line)),
				  &request))
		return;
	bool is_answered = line_parse(&toolkeys_state_format,
				      read_key(store, TOOLKEYS_STATE, id, answer, sizeof(answer)),
				      &state, &present) == LINE_OK;
	bool is_named = toolkeys_is_name(read_key(store, TOOLKEYS_NAME, id, name, sizeof(name)));
	if (is_answered && present & STATE_BIT(domid))
		snprintf(guest, sizeof(guest), "%" PRIu64, state.domid);
	printf("%5" PRIu32 "  %-8s %8" PRIu64 " ", id, is_answered ? state.state : "new",
	       request.size_kib / 1024);
	if (is_answered && present & STATE_BIT(there_kib))
		printf("%8" PRIu64, state.there_kib / 1024);
	else
		printf("%8s", "-");
	printf(" %6" PRIu64 "  %-6s %s\n", amount_less(request.until_ms, clock_boot_ms()) / 1000,
	       guest[0] ? guest : "-", is_named ? name : "-");
}

static int do_reservations(int argc, char **argv)
{
	uint32_t id[RESERVATION_MAX];
	if (argc != 1)
		return wrong_usage("reservations takes no argument: ", argv[1]);
	struct store *store = open_store();
	if (!store)
		return EXIT_FAILURE;
	int n = tool_list(store, "reservation", id, RESERVATION_MAX);
	if (n < 0)
		log_error("xenstore cannot be read: %s", strerror(-n));
	else
		printf("%5s  %-8s %8s %8s %6s  %-6s %s\n", "ID", "STATE", "MIB", "THERE", "ENDS",
		       "DOMID", "NAME");
	for (int i = 0; i < n && i < RESERVATION_MAX; i++)
		print_one(store, id[i]);
	store_close(store);
	return n < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{"reserve", do_reserve},
		{"release", do_release},
		{"reservations", do_reservations},
	};
	static char full_name[32];
	log_init("cagmactl", false);
	if (argc < 2)
		return wrong_usage("what is to be done?", "");
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("cagmactl " CAGMA_VERSION);
		return EXIT_SUCCESS;
	}
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0) {
			snprintf(full_name, sizeof(full_name), "cagmactl %s", verbs[i].name);
			argv[1] = full_name; /* for getopt's messages */
			return verbs[i].run(argc - 1, argv + 1);
		}
	return wrong_usage("there is no command ", argv[1]);
}
