/* SPDX-License-Identifier: MIT */
#include "host/moving/pacemaker.h"

#include "common/amount.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "common/system/trouble.h"
#include "common/text.h"
#include "host/engines/hvmemory.h"
#include "host/engines/node.h"
#include "host/moving/cib.h"
#include "host/moving/crm.h"
#include "host/moving/word.h"
#include "host/xen/xlcfg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LOGGED = 64 };

/* The name of a guest as its file had it when it was read. */
struct named {
	char file[CIB_MAX_WORD + 1], guest[CIB_MAX_WORD + 1];
};
_Static_assert((int)CIB_MAX_WORD >= (int)TOOLKEYS_MAX_NAME, "a name of an xl.cfg fits");

struct pacemaker {
	const char *node;
	bool is_dry;
	char name[MOST_LOGGED + 4]; /* the node's, for messages */
	struct trouble failed, refused, unheeded, managed;
	char refusal[512]; /* the one that was logged last */
	unsigned n_named;
	struct named *named;
};

/* What one round goes by. */
struct round {
	struct cib cib;
	struct node node; /* what cagmad has told */
	unsigned n;       /* resources whose guests are here */
	const struct cib_resource **resource;
	const struct told_guest **guest;
	struct hvmemory_figure *figure;
	struct hvmemory_change *change;
};

struct pacemaker *pacemaker_create(const char *node, bool is_dry)
{
	struct pacemaker *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->node = node;
	p->is_dry = is_dry;
	text_printable((struct text){node, strlen(node)}, "", p->name, sizeof(p->name));
	return p;
}

void pacemaker_destroy(struct pacemaker *p)
{
	if (!p)
		return;
	free(p->named);
	free(p);
}

/* --- whose resource is which guest ------------------------------------------------- */

static struct text text_of(const char *word)
{
	return (struct text){word, strlen(word)};
}

/* xl's own parser reads it in a process of its own. */
static void read_xlcfg(const char *path, char ret_name[CIB_MAX_WORD + 1])
{
	struct xlcfg cfg;
	FILE *unread = fopen("/dev/null", "we");
	if (unread && xlcfg_read(path, unread, &cfg))
		memcpy(ret_name, cfg.name, strlen(cfg.name) + 1);
	if (unread)
		fclose(unread);
}

static void read_domain(const char *path, char ret_name[CIB_MAX_WORD + 1])
{
	enum { MOST_BYTES = 1 << 20 };
	char *text;
	size_t len;
	if (file_load(path, MOST_BYTES, &text, &len))
		return;
	cib_read_domain(text, len, ret_name);
	free(text);
}

/* The name in the resource's file, which is read once; "" if it has none, or cannot be read yet. */
static const char *name_in(struct pacemaker *p, const struct cib_resource *r)
{
	if (!r->file[0] || access(r->file, R_OK) < 0)
		return "";
	for (unsigned i = 0; i < p->n_named; i++)
		if (strcmp(p->named[i].file, r->file) == 0)
			return p->named[i].guest;
	struct named *more = realloc(p->named, (p->n_named + 1) * sizeof(*more));
	if (!more)
		return "";
	p->named = more;
	struct named *last = &more[p->n_named++];
	*last = (struct named){0};
	memcpy(last->file, r->file, strlen(r->file) + 1);
	if (r->is_libvirt)
		read_domain(r->file, last->guest);
	else
		read_xlcfg(r->file, last->guest);
	return last->guest;
}

/* As the agent itself looks for it: the parameter, the name in the file, the resource's id. */
static const struct told_guest *guest_of(struct pacemaker *p, const struct cib_resource *r,
					 const struct node *node)
{
	if (r->guest[0])
		return node_guest(node, text_of(r->guest));
	const char *name = name_in(p, r);
	return node_guest(node, text_of(name[0] ? name : r->id));
}

