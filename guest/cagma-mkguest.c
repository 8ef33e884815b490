/* SPDX-License-Identifier: MIT */
/*
 * cagma-mkguest - makes a Xen guest with the agent in it, in one command. See
 * docs/man/cagma-mkguest.8.
 *
 * This file reads the options; stages.h makes the guest.
 */
#include "common/system/log.h"
#include "common/text.h"
#include "common/system/usage.h"
#include "guest/mkguest/recipe.h"
#include "guest/mkguest/stages.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_text[] =
	"Usage: cagma-mkguest [options] NAME\n"
	"\n"
	"Makes a Debian guest for Xen, with cagma-agent in it, in OUTPUT/NAME: disks, kernel,\n"
	"initrd and NAME.cfg for xl create. Needs neither Xen nor loop mounts, nor root.\n"
	"\n"
	"The guest (sizes in MiB, or with m or g):\n"
	"      --memory SIZE      memory it is booted with (512)\n"
	"      --maxmem SIZE      the most it can be given (twice that)\n"
	"      --min SIZE         the least cagmad leaves it (half of --memory)\n"
	"      --size SIZE        root disk (2g)\n"
	"      --swap SIZE        swap disk; 0: none (512)\n"
	"      --vcpus N          processors (1)\n"
	"      --bridge NAME      a network interface on this bridge, set up by DHCP\n"
	"      --ssh-key FILE     sshd, and these public keys for root; without it nobody\n"
	"                         can log in\n"
	"      --suite NAME       Debian's suite (bookworm)\n"
	"      --packages A,B,…   more packages\n"
	"      --overlay DIR      copied over the root\n"
	"\n"
	"Making it:\n"
	"      --output DIR       (/var/lib/cagma/guests; without root: the working directory)\n"
	"      --force            replace a guest of that name\n"
	"      --cache DIR        packages (/var/cache/cagma-mkguest; without root:\n"
	"                         ~/.cache/cagma-mkguest)\n"
	"      --mirror URI       take packages from there, not from this machine's own\n"
	"                         sources; or a line of sources.list; may be repeated\n"
	"      --download-only    fill the cache, and make nothing\n"
	"      --offline          use what the cache has\n"
	"      --parts DIR        agent, its unit and the guest's init (../lib/cagma of where\n"
	"                         this program is)\n"
	"\n"
	"  -V, --version          print the version and exit\n"
	"  -h, --help             print this help and exit\n"
	"\n"
	"Called again after an interruption it goes on with what is complete.\n"
	"Exit status: 0 if all is well, 1 if the operation failed, 2 if it was used wrongly.\n";

enum option_id {
	OPT_FIRST_ = 1000,
	OPT_MEMORY,
	OPT_MAXMEM,
	OPT_MIN,
	OPT_SIZE,
	OPT_SWAP,
	OPT_VCPUS,
	OPT_BRIDGE,
	OPT_SSH_KEY,
	OPT_SUITE,
	OPT_PACKAGES,
	OPT_OVERLAY,
	OPT_OUTPUT,
	OPT_FORCE,
	OPT_CACHE,
	OPT_MIRROR,
	OPT_DOWNLOAD_ONLY,
	OPT_OFFLINE,
	OPT_PARTS,
};

static const char option_letters[] = ":hV";

static const struct option option_names[] = {
	{"memory", required_argument, NULL, OPT_MEMORY},
	{"maxmem", required_argument, NULL, OPT_MAXMEM},
	{"min", required_argument, NULL, OPT_MIN},
	{"size", required_argument, NULL, OPT_SIZE},
	{"swap", required_argument, NULL, OPT_SWAP},
	{"vcpus", required_argument, NULL, OPT_VCPUS},
	{"bridge", required_argument, NULL, OPT_BRIDGE},
	{"ssh-key", required_argument, NULL, OPT_SSH_KEY},
	{"suite", required_argument, NULL, OPT_SUITE},
	{"packages", required_argument, NULL, OPT_PACKAGES},
	{"overlay", required_argument, NULL, OPT_OVERLAY},
	{"output", required_argument, NULL, OPT_OUTPUT},
	{"force", no_argument, NULL, OPT_FORCE},
	{"cache", required_argument, NULL, OPT_CACHE},
	{"mirror", required_argument, NULL, OPT_MIRROR},
	{"download-only", no_argument, NULL, OPT_DOWNLOAD_ONLY},
	{"offline", no_argument, NULL, OPT_OFFLINE},
	{"parts", required_argument, NULL, OPT_PARTS},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* Takes the option if it is one of a size: then *ret_known is true, and the result is false if
 * `value` is no size. */
static bool take_size(struct recipe *r, int option, const char *value, bool *ret_known)
{
	const struct {
		int option;
		uint64_t *mib;
	} sizes[] = {
		{OPT_MEMORY, &r->memory_mib}, {OPT_MAXMEM, &r->maxmem_mib}, {OPT_MIN, &r->min_mib},
		{OPT_SIZE, &r->size_mib},     {OPT_SWAP, &r->swap_mib},
	};
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i].option == option) {
			*ret_known = true;
			return recipe_read_mib(value, sizes[i].mib);
		}
	*ret_known = false;
	return true;
}

static bool take_word(struct recipe *r, int option, const char *value)
{
	const struct {
		int option;
		const char **word;
	} words[] = {
		{OPT_BRIDGE, &r->bridge},     {OPT_SSH_KEY, &r->ssh_key}, {OPT_SUITE, &r->suite},
		{OPT_PACKAGES, &r->packages}, {OPT_OVERLAY, &r->overlay}, {OPT_OUTPUT, &r->output},
		{OPT_CACHE, &r->cache},       {OPT_PARTS, &r->parts},
	};
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].option == option) {
			*words[i].word = value;
			return true;
		}
	return false;
}

