/* SPDX-License-Identifier: MIT */
/*
 * cagma-ganeti - has Ganeti's hbal see what hosts and guests really need: writes its utilisation
 * file, and puts true free memory into Ganeti's text data.
 *
 * This file has options and files; host/engines/ganeti.h has what is written.
 */
#include "common/system/choice.h"
#include "common/system/lines.h"
#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/control/control.h"
#include "host/engines/ganeti.h"
#include "host/moving/word.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_HOSTS = 1000,
	MAX_GUESTS = 1000, /* of one host */
	EXIT_CALM = 3,
};

struct options {
	unsigned n; /* hosts with a file; node[] has their names */
	const char *path[MAX_HOSTS], *local, *control_path, *utilization_path, *data_path;
	struct node node[MAX_HOSTS + 1];
	bool only_if_short;
};

static int take_host(void *options, char *words)
{
	struct options *o = options;
	char *path = strchr(words, '=');
	if (!path || path == words || !path[1])
		return usage_wrong("--host takes a node and a file, as in n1=n1.json, and not %s",
				   words);
	if (o->n == MAX_HOSTS)
		return usage_wrong("--host is given more than %d times", MAX_HOSTS);
	*path = '\0';
	o->path[o->n] = path + 1;
	o->node[o->n++].name = words;
	return -1;
}

static int check(struct options *o, int argc, char **argv)
{
	if (optind + 1 < argc)
		return usage_wrong("cagma-ganeti takes one file of text data, and not also %s",
				   argv[optind + 1]);
	o->data_path = argv[optind];
	if (!o->n && !o->local)
		return usage_wrong("cagma-ganeti needs --host or --local, or it knows nothing");
	if (!o->data_path && !o->utilization_path)
		return usage_wrong("cagma-ganeti needs --utilization or text data, or there is "
				   "nothing to write");
	return -1;
}

static const struct choice choice[] = {
	{"host", 'H', "NODE=FILE",
	 "`cagmactl --json overload` has printed FILE on NODE; repeated\n"
	 "for each node",
	 take_host, 0},
	{"local", 0, "NODE", "ask the cagmad of this host, which is NODE", NULL,
	 offsetof(struct options, local)},
	{"utilization", 'U', "FILE", "write the file for hbal --dynu-file, too", NULL,
	 offsetof(struct options, utilization_path)},
	{"only-if-short", 's', NULL,
	 "if no node's guests have lacked memory for a minute, write\n"
	 "nothing, and end with exit status 3",
	 NULL, offsetof(struct options, only_if_short)},
	{"control", 0, "PATH", "ask cagmad there instead of at " CONTROL_PATH, NULL,
	 offsetof(struct options, control_path)},
};

static const struct choices choices = {
	.head = "Usage: cagma-ganeti [OPTION]... [DATA]\n"
		"Put into DATA, a cluster in Ganeti's text format (hscan, hbal --save), how much\n"
		"memory nodes have free in truth and instances need, and print it, for hbal "
		"--text-data.\n"
		"\n",
	.foot = "\nWithout DATA, only the utilization is written. See cagma-ganeti(8), hbal(1).\n",
	.choice = choice,
	.n = sizeof(choice) / sizeof(choice[0]),
	.takes_words = true,
};

/* Returns -1 to go on, and the exit code otherwise. */
static int read_options(int argc, char **argv, struct options *o)
{
	int code = choice_read(&choices, argc, argv, o);
	return code < 0 ? check(o, argc, argv) : code;
}

/* --- what is written --------------------------------------------------------------- */

struct writing {
	struct ganeti ganeti;
	char text[2 * GANETI_MAX_LINE];
};

static const char *write_line(void *arg, struct text line)
{
	struct writing *w = arg;
	struct output o = {.at = w->text, .size = sizeof(w->text)};
	const char *fault = ganeti_take(&w->ganeti, line, &o);
	if (fault)
		return fault;
	fwrite(w->text, 1, o.len, stdout);
	return NULL;
}

static void say_unset(const struct options *o, const struct writing *w)
{
	if (w->ganeti.nodes_set < w->ganeti.n)
		log_warning("of %u hosts only %u are nodes in %s, under the same name and with a "
			    "cagmad that has seen its host; the others' memory is as Ganeti has it",
			    w->ganeti.n, w->ganeti.nodes_set, o->data_path);
	if (w->ganeti.n && !w->ganeti.instances_set)
		log_warning("no instance in %s has the name of a guest on its node", o->data_path);
}

