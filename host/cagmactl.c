/* SPDX-License-Identifier: MIT */
/*
 * cagmactl - shows and steers cagmad, and reserves host memory for guests that are to be started.
 * Runs in dom0.
 *
 * This file has the table of commands, and those on reservations, which need xenstore and no
 * socket. look.h, change.h and reserve.h have the rest.
 */
#include "common/amount.h"
#include "common/system/clock.h"
#include "common/system/command.h"
#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/reserve/reservation.h"
#include "host/control/json_record.h"
#include "host/ctl/arguments.h"
#include "host/ctl/change.h"
#include "host/ctl/doctor.h"
#include "host/ctl/history.h"
#include "host/ctl/look.h"
#include "host/ctl/output.h"
#include "host/ctl/reserve.h"
#include "host/ctl/top.h"
#include "host/xen/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct store *open_store(void)
{
	struct store *store;
	signal(SIGPIPE, SIG_IGN);
	int r = store_open(&store);
	if (r == 0)
		return store;
	output_failed("xenstored cannot be reached: %s; cagmactl runs as root in dom0",
		      strerror(-r));
	return NULL;
}

/* --- reserve --- */

static int run_unreserved(char *const *command)
{
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	log_error("cannot run %s: %s", command[0], strerror(errno));
	return errno == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NOT_RUN;
}

static int do_reserve(int argc, char **argv)
{
	struct reserve r;
	int code = arguments_read(argc, argv, &r);
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
		code = output_failed("%s%s",
				     wrong ? wrong : "xenstore does not take " TOOLKEYS_ROOT ": ",
				     wrong ? "" : strerror(-e));
	} else {
		code = reserve_run(store, &r);
	}
	store_close(store);
	return code;
}

/* --- release, reservations --- */

static int tell_released(uint64_t id)
{
	struct json_object *answer = json_object_new_object();
	json_object_object_add(answer, "released", json_object_new_uint64(id));
	return output_json(answer);
}

static int do_release(int argc, char **argv)
{
	char path[TOOLKEYS_MAX_PATH], line[TOOLKEYS_MAX_BYTES + 1];
	uint64_t id;
	if (argc != 2)
		return usage_wrong("release takes the number of a reservation");
	if (!text_number((struct text){argv[1], strlen(argv[1])}, UINT32_MAX, &id))
		return usage_wrong("\"%s\" is no number of a reservation", argv[1]);
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
		return output_failed("reservation %" PRIu64 " cannot be released: %s", id,
				     r == -ENOENT ? "there is none of this number (see cagmactl "
						    "reservations)"
						  : strerror(-r));
	return output_is_json() ? tell_released(id) : EXIT_SUCCESS;
}

/* The text of a reservation's key; "" if there is no such key. */
static struct text read_key(struct store *store, enum toolkeys_key key, uint32_t id, char *buf,
			    size_t size)
{
	char path[TOOLKEYS_MAX_PATH];
	toolkeys_path(key, id, path);
	int len = tool_read(store, path, buf, size);
	buf[len < 0 ? 0 : len] = '\0';
	return (struct text){buf, len < 0 ? 0 : (size_t)len};
}

/* A reservation as its keys say it. */
struct found {
	uint32_t id;
	struct toolkeys_request request;
	struct toolkeys_state state; /* without an answer of cagmad, its state is "new" */
	char name[TOOLKEYS_MAX_NAME + 1];
};

/* False if the request is gone or cannot be read. */
static bool find_one(struct store *store, uint32_t id, struct found *f)
{
	char line[TOOLKEYS_MAX_BYTES + 1];
	*f = (struct found){.id = id};
	if (toolkeys_read_request(read_key(store, TOOLKEYS_REQUEST, id, line, sizeof(line)),
				  &f->request))
		return false;
	if (line_parse(&toolkeys_state_format,
		       read_key(store, TOOLKEYS_STATE, id, line, sizeof(line)), &f->state,
		       &f->state.present) != LINE_OK)
		strcpy(f->state.state, "new");
	text_printable(read_key(store, TOOLKEYS_NAME, id, line, sizeof(line)), "", f->name,
		       sizeof(f->name));
	return true;
}

