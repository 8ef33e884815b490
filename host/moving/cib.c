/* SPDX-License-Identifier: MIT */
#include "host/moving/cib.h"

#include "common/text.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HV_MEMORY "hv_memory"

/* A sum of so many of these fits into 64 bits. */
#define MOST_MIB (UINT64_C(1) << 40)

/* --- elements and their name-value pairs ------------------------------------------ */

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static bool copy_attribute(xmlNode *node, const char *name, char ret_word[CIB_MAX_WORD + 1])
{
	xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
	size_t len = value ? strlen((const char *)value) : CIB_MAX_WORD + 1;
	if (len <= CIB_MAX_WORD)
		memcpy(ret_word, value, len + 1);
	xmlFree(value);
	return len <= CIB_MAX_WORD;
}

static bool attribute_is(xmlNode *node, const char *name, const char *word)
{
	char value[CIB_MAX_WORD + 1];
	return copy_attribute(node, name, value) && strcmp(value, word) == 0;
}

static bool is_pair(xmlNode *node, const char *name)
{
	return is_element(node, "nvpair") && attribute_is(node, "name", name);
}

/* The value of `name` in the element's sets of this kind, such as "instance_attributes". */
static bool copy_value(xmlNode *element, const char *set, const char *name,
		       char ret_word[CIB_MAX_WORD + 1])
{
	if (!element)
		return false;
	for (xmlNode *s = element->children; s; s = s->next)
		for (xmlNode *pair = is_element(s, set) ? s->children : NULL; pair;
		     pair = pair->next)
			if (is_pair(pair, name))
				return copy_attribute(pair, "value", ret_word);
	return false;
}

static struct cib_figure read_figure(xmlNode *element)
{
	struct cib_figure f = {0};
	char word[CIB_MAX_WORD + 1];
	if (copy_value(element, "utilization", HV_MEMORY, word))
		f.is_there = text_number((struct text){word, strlen(word)}, MOST_MIB, &f.mib);
	return f;
}

/* --- a walk through all elements --------------------------------------------------- */

/* The next element of `name` behind `node` below `top`, in the document's order. */
static xmlNode *next_element(xmlNode *top, xmlNode *node, const char *name)
{
	do {
		/* the children of a reference to an entity are the entity's, out of the tree */
		if (node->type == XML_ELEMENT_NODE && node->children) {
			node = node->children;
			continue;
		}
		while (node != top && !node->next)
			node = node->parent;
		node = node == top ? NULL : node->next;
	} while (node && !is_element(node, name));
	return node;
}

static xmlNode *find_node(xmlNode *top, const char *uname)
{
	xmlNode *nodes = next_element(top, top, "nodes");
	for (xmlNode *n = nodes ? nodes->children : NULL; n; n = n->next)
		if (is_element(n, "node") && attribute_is(n, "uname", uname))
			return n;
	return NULL;
}

/* The template that the resource is made by; NULL if there is none. */
static xmlNode *template_of(xmlNode *top, xmlNode *resource)
{
	char name[CIB_MAX_WORD + 1];
	xmlNode *t = NULL;
	if (copy_attribute(resource, "template", name))
		for (t = next_element(top, top, "template"); t;
		     t = next_element(top, t, "template"))
			if (attribute_is(t, "id", name))
				break;
	return t;
}

/* --- resources ---------------------------------------------------------------------- */

static bool is_of_agent(xmlNode *resource, xmlNode *template, const char *type)
{
	xmlNode *typed = template ? template : resource;
	return attribute_is(typed, "class", "ocf") &&
	       attribute_is(typed, "provider", "heartbeat") && attribute_is(typed, "type", type);
}

/* A parameter of the resource, or of its template. "" if neither has it. */
static void copy_parameter(xmlNode *resource, xmlNode *template, const char *name,
			   char ret_word[CIB_MAX_WORD + 1])
{
	static const char set[] = "instance_attributes";
	if (!copy_value(resource, set, name, ret_word) &&
	    !copy_value(template, set, name, ret_word))
		ret_word[0] = '\0';
}