static bool take_flag(struct recipe *r, int option)
{
	const struct {
		int option;
		bool *flag;
	} flags[] = {
		{OPT_FORCE, &r->is_forced},
		{OPT_DOWNLOAD_ONLY, &r->is_download_only},
		{OPT_OFFLINE, &r->is_offline},
	};
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].option == option) {
			*flags[i].flag = true;
			return true;
		}
	return false;
}

static int take_option(struct recipe *r, int option, const char *value, char *const *argv)
{
	bool is_known;
	if (!take_size(r, option, value, &is_known))
		return usage_wrong("not a size: %s", value);
	if (is_known || take_word(r, option, value) || take_flag(r, option))
		return EXIT_SUCCESS;
	if (option == OPT_VCPUS)
		return text_number((struct text){value, strlen(value)}, 1024, &r->vcpus)
			       ? EXIT_SUCCESS
			       : usage_wrong("not a number of processors: %s", value);
	if (option == OPT_MIRROR) {
		if (r->n_mirrors == RECIPE_MAX_MIRRORS)
			return usage_wrong("there are at most %d mirrors", RECIPE_MAX_MIRRORS);
		r->mirror[r->n_mirrors++] = value;
		return EXIT_SUCCESS;
	}
	return usage_wrong_option(option, argv, option_letters);
}

/* False if the program is to end with *ret_exit. */
static bool parse_options(int argc, char **argv, struct recipe *recipe, int *ret_exit)
{
	int option;
	while ((option = getopt_long(argc, argv, option_letters, option_names, NULL)) != -1) {
		if (option == 'h' || option == 'V') {
			*ret_exit = option == 'h' ? usage_help(help_text) : usage_version();
			return false;
		}
		*ret_exit = take_option(recipe, option, optarg, argv);
		if (*ret_exit != EXIT_SUCCESS)
			return false;
	}
	if (argc - optind == 1) {
		recipe->name = argv[optind];
		return true;
	}
	*ret_exit = usage_wrong("one name is needed, of the guest to be made");
	return false;
}

/* The directory ../lib/cagma of this program's own, where `make install` and a build put the
 * parts. */
static const char *default_parts(void)
{
	static char parts[PATH_MAX];
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/../lib/cagma"));
	if (len < 0)
		return "/usr/lib/cagma";
	path[len] = '\0';
	char *slash = strrchr(path, '/');
	strcpy(slash ? slash : path, "/../lib/cagma");
	return realpath(path, parts) ? parts : "/usr/lib/cagma";
}

/* Sets the directories that were not given. `home` is room for the path that is put together. */
static void default_places(struct recipe *r, char home[PATH_MAX])
{
	bool is_root = geteuid() == 0;
	const char *user_home = getenv("HOME");
	if (!r->output)
		r->output = is_root ? "/var/lib/cagma/guests" : ".";
	if (!r->parts)
		r->parts = default_parts();
	if (!r->cache && is_root)
		r->cache = "/var/cache/cagma-mkguest";
	if (!r->cache) {
		snprintf(home, PATH_MAX, "%s/.cache", user_home ? user_home : "/tmp");
		mkdir(home, 0700);
		strncat(home, "/cagma-mkguest", PATH_MAX - strlen(home) - 1);
		r->cache = home;
	}
}

/* Children and xl run in other directories, so relative paths are made absolute here. */
static bool make_absolute(const char **path, char absolute[PATH_MAX])
{
	char here[PATH_MAX];
	if (!*path || (*path)[0] == '/')
		return true;
	if (!getcwd(here, sizeof(here)))
		return false;
	const char *rest = strcmp(*path, ".") == 0 ? "" : *path;
	if (snprintf(absolute, PATH_MAX, "%s%s%s", here, rest[0] ? "/" : "", rest) >= PATH_MAX)
		return false;
	*path = absolute;
	return true;
}

static bool make_all_absolute(struct recipe *r)
{
	static char absolute[5][PATH_MAX];
	return make_absolute(&r->output, absolute[0]) && make_absolute(&r->cache, absolute[1]) &&
	       make_absolute(&r->parts, absolute[2]) && make_absolute(&r->overlay, absolute[3]) &&
	       make_absolute(&r->ssh_key, absolute[4]);
}

static void tell_result(const struct recipe *r)
{
	printf("%s/%s/%s.cfg\n", r->output, r->name, r->name);
	fputs("for guests = [ … ] of cagmad.conf: ", stderr);
	recipe_write_entry(r, stderr);
	if (!r->ssh_key)
		fputs("nobody can log in: see --ssh-key and --overlay\n", stderr);
}

int main(int argc, char **argv)
{
	static char home[PATH_MAX];
	char why[256];
	struct recipe recipe;
	int exit_status = EXIT_SUCCESS;
	log_init("cagma-mkguest", false);
	recipe_init(&recipe);
	if (usage_is_help(argc, argv))
		return usage_help(help_text);
	if (!parse_options(argc, argv, &recipe, &exit_status))
		return exit_status;
	default_places(&recipe, home);
	if (!make_all_absolute(&recipe))
		return usage_wrong("a path is too long");
	if (!recipe_complete(&recipe, why, sizeof(why)))
		return usage_wrong("%s", why);
	/* a user's PATH may lack the directories of the system's tools */
	const char *path = getenv("PATH");
	char full[PATH_MAX];
	snprintf(full, sizeof(full), "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	setenv("PATH", full, 1);
	setenv("LC_ALL", "C", 1);
	umask(022);
	if (stages_run(&recipe) < 0)
		return EXIT_FAILURE;
	if (!recipe.is_download_only)
		tell_result(&recipe);
	return EXIT_SUCCESS;
}
