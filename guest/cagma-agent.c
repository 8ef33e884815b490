/* SPDX-License-Identifier: MIT */
/*
 * cagma-agent - tells cagmad on the host how much memory this guest has
 * available, through xenstore. See docs/man/cagma-agent.8.
 */
#include "common/log.h"
#include "common/meminfo.h"
#include "common/report.h"
#include "guest/announce.h"
#include "guest/doze.h"
#include "guest/sense.h"
#include "guest/store.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

enum { BEGIN_GAP_MS = 1000 }; /* between two times that all keys are written */

struct options {
	const char *root; /* NULL: / */
	bool once;
	bool print;
	bool verbose;
};

struct agent {
	struct sense sense;
	struct store store;
	struct cadence cadence;
	struct announce announce;
	struct report report; /* the latest look */
	bool has_report;
	bool must_begin;   /* the keys have to be written anew */
	uint64_t began_ms; /* when they were */
	uint64_t seq;
	char hello[KEYS_MAX_VALUE];
	size_t hello_len;
};

static const char help_text[] =
	"Usage: cagma-agent [options]\n"
	"\n"
	"Reports this Xen guest's memory to cagmad on the host, until it is stopped.\n"
	"\n"
	"Options:\n"
	"      --once        publish once and exit\n"
	"      --print       print one report on stdout and exit; needs neither xenstore nor root\n"
	"      --root DIR    read /proc and /sys below DIR instead of /\n"
	"  -v, --verbose     log every report that is published, and why\n"
	"      --version     print the version and exit\n"
	"  -h, --help        print this help and exit\n"
	"\n"
	"Exit status: 0 if all is well, 1 if the operation failed, 2 if it was used wrongly.\n";

enum { OPT_ONCE = 1000, OPT_PRINT, OPT_ROOT, OPT_VERSION };

static const struct option option_names[] = {
	{"once", no_argument, NULL, OPT_ONCE},
	{"print", no_argument, NULL, OPT_PRINT},
	{"root", required_argument, NULL, OPT_ROOT},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* False when the program is to end with *ret_exit: after --help, --version or wrong usage. */
static bool parse_options(int argc, char **argv, struct options *ret_options, int *ret_exit)
{
	int option;
	while ((option = getopt_long(argc, argv, "vh", option_names, NULL)) != -1) {
		switch (option) {
		case OPT_ONCE:
			ret_options->once = true;
			break;
		case OPT_PRINT:
			ret_options->print = true;
			break;
		case OPT_ROOT:
			ret_options->root = optarg;
			break;
		case 'v':
			ret_options->verbose = true;
			break;
		case OPT_VERSION:
		case 'h':
			fputs(option == 'h' ? help_text : "cagma-agent " CAGMA_VERSION "\n",
			      stdout);
			*ret_exit = fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAILED;
			return false;
		default: /* getopt has said what is wrong */
			*ret_exit = EXIT_USAGE;
			return false;
		}
	}
	return true;
}

/* What is wrong with the options together, or NULL. */
static const char *options_wrong(const struct options *options, bool has_arguments)
{
	if (has_arguments)
		return "there are no arguments but options";
	if (options->once && options->print)
		return "--once and --print exclude each other";
	return NULL;
}

/* The kernel's numbers are not of one instant: during swapoff, say, they may not add up. */
static size_t write_report(struct report *report, char *line)
{
	struct report checked;
	size_t len = report_write(report, line, KEYS_MAX_VALUE + 1);
	const char *wrong = report_parse((struct text){line, len}, &checked);
	if (!wrong)
		return len;
	log_debug("a report %s; only its required words are used", wrong);
	*report = (struct report){
		.seq = report->seq,
		.uptime_ms = report->uptime_ms,
		.total_kib = report->total_kib,
		.free_kib = report->free_kib,
		.avail_kib = report->avail_kib,
		.present = MEMINFO_REQUIRED | REPORT_BIT(seq) | REPORT_BIT(uptime_ms),
	};
	return report_write(report, line, KEYS_MAX_VALUE + 1);
}

static void number_report(struct report *report, uint64_t seq)
{
	report->seq = seq;
	report->present |= REPORT_BIT(seq);
}

static void write_hello(struct agent *agent)
{
	struct agent_hello hello = {KEYS_PROTOCOL, CAGMA_VERSION, "report", 0};
	agent->hello_len = line_write(&keys_agent_format, &hello,
				      (UINT64_C(1) << keys_agent_format.n_fields) - 1, agent->hello,
				      sizeof(agent->hello));
}

static bool publish_report(struct agent *agent, enum announce_reason reason)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report report = agent->report;
	number_report(&report, agent->seq + 1);
	size_t len = write_report(&report, line);
	if (!store_write(&agent->store, sense_now_ms(), KEY_REPORT, line, len))
		return false;
	agent->seq = report.seq;
	announce_sent(&agent->announce, &agent->report);
	log_debug("report %llu (%s): %llu of %llu MiB available", (unsigned long long)report.seq,
		  announce_reason_text(reason), (unsigned long long)report.avail_kib / 1024,
		  (unsigned long long)report.total_kib / 1024);
	return true;
}

