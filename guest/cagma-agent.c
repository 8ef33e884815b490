/* SPDX-License-Identifier: MIT */
/*
 * cagma-agent - tells cagmad on the host, through xenstore, how much memory
 * this guest has available, and when memory is short. See docs/man/cagma-agent.8.
 */
#include "common/system/log.h"
#include "common/system/usage.h"
#include "guest/agent.h"
#include "guest/doze.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *root;   /* NULL: / */
	const char *record; /* NULL: none */
	bool once;
	bool print;
	bool largest;
	bool probe_kernel;
	bool verbose;
};

static const char help_text[] =
	"Usage: cagma-agent [options]\n"
	"\n"
	"Reports this Xen guest's memory to cagmad on the host, until it is stopped; raises\n"
	"an alarm when memory is short, and grows at once as far as the host lets it.\n"
	"\n"
	"Options:\n"
	"      --once        publish once and exit\n"
	"      --print       print one report on stdout and exit; needs neither xenstore nor root\n"
	"      --largest     report the largest process, too; for the host's policy cagma-2017\n"
	"      --probe-kernel\n"
	"                    wake up for huge pages and for calls that populate memory, too, by\n"
	"                    kprobes on functions inside the kernel\n"
	"      --record FILE append every look at the guest's memory to FILE, a line each\n"
	"      --root DIR    read /proc and /sys below DIR instead of /\n"
	"  -v, --verbose     log every report and alarm that is published, and why\n"
	"  -V, --version     print the version and exit\n"
	"  -h, --help        print this help and exit\n"
	"\n"
	"Exit status: 0 if all is well, 1 if the operation failed, 2 if it was used wrongly.\n";

enum { OPT_ONCE = 1000, OPT_PRINT, OPT_LARGEST, OPT_PROBE_KERNEL, OPT_RECORD, OPT_ROOT };

static const struct option option_names[] = {
	{"once", no_argument, NULL, OPT_ONCE},
	{"print", no_argument, NULL, OPT_PRINT},
	{"largest", no_argument, NULL, OPT_LARGEST},
	{"probe-kernel", no_argument, NULL, OPT_PROBE_KERNEL},
	{"record", required_argument, NULL, OPT_RECORD},
	{"root", required_argument, NULL, OPT_ROOT},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* False when the program is to end with *ret_exit: after --help, --version or wrong usage. */
static bool parse_options(int argc, char **argv, struct options *ret_options, int *ret_exit)
{
	static const char shorts[] = ":vhV";
	int option;
	while ((option = getopt_long(argc, argv, shorts, option_names, NULL)) != -1) {
		switch (option) {
		case OPT_ONCE:
			ret_options->once = true;
			break;
		case OPT_PRINT:
			ret_options->print = true;
			break;
		case OPT_LARGEST:
			ret_options->largest = true;
			break;
		case OPT_PROBE_KERNEL:
			ret_options->probe_kernel = true;
			break;
		case OPT_RECORD:
			ret_options->record = optarg;
			break;
		case OPT_ROOT:
			ret_options->root = optarg;
			break;
		case 'v':
			ret_options->verbose = true;
			break;
		case 'V':
			*ret_exit = usage_version();
			return false;
		case 'h':
			*ret_exit = usage_help(help_text);
			return false;
		default:
			*ret_exit = usage_wrong_option(option, argv, shorts);
			return false;
		}
	}
	return true;
}

/* Says how the options contradict each other; NULL: they do not. */
static const char *options_wrong(const struct options *options, bool has_arguments)
{
	if (has_arguments)
		return "cagma-agent takes options only, and no argument";
	if (options->once && options->print)
		return "--once and --print exclude each other";
	return NULL;
}

static int print_once(struct agent *agent)
{
	char line[KEYS_MAX_VALUE + 1];
	if (!agent_look_once(agent, line))
		return EXIT_FAILURE;
	if (puts(line) < 0 || fflush(stdout) != 0) {
		log_error("cannot write to stdout: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int publish(struct agent *agent, bool once)
{
	enum agent_end end = AGENT_IN_DOM0;
	int r = doze_init();
	if (r < 0) {
		log_error("cannot set signal handlers: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	if (!agent_is_in_dom0(agent))
		end = once ? agent_publish_once(agent) : agent_run(agent);
	if (end == AGENT_IN_DOM0)
		log_error("this is dom0, the host itself: run cagmad here, and cagma-agent in "
			  "guests");
	return end == AGENT_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Does what the options ask for before the first look. False, and logged, when it cannot. */
static bool prepare(struct agent *agent, const struct options *options)
{
	agent->probes_kernel = options->probe_kernel;
	int r = options->largest ? sense_want_largest(&agent->sense) : 0;
	if (r < 0) {
		log_error("cannot read the processes' directory: %s", strerror(-r));
		return false;
	}
	r = options->record ? agent_record(agent, options->record) : 0;
	if (r < 0)
		log_error("cannot record to %s: %s", options->record, strerror(-r));
	return r == 0;
}

int main(int argc, char **argv)
{
	static struct agent agent;
	struct options options = {.root = NULL};
	int exit_status = EXIT_FAILURE;
	log_init("cagma-agent", false);
	if (usage_is_help(argc, argv))
		return usage_help(help_text);
	if (!parse_options(argc, argv, &options, &exit_status))
		return exit_status;
	log_init("cagma-agent", options.verbose);
	const char *wrong = options_wrong(&options, optind < argc);
	if (wrong)
		return usage_wrong("%s", wrong);
	int r = agent_init(&agent, options.root);
	if (r < 0) {
		log_error("cannot open directory %s: %s", options.root, strerror(-r));
		return EXIT_FAILURE;
	}
	if (prepare(&agent, &options))
		exit_status = options.print ? print_once(&agent) : publish(&agent, options.once);
	agent_finish(&agent);
	return exit_status;
}