static uint64_t ends_in_s(const struct found *f)
{
	return amount_less(f->request.until_ms, clock_boot_ms()) / 1000;
}

static void print_one(const struct found *f)
{
	char guest[16] = "";
	if (f->state.present & STATE_BIT(domid))
		snprintf(guest, sizeof(guest), "%" PRIu64, f->state.domid);
	printf("%6" PRIu32 "  %-8s %9" PRIu64 " ", f->id, f->state.state,
	       f->request.size_kib / 1024);
	if (f->state.present & STATE_BIT(there_kib))
		printf("%13" PRIu64, f->state.there_kib / 1024);
	else
		printf("%13s", "-");
	printf(" %10" PRIu64 "  %-6s %s\n", ends_in_s(f), guest[0] ? guest : "-",
	       f->name[0] ? f->name : "-");
}

static struct json_object *make_one(const struct found *f)
{
	struct json_object *one = json_record_make(&toolkeys_state_format, &f->state,
						   f->state.present | STATE_BIT(state));
	json_object_object_add(one, "number", json_object_new_uint64(f->id));
	json_object_object_add(one, "size_kib", json_object_new_uint64(f->request.size_kib));
	json_object_object_add(one, "ends_in_s", json_object_new_uint64(ends_in_s(f)));
	json_object_object_add(one, "name", json_object_new_string(f->name));
	return one;
}

/* Prints the `n` reservations, as a table or as JSON. */
static int show_all(struct store *store, const uint32_t *id, int n)
{
	struct json_object *all = output_is_json() ? json_object_new_array() : NULL;
	struct found found;
	if (!all)
		printf("%6s  %-8s %9s %13s %10s  %-6s %s\n", "NUMBER", "STATE", "SIZE(MiB)",
		       "FREE-NOW(MiB)", "ENDS-IN(s)", "DOMID", "NAME");
	for (int i = 0; i < n && i < RESERVATION_MAX; i++) {
		if (!find_one(store, id[i], &found))
			continue;
		if (all)
			json_object_array_add(all, make_one(&found));
		else
			print_one(&found);
	}
	if (!all)
		return usage_printed();
	struct json_object *answer = json_object_new_object();
	json_object_object_add(answer, "reservations", all);
	return output_json(answer);
}

static int do_reservations(int argc, char **argv)
{
	uint32_t id[RESERVATION_MAX];
	if (argc != 1)
		return usage_wrong("reservations takes no argument, but was given \"%s\"", argv[1]);
	struct store *store = open_store();
	if (!store)
		return EXIT_FAILURE;
	int n = tool_list(store, "reservation", id, RESERVATION_MAX);
	if (n < 0)
		output_failed("xenstore cannot be read: %s", strerror(-n));
	int code = n < 0 ? EXIT_FAILURE : show_all(store, id, n);
	store_close(store);
	return code;
}

/* --- the commands --- */