/* As ocf_is_true of the agents has it. */
static bool is_true(const char *word)
{
	static const char *const words[] = {"yes", "true", "1", "ja", "on"};
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

static bool parameter_is_true(xmlNode *resource, xmlNode *template, const char *name,
			      bool otherwise)
{
	char word[CIB_MAX_WORD + 1];
	copy_parameter(resource, template, name, word);
	return word[0] ? is_true(word) : otherwise;
}

/* The agents whose resources are guests, and what each calls things. */
static const struct agent {
	const char *type;
	const char *name, *file; /* parameters; NULL: it has none for the name */
	bool is_libvirt;
	bool autosets; /* the default of autoset_utilization_hv_memory */
} agents[] = {
	{"Xen", "name", "xmfile", false, false},
	{"VirtualDomain", NULL, "config", true, true},
};

/* libvirt's default is the hypervisor that runs here. */
static bool is_of_xen(xmlNode *resource, xmlNode *template, const struct agent *agent)
{
	static const char *const uris[] = {"xen", "libxl"};
	char uri[CIB_MAX_WORD + 1];
	if (!agent->is_libvirt)
		return true;
	copy_parameter(resource, template, "hypervisor", uri);
	for (unsigned i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		if (strncmp(uri, uris[i], strlen(uris[i])) == 0)
			return true;
	return !uri[0];
}

static void read_guest(xmlNode *resource, xmlNode *template, const struct agent *agent,
		       struct cib *c)
{
	struct cib_resource r = {.is_libvirt = agent->is_libvirt};
	if (c->n == CIB_MAX_RESOURCES || !is_of_xen(resource, template, agent) ||
	    !copy_attribute(resource, "id", r.id))
		return;
	if (agent->name)
		copy_parameter(resource, template, agent->name, r.guest);
	copy_parameter(resource, template, agent->file, r.file);
	r.is_autoset = parameter_is_true(resource, template, "autoset_utilization_" HV_MEMORY,
					 agent->autosets);
	r.manages_memory = parameter_is_true(resource, template, "allow_mem_management", false);
	r.figure = read_figure(resource);
	if (!r.figure.is_there && template)
		r.figure = read_figure(template);
	c->resource[c->n++] = r;
}

static const struct agent *agent_of(xmlNode *resource, xmlNode *template)
{
	for (unsigned i = 0; i < sizeof(agents) / sizeof(agents[0]); i++)
		if (is_of_agent(resource, template, agents[i].type))
			return &agents[i];
	return NULL;
}

static void read_resources(xmlNode *top, struct cib *c)
{
	for (xmlNode *r = next_element(top, top, "primitive"); r;
	     r = next_element(top, r, "primitive")) {
		xmlNode *template = template_of(top, r);
		const struct agent *agent = agent_of(r, template);
		if (agent)
			read_guest(r, template, agent, c);
		/* the agent's own default is to write it */
		else if (is_of_agent(r, template, "NodeUtilization") &&
			 parameter_is_true(r, template, "utilization_" HV_MEMORY, true))
			copy_attribute(r, "id", c->node_utilization);
	}
}

static unsigned count_resources(xmlNode *top)
{
	unsigned n = 0;
	for (xmlNode *r = next_element(top, top, "primitive"); r && n < CIB_MAX_RESOURCES;
	     r = next_element(top, r, "primitive"))
		n++;
	return n;
}

static bool heeds_utilization(xmlNode *top)
{
	char word[CIB_MAX_WORD + 1];
	xmlNode *options = next_element(top, top, "crm_config");
	return copy_value(options, "cluster_property_set", "placement-strategy", word) &&
	       strcmp(word, "default") != 0;
}

static const char *take(xmlNode *top, const char *node, struct cib *ret_cib)
{
	struct cib c = {0};
	if (!top || !is_element(top, "cib"))
		return "is no CIB";
	c.resource = calloc(count_resources(top) + 1, sizeof(*c.resource));
	if (!c.resource)
		return "does not fit into memory";
	xmlNode *here = find_node(top, node);
	c.has_node = here != NULL;
	c.node = read_figure(here);
	c.heeds_utilization = heeds_utilization(top);
	read_resources(top, &c);
	*ret_cib = c;
	return NULL;
}

/* Nothing is fetched, no entity is replaced, and libxml2's own limits stay in force. */
static xmlDoc *open_document(const char *text, size_t len)
{
	return xmlReadMemory(text, (int)len, NULL, NULL,
			     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

const char *cib_read(const char *text, size_t len, const char *node, struct cib *ret_cib)
{
	if (len > CIB_MAX_BYTES)
		return "is too large";
	xmlDoc *document = open_document(text, len);
	if (!document)
		return "is no XML";
	const char *why = "has a document type, and no CIB has one";
	if (!document->intSubset)
		why = take(xmlDocGetRootElement(document), node, ret_cib);
	xmlFreeDoc(document);
	return why;
}

static bool copy_name(xmlNode *top, char ret_name[CIB_MAX_WORD + 1])
{
	if (!top || !is_element(top, "domain"))
		return false;
	for (xmlNode *n = top->children; n; n = n->next) {
		xmlChar *name = is_element(n, "name") ? xmlNodeGetContent(n) : NULL;
		size_t len = name ? strlen((const char *)name) : 0;
		bool is_name = len && len <= CIB_MAX_WORD;
		if (is_name)
			memcpy(ret_name, name, len + 1);
		xmlFree(name);
		if (is_name)
			return true;
	}
	return false;
}

bool cib_read_domain(const char *text, size_t len, char ret_name[CIB_MAX_WORD + 1])
{
	xmlDoc *document = len > CIB_MAX_BYTES ? NULL : open_document(text, len);
	bool has_name = document && !document->intSubset &&
			copy_name(xmlDocGetRootElement(document), ret_name);
	if (document)
		xmlFreeDoc(document);
	return has_name;
}

void cib_drop(struct cib *c)
{
	free(c->resource);
	*c = (struct cib){0};
}