static bool match(struct pacemaker *p, struct round *r)
{
	unsigned most = r->cib.n;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
	r->resource = calloc(most + 1, sizeof(*r->resource));
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
	r->guest = calloc(most + 1, sizeof(*r->guest));
	r->figure = calloc(most + 1, sizeof(*r->figure));
	r->change = calloc(most + 1, sizeof(*r->change));
	if (!r->resource || !r->guest || !r->figure || !r->change)
		return false;
	for (unsigned i = 0; i < most; i++) {
		const struct told_guest *g = guest_of(p, &r->cib.resource[i], &r->node);
		if (!g)
			continue;
		r->resource[r->n] = &r->cib.resource[i];
		r->guest[r->n++] = g;
	}
	return true;
}

/* --- figures ------------------------------------------------------------------------ */

static struct hvmemory_figure figure_of_node(const struct round *r)
{
	uint64_t others_kib = 0;
	bool is_known = node_others_need_kib(&r->node, r->guest, r->n, &others_kib);
	return (struct hvmemory_figure){.is_known = is_known,
					.needs_kib =
						amount_less(r->node.host->capacity_kib, others_kib),
					.was_told = r->cib.node.is_there,
					.told_mib = r->cib.node.mib};
}

/* The guest's want says something now. */
static bool is_settled(const struct told_guest *g)
{
	return node_want_counts(g) && !node_awaits_want(g);
}

static void fill_figures(struct round *r)
{
	for (unsigned i = 0; i < r->n; i++)
		r->figure[i] = (struct hvmemory_figure){.is_known = is_settled(r->guest[i]),
							.needs_kib = r->guest[i]->lasting_kib,
							.was_told = r->resource[i]->figure.is_there,
							.told_mib = r->resource[i]->figure.mib};
}

/* --- what is wrong with the cluster's configuration --------------------------------- */

static const char *what_autoset_does(const struct cib_resource *r)
{
	return r->is_libvirt ? ", which is on unless it is set, by which it needs all that it may "
			       "hold"
			     : ", by which it needs whatever it holds";
}

/* False after saying, once, why nothing is written. */
static bool may_write(struct pacemaker *p, const struct round *r)
{
	char name[MOST_LOGGED], text[sizeof(p->refusal)] = "";
	for (unsigned i = 0; i < r->n && !text[0]; i++) {
		text_printable(text_of(r->resource[i]->id), "", name, sizeof(name));
		if (r->resource[i]->is_autoset)
			snprintf(text, sizeof(text),
				 "resource %s has autoset_utilization_hv_memory%s; nothing is "
				 "written until that is off (crm_resource --resource %s "
				 "--set-parameter autoset_utilization_hv_memory --parameter-value "
				 "false)",
				 name, what_autoset_does(r->resource[i]), name);
	}
	text_printable(text_of(r->cib.node_utilization), "", name, sizeof(name));
	if (!text[0] && name[0])
		snprintf(text, sizeof(text),
			 "resource %s (NodeUtilization) writes hv_memory of nodes, too; nothing is "
			 "written until that is off (crm_resource --resource %s --set-parameter "
			 "utilization_hv_memory --parameter-value false)",
			 name, name);
	if (text[0] && (trouble_met(&p->refused) || strcmp(text, p->refusal) != 0)) {
		memcpy(p->refusal, text, sizeof(text));
		log_error("%s", text);
	}
	if (!text[0] && trouble_over(&p->refused))
		log_info("nobody else writes hv_memory now");
	return !text[0];
}