/* The agent key says who reports, so it is there before the first report is. */
static bool publish_all(struct agent *agent)
{
	return store_write(&agent->store, sense_now_ms(), KEY_AGENT, agent->hello,
			   agent->hello_len) &&
	       publish_report(agent, ANNOUNCE_FIRST);
}

static void look(struct agent *agent)
{
	agent->has_report = sense_look(&agent->sense, &agent->report);
	if (agent->has_report)
		cadence_looked(&agent->cadence, &agent->report);
}

/* Looks if a glance or a report that is due asks for it, and publishes what is due. */
static void observe_and_publish(struct agent *agent, const struct glance *glance)
{
	if (cadence_wants_look(&agent->cadence, glance) || !agent->has_report ||
	    announce_decide(&agent->announce, &agent->report, glance->at_ms) != ANNOUNCE_NOTHING)
		look(agent);
	if (!agent->has_report)
		return;
	enum announce_reason reason =
		announce_decide(&agent->announce, &agent->report, agent->report.uptime_ms);
	if (reason == ANNOUNCE_FIRST)
		publish_all(agent);
	else if (reason != ANNOUNCE_NOTHING)
		publish_report(agent, reason);
}

/* Another agent, or anybody else who rewrites our key, is not to make us race. */
static void begin_anew(struct agent *agent, uint64_t now_ms)
{
	if (!agent->must_begin || now_ms < agent->began_ms + BEGIN_GAP_MS)
		return;
	agent->must_begin = false;
	agent->began_ms = now_ms;
	agent->announce = (struct announce){.has_sent = false};
}

static int refuse_dom0(void)
{
	log_error("this is dom0, the host itself: run cagmad here, and cagma-agent in guests");
	return EXIT_FAILED;
}

/* False in dom0, where nothing is to be published. */
static bool run_once(struct agent *agent, struct cadence_pause *ret_pause)
{
	struct glance glance = {0};
	bool is_new;
	sense_glance(&agent->sense, &glance);
	if (store_tend(&agent->store, glance.at_ms, &is_new)) {
		if (is_new && store_is_dom0(&agent->store))
			return false;
		if (is_new || store_lost_hello(&agent->store, glance.at_ms, agent->hello))
			agent->must_begin = true;
		begin_anew(agent, glance.at_ms);
		if (agent->store.xs)
			observe_and_publish(agent, &glance);
	}
	uint64_t wait_ms = store_wait_ms(&agent->store, glance.at_ms);
	if (wait_ms)
		*ret_pause = (struct cadence_pause){(unsigned)wait_ms, (unsigned)wait_ms / 4};
	else
		*ret_pause = cadence_pause(&agent->cadence, &glance);
	return true;
}

static int run(struct agent *agent)
{
	log_info("cagma-agent " CAGMA_VERSION " has started");
	while (!doze_is_over()) {
		struct cadence_pause pause;
		if (!run_once(agent, &pause))
			return refuse_dom0();
		doze(pause);
	}
	store_remove(&agent->store, KEY_AGENT);
	log_info("stopped after %llu reports", (unsigned long long)agent->seq);
	return EXIT_FINE;
}

static int publish_once(struct agent *agent)
{
	bool is_new;
	agent->store.gives_up = true;
	look(agent);
	if (!agent->has_report || !store_tend(&agent->store, sense_now_ms(), &is_new))
		return EXIT_FAILED;
	if (store_is_dom0(&agent->store))
		return refuse_dom0();
	return publish_all(agent) ? EXIT_FINE : EXIT_FAILED;
}

static int print_once(struct agent *agent)
{
	char line[KEYS_MAX_VALUE + 1];
	look(agent);
	if (!agent->has_report)
		return EXIT_FAILED;
	number_report(&agent->report, 1);
	write_report(&agent->report, line);
	if (puts(line) < 0 || fflush(stdout) != 0) {
		log_error("cannot write to stdout: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_FINE;
}

int main(int argc, char **argv)
{
	static struct agent agent;
	struct options options = {.root = NULL};
	int exit_status = EXIT_FINE;
	if (!parse_options(argc, argv, &options, &exit_status))
		return exit_status;
	log_init("cagma-agent", options.verbose);
	const char *wrong = options_wrong(&options, optind < argc);
	if (wrong) {
		log_error("%s; see cagma-agent --help", wrong);
		return EXIT_USAGE;
	}
	int r = sense_init(&agent.sense, options.root);
	if (r < 0) {
		log_error("cannot open directory %s: %s", options.root, strerror(-r));
		return EXIT_FAILED;
	}
	write_hello(&agent);
	if (options.print) {
		exit_status = print_once(&agent);
	} else if (sense_is_dom0(&agent.sense)) {
		exit_status = refuse_dom0();
	} else if ((r = doze_init()) < 0) {
		log_error("cannot set signal handlers: %s", strerror(-r));
		exit_status = EXIT_FAILED;
	} else {
		exit_status = options.once ? publish_once(&agent) : run(&agent);
	}
	store_finish(&agent.store);
	sense_finish(&agent.sense);
	return exit_status;
}
