/* SPDX-License-Identifier: MIT */
/*
 * ganeti.h - what hosts have told, in the words of Ganeti's htools: the text data of a cluster
 * (hbal -t) and the utilisation of its instances (hbal -U). Pure.
 *
 * The text data has sections with an empty line between them: groups, nodes, instances, tags,
 * policies. A node or an instance is a line of fields with a `|` between them. A host that balances
 * has all its memory in its guests, so Ganeti's own figures say that it is full, and that each
 * instance needs what it was configured with. Here they become
 *
 *	a node's free memory    = node_free_kib()
 *	an instance's memory    = node_needs_kib() of the guest of its name on its primary node
 *	an instance's auto-balance = N, if the guest may not leave its host
 *
 * in whole MiB. Lines of hosts and guests of which nothing is told stay as they are, byte for byte.
 * hbal's own default for the utilisation is 1 of each kind (processors, memory, disks, network) for
 * each instance, so it evens the number of instances out. That stays so while no host is short.
 * Otherwise memory alone counts: an instance has what its guest needs, relative to the mean, and 0
 * of the other kinds, or hbal would keep a guest on a host that is short for the sake of its
 * number.
 */
#ifndef CAGMA_ENGINES_GANETI_H
#define CAGMA_ENGINES_GANETI_H

#include "host/engines/node.h"
#include "host/exposition/output.h"

enum {
	GANETI_MAX_LINE = 65536, /* bytes of a line of the text data */
	GANETI_LEAST_FIELDS = 7, /* a line of a node or an instance has no fewer */
};

/* All zero but for the nodes: before the first line. */
struct ganeti {
	unsigned n;
	const struct node *node;
	unsigned section;       /* empty lines so far */
	unsigned nodes_set;     /* lines of nodes in which the free memory was set */
	unsigned instances_set; /* lines of instances in which the memory was set */
};

/* Adds the line (without its newline) as it is to be, with a newline. NULL; or the end of a
 * sentence about the fault in it that begins with "the line". */
const char *ganeti_take(struct ganeti *ganeti, struct text line, struct output *output);

/* Adds the utilisation file: a line for each guest that may be an instance. */
void ganeti_add_utilisation(const struct node *node, unsigned n, struct output *output);

/* True if one of the hosts is short (node_is_short). */
bool ganeti_any_is_short(const struct node *node, unsigned n);

#endif
