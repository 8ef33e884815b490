/* SPDX-License-Identifier: MIT */
/*
 * cagma-agent - tells cagmad on the host how much memory this guest has
 * available, and when it is short of it, through xenstore. See
 * docs/man/cagma-agent.8.
 */
#include "common/log.h"
#include "guest/agent.h"
#include "guest/doze.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

struct options {
	const char *root; /* NULL: / */
	bool once;
	bool print;
	bool largest;
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
	"      --root DIR    read /proc and /sys below DIR instead of /\n"
	"  -v, --verbose     log every report and alarm that is published, and why\n"
	"      --version     print the version and exit\n"
	"  -h, --help        print this help and exit\n"
	"\n"
	"Exit status: 0 if all is well, 1 if the operation failed, 2 if it was used wrongly.\n";

enum { OPT_ONCE = 1000, OPT_PRINT, OPT_LARGEST, OPT_ROOT, OPT_VERSION };

static const struct option option_names[] = {
	{"once", no_argument, NULL, OPT_ONCE},
	{"print", no_argument, NULL, OPT_PRINT},
	{"largest", no_argument, NULL, OPT_LARGEST},
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
		case OPT_LARGEST:
			ret_options->largest = true;
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

static int print_once(struct agent *agent)
{
	char line[KEYS_MAX_VALUE + 1];
	if (!agent_look_once(agent, line))
		return EXIT_FAILED;
	if (puts(line) < 0 || fflush(stdout) != 0) {
		log_error("cannot write to stdout: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_FINE;
}

static int publish(struct agent *agent, bool once)
{
	enum agent_end end = AGENT_IN_DOM0;
	int r = doze_init();
	if (r < 0) {
		log_error("cannot set signal handlers: %s", strerror(-r));
		return EXIT_FAILED;
	}
	if (!agent_is_in_dom0(agent))
		end = once ? agent_publish_once(agent) : agent_run(agent);
	if (end == AGENT_IN_DOM0)
		log_error("this is dom0, the host itself: run cagmad here, and cagma-agent in "
			  "guests");
	return end == AGENT_DONE ? EXIT_FINE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	static struct agent agent;
	struct options options = {.root = NULL};
	int exit_status = EXIT_FAILED;
	if (!parse_options(argc, argv, &options, &exit_status))
		return exit_status;
	log_init("cagma-agent", options.verbose);
	const char *wrong = options_wrong(&options, optind < argc);
	if (wrong) {
		log_error("%s; see cagma-agent --help", wrong);
		return EXIT_USAGE;
	}
	int r = agent_init(&agent, options.root);
	if (r < 0) {
		log_error("cannot open directory %s: %s", options.root, strerror(-r));
		return EXIT_FAILED;
	}
	r = options.largest ? sense_want_largest(&agent.sense) : 0;
	if (r < 0)
		log_error("cannot read the processes' directory: %s", strerror(-r));
	else
		exit_status = options.print ? print_once(&agent) : publish(&agent, options.once);
	agent_finish(&agent);
	return exit_status;
}