static bool write_data(const struct options *o, unsigned n)
{
	static struct writing w;
	struct lines_fault fault;
	w.ganeti = (struct ganeti){.n = n, .node = o->node};
	if (!lines_read(o->data_path, GANETI_MAX_LINE, write_line, &w, &fault)) {
		if (fault.number)
			log_error("%s, line %llu: the line %s", lines_name(o->data_path),
				  (unsigned long long)fault.number, fault.what);
		else
			log_error("%s cannot be read: %s", lines_name(o->data_path), fault.what);
		return false;
	}
	say_unset(o, &w);
	return true;
}

static bool write_utilization(const struct options *o, unsigned n)
{
	struct output text = {0};
	ganeti_add_utilisation(o->node, n, &text);
	text = (struct output){.at = malloc(text.len + 1), .size = text.len + 1};
	if (!text.at) {
		log_error("there is no memory for the utilization of so many guests");
		return false;
	}
	ganeti_add_utilisation(o->node, n, &text);
	FILE *file = fopen(o->utilization_path, "we");
	bool is_written = file && fwrite(text.at, 1, text.len, file) == text.len;
	if (file && fclose(file) != 0)
		is_written = false;
	if (!is_written)
		log_error("%s cannot be written: %s", o->utilization_path, strerror(errno));
	free(text.at);
	return is_written;
}

/* --- what is known ------------------------------------------------------------------ */

static bool read_words(struct options *o, struct word *word)
{
	for (unsigned i = 0; i < o->n; i++) {
		const char *why = word_read(o->path[i], MAX_GUESTS, &word[i]);
		if (why) {
			log_error("%s, what node %s has told, %s", o->path[i], o->node[i].name,
				  why);
			return false;
		}
		o->node[i] = word_node(o->node[i].name, &word[i]);
	}
	return true;
}

/* Adds this host to the nodes. */
static bool ask_here(struct options *o, struct look *look, struct seen *seen, unsigned *n)
{
	if (!o->local)
		return true;
	if (!look) {
		log_error("there is no memory for %d guests", MAX_GUESTS);
		return false;
	}
	if (!word_ask(look, seen))
		return false;
	o->node[(*n)++] = word_node_seen(o->local, seen);
	return true;
}

/* Leaves out hosts of which it is not known yet what their guests need. How many are left. */
static unsigned keep_settled(struct options *o, unsigned n)
{
	unsigned n_kept = 0;
	for (unsigned i = 0; i < n; i++) {
		if (node_is_known(&o->node[i]) && node_is_settling(&o->node[i]))
			log_warning("node %s is left as Ganeti has it, since cagmad does not know "
				    "yet what each of its guests needs: it takes a minute from its "
				    "start, and from a guest's",
				    o->node[i].name);
		else
			o->node[n_kept++] = o->node[i];
	}
	return n_kept;
}

static int write_files(const struct options *o, unsigned n)
{
	if ((o->utilization_path && !write_utilization(o, n)) ||
	    (o->data_path && !write_data(o, n)))
		return EXIT_FAILURE;
	return usage_printed();
}

static int tell(struct options *o)
{
	static struct seen seen;
	int code = EXIT_FAILURE;
	unsigned n = o->n;
	struct word *word = calloc(o->n + 1, sizeof(*word));
	struct look *look = o->local ? look_create(o->control_path, MAX_GUESTS) : NULL;
	if (!word)
		log_error("there is no memory for %u hosts", o->n);
	else if (!read_words(o, word) || !ask_here(o, look, &seen, &n))
		code = EXIT_FAILURE; /* why was said */
	else if (o->only_if_short && !ganeti_any_is_short(o->node, n))
		code = EXIT_CALM;
	else
		code = write_files(o, keep_settled(o, n));
	for (unsigned i = 0; word && i < o->n; i++)
		word_drop(&word[i]);
	look_destroy(look);
	free(word);
	return code;
}

int main(int argc, char **argv)
{
	static struct options o;
	log_init("cagma-ganeti", false);
	o.control_path = CONTROL_PATH;
	int code = read_options(argc, argv, &o);
	return code >= 0 ? code : tell(&o);
}