static void warn(struct pacemaker *p, const struct round *r)
{
	const struct cib_resource *managed = NULL;
	char name[MOST_LOGGED];
	for (unsigned i = 0; i < r->n; i++)
		managed = r->resource[i]->manages_memory ? r->resource[i] : managed;
	if (!managed) {
		trouble_over(&p->managed);
	} else if (trouble_met(&p->managed)) {
		text_printable(text_of(managed->id), "", name, sizeof(name));
		log_warning("resource %s has allow_mem_management: its agent sets the targets of "
			    "all guests at each start, which cagmad takes back; turn it off "
			    "(crm_resource --resource %s --set-parameter allow_mem_management "
			    "--parameter-value 0)",
			    name, name);
	}
	if (r->cib.heeds_utilization)
		trouble_over(&p->unheeded);
	else if (trouble_met(&p->unheeded))
		log_warning("Pacemaker heeds no utilization; have it do so (crm_attribute --name "
			    "placement-strategy --update balanced)");
}

/* --- writing ------------------------------------------------------------------------- */

static enum pacemaker_outcome fail(struct pacemaker *p, const char *what, const char *why)
{
	if (trouble_met(&p->failed))
		log_error("%s: %s", what, why);
	return PACEMAKER_FAILED;
}

static int write_change(const struct pacemaker *p, const struct round *r,
			const struct hvmemory_change *c, struct hvmemory_figure was,
			char why[CRM_MAX_WHY])
{
	bool is_node = c->guest == HVMEMORY_OF_NODE;
	const char *id = is_node ? p->node : r->resource[c->guest]->id;
	char name[MOST_LOGGED], from[TEXT_MAX_DIGITS + 8] = "none";
	int code = 0;
	if (!p->is_dry)
		code = is_node ? crm_set_node(id, c->mib, why) : crm_set_resource(id, c->mib, why);
	if (code < 0)
		return code;
	text_printable(text_of(id), "", name, sizeof(name));
	if (was.was_told)
		snprintf(from, sizeof(from), "%" PRIu64, was.told_mib);
	log_info("%s %s: hv_memory %s -> %" PRIu64 " MiB%s", is_node ? "node" : "resource", name,
		 from, c->mib, p->is_dry ? " (not written: dry run)" : "");
	return 0;
}

static enum pacemaker_outcome write_all(struct pacemaker *p, struct round *r)
{
	struct hvmemory_figure node = figure_of_node(r);
	char why[CRM_MAX_WHY];
	fill_figures(r);
	unsigned n =
		hvmemory_decide(&node, r->node.host->short_kib != 0, r->figure, r->n, r->change);
	for (unsigned i = 0; i < n; i++) {
		const struct hvmemory_change *c = &r->change[i];
		struct hvmemory_figure was =
			c->guest == HVMEMORY_OF_NODE ? node : r->figure[c->guest];
		if (write_change(p, r, c, was, why) < 0)
			return fail(p, "hv_memory cannot be written", why);
	}
	if (trouble_over(&p->failed))
		log_info("Pacemaker can be told again");
	return PACEMAKER_TOLD;
}

static enum pacemaker_outcome act(struct pacemaker *p, struct round *r)
{
	if (!r->cib.has_node)
		return fail(p, p->name,
			    "there is no such node in the cluster; --node has its name");
	if (!match(p, r))
		return fail(p, "the cluster's resources", "there is no memory for them");
	warn(p, r);
	if (!may_write(p, r))
		return PACEMAKER_REFUSED;
	return write_all(p, r);
}

enum pacemaker_outcome pacemaker_tell(struct pacemaker *p, const struct seen *seen)
{
	static const char unreadable[] = "Pacemaker's configuration cannot be read";
	struct round r = {.node = word_node_seen(p->node, seen)};
	char said[CRM_MAX_WHY], *xml;
	size_t len;
	if (!node_is_known(&r.node))
		return PACEMAKER_TOLD;
	if (crm_query(&xml, &len, said) < 0)
		return fail(p, unreadable, said);
	const char *why = cib_read(xml, len, p->node, &r.cib);
	free(xml);
	if (why)
		return fail(p, "what cibadmin has printed", why);
	enum pacemaker_outcome outcome = act(p, &r);
	cib_drop(&r.cib);
	free(r.resource);
	free(r.guest);
	free(r.figure);
	free(r.change);
	return outcome;
}