static int do_help(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage, *about;
} commands[] = {
	{"status", look_status, "status",
	 "Show the host and how cagmad does. This is what cagmactl alone does, too."},
	{"list", look_list, "list",
	 "Show each guest in a line, in MiB: HELD; ASKED to hold; AVAIL inside it; CMA, the\n"
	 "      AVAIL that it is to be guaranteed; WANT, MIN and MAX of HELD; who Reports; STATE."},
	{"top", top_run, "top", "Show the guests as bars, once a second."},
	{"explain", look_explain, "explain GUEST [--at TIME] [--dir DIR]",
	 "Say what the guest has, asks for and was given, why, and what limits it."},
	{"history", history_run, "history [GUEST] [--since TIME] [--dir DIR]",
	 "Show what was changed. TIME is \"2026-11-30 07:12:03\", or how long ago: 90, 15m, 2h, "
	 "3d."},
	{"set", change_set, "set GUEST min=SIZE max=SIZE weight=N ... [--save]",
	 "Set the guest's numbers, until the configuration is read again; --save writes\n"
	 "      them into that, too."},
	{"hold", change_hold, "hold GUEST [--for TIME]",
	 "Leave the guest alone for a time, or until it is resumed or ends."},
	{"resume", change_resume, "resume GUEST",
	 "End the guest's hold, be it by `hold` or by a target that was set by hand."},
	{"pause", change_pause, "pause", "Leave all guests alone, and withdraw credit."},
	{"continue", change_continue, "continue", "End a pause."},
	{"once", look_once, "once", "Show what would be changed now, and change nothing."},
	{"policy", look_policy, "policy", "Show the policy and its options."},
	{"doctor", doctor_run, "doctor",
	 "Say what keeps the host or a guest from being balanced well, and how to mend that."},
	{"overload", look_overload, "overload",
	 "Say how much memory a new guest could have, and whether guests lack any."},
	{"reserve", do_reserve, "reserve [OPTIONS] SIZE | --config FILE [-- COMMAND...]",
	 "Ask cagmad for host memory, print the reservation's number, wait until the\n"
	 "      memory is free, and keep it free. If COMMAND is given, run it then, and\n"
	 "      end the reservation when it ends."},
	{"reservations", do_reservations, "reservations", "List what is reserved."},
	{"release", do_release, "release NUMBER", "End a reservation."},
	{"help", do_help, "help [COMMAND]", "Show this, or COMMAND alone; -h and --help do, too."},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_commands(FILE *out)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		fprintf(out, "  %s\n      %s\n", commands[i].usage, commands[i].about);
}

static const struct command *find_command(const char *name)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static int help_about(const struct command *command)
{
	printf("Usage: cagmactl [--json] %s\n      %s\n", command->usage, command->about);
	if (command->run == do_reserve) {
		putchar('\n');
		arguments_print(stdout);
	}
	return usage_printed();
}

static int help_about_all(void)
{
	fputs("Usage: cagmactl [--json] [COMMAND]\n"
	      "Show and steer cagmad on this Xen host, and make room for guests. Runs in dom0.\n"
	      "GUEST is a name or a domain id.\n\n",
	      stdout);
	print_commands(stdout);
	fputs("\nreserve takes:\n", stdout);
	arguments_print(stdout);
	fputs("\n"
	      "      --json     print JSON\n"
	      "  -h, --help     show this, exit\n"
	      "  -V, --version  show the version, exit\n"
	      "\n"
	      "Examples:\n"
	      "  cagmactl explain web\n"
	      "  cagmactl set web min=512m weight=300\n"
	      "  cagmactl reserve --config web.cfg -- xl create web.cfg\n"
	      "  cagmactl reserve 2g -- xl restore web.save\n"
	      "  cagmactl reserve 2g --for 10m        # before a guest migrates in\n"
	      "\n"
	      "Exit status: 0, COMMAND's, 1 if it cannot be done, 2 if it was called wrongly.\n"
	      "See cagmactl(8), cagmad(8).\n",
	      stdout);
	return usage_printed();
}

static int do_help(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
	if (argc > 1 && !command)
		return usage_wrong("there is no command %s", argv[1]);
	return command ? help_about(command) : help_about_all();
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* Help may be asked for anywhere before "--". The words behind that are for another program. */
static bool asks_for_help(char *const *argv)
{
	for (unsigned i = 1; argv[i] && strcmp(argv[i], "--") != 0; i++)
		if (is_one_of(argv[i], "-h", "--help"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	log_init("cagmactl", false);
	argc = output_take_option(argc, argv);
	if (argc < 2)
		return look_status(1, (char *[]){"status", NULL});
	const struct command *command = find_command(argv[1]);
	if (asks_for_help(argv))
		return command && command->run != do_help ? help_about(command) : help_about_all();
	if (is_one_of(argv[1], "-V", "--version"))
		return usage_version();
	if (command)
		return command->run(argc - 1, argv + 1);
	return usage_wrong("there is no %s %s", argv[1][0] == '-' ? "option" : "command", argv[1]);
}
