/* SPDX-License-Identifier: MIT */
/* What is read of Pacemaker's configuration, and what is not. */
#include "host/moving/cib.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XEN(id, rest)                                                                              \
	"<primitive id=\"" id "\" class=\"ocf\" provider=\"heartbeat\" type=\"Xen\">" rest         \
	"</primitive>"
#define LIBVIRT(id, rest)                                                                          \
	"<primitive id=\"" id                                                                      \
	"\" class=\"ocf\" provider=\"heartbeat\" type=\"VirtualDomain\">" rest "</primitive>"
#define PAIR(name, value) "<nvpair id=\"i\" name=\"" name "\" value=\"" value "\"/>"
#define PARAMETER(name, value)                                                                     \
	"<instance_attributes id=\"a\">" PAIR("x", "y") PAIR(name, value) "</instance_attributes>"
#define FIGURE(value) "<utilization id=\"u\">" PAIR("hv_memory", value) "</utilization>"
#define NODES                                                                                      \
	"<nodes><node id=\"1\" uname=\"xen1\">" FIGURE(                                            \
		"6144") "</node>"                                                                  \
			"<node id=\"2\" uname=\"xen2\"/></nodes>"
#define CIB(resources)                                                                             \
	"<cib><configuration><crm_config/>" NODES "<resources>" resources                          \
	"</resources></configuration><status/></cib>"

static const struct {
	const char *what, *xml;
	const char *fault; /* NULL: it is read, and these are its resources: */
	const char *said;
} rows[] = {
	{"nothing", "", "is no XML", NULL},
	{"no XML", "hello", "is no XML", NULL},
	{"an end that is missing", "<cib>", "is no XML", NULL},
	{"another document", "<html/>", "is no CIB", NULL},
	{"an empty one", "<cib/>", NULL, ""},
	{"no guests", CIB(""), NULL, ""},
	{"a guest", CIB(XEN("web", FIGURE("1800"))), NULL, "web,,,1800 "},
	{"a name and a file",
	 CIB(XEN("r1", PARAMETER("name", "web") PARAMETER("xmfile", "/etc/xen/web.cfg"))), NULL,
	 "r1,web,/etc/xen/web.cfg, "},
	{"in a group", CIB("<group id=\"g\">" XEN("a", "") XEN("b", "") "</group>"), NULL,
	 "a,,, b,,, "},
	{"other agents are none",
	 CIB("<primitive id=\"ip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"/>"
	     "<primitive id=\"x\" class=\"lsb\" type=\"Xen\"/>"),
	 NULL, ""},
	{"by a template",
	 CIB("<template id=\"t\" class=\"ocf\" provider=\"heartbeat\" type=\"Xen\">" FIGURE("700")
		     PARAMETER("autoset_utilization_hv_memory",
			       "yes") "</template>"
				      "<primitive id=\"web\" template=\"t\"/>"),
	 NULL, "web,,,700 autoset "},
	{"a template that is missing", CIB("<primitive id=\"web\" template=\"t\"/>"), NULL, ""},
	{"autoset", CIB(XEN("w", PARAMETER("autoset_utilization_hv_memory", "True"))), NULL,
	 "w,,, autoset "},
	{"autoset is off", CIB(XEN("w", PARAMETER("autoset_utilization_hv_memory", "false"))), NULL,
	 "w,,, "},
	{"sets of all targets", CIB(XEN("w", PARAMETER("allow_mem_management", "1"))), NULL,
	 "w,,, manages "},
	{"a guest by libvirt writes it itself unless told not to",
	 CIB(LIBVIRT("w", PARAMETER("config", "/etc/libvirt/libxl/web.xml"))), NULL,
	 "w,,/etc/libvirt/libxl/web.xml, autoset libvirt "},
	{"then it is one as any other",
	 CIB(LIBVIRT("w", FIGURE("700") PARAMETER("autoset_utilization_hv_memory", "no"))), NULL,
	 "w,,,700 libvirt "},
	{"of Xen by its hypervisor", CIB(LIBVIRT("w", PARAMETER("hypervisor", "xen:///system"))),
	 NULL, "w,,, autoset libvirt "},
	{"a guest of another hypervisor is none",
	 CIB(LIBVIRT("w", PARAMETER("hypervisor", "qemu:///system"))), NULL, ""},
	{"a figure that is none", CIB(XEN("w", FIGURE("-5"))), NULL, "w,,, "},
	{"one that is too large", CIB(XEN("w", FIGURE("18446744073709551615"))), NULL, "w,,, "},
	{"an entity that is a file",
	 "<!DOCTYPE cib [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><cib><resources>" XEN(
		 "w", "&e;") "</resources></cib>",
	 "has a document type, and no CIB has one", NULL},
	{"an entity in a text",
	 "<!DOCTYPE cib [<!ENTITY e \"x\">]><cib><resources>" XEN("w", "&e;") "</resources></cib>",
	 "has a document type, and no CIB has one", NULL},
};

static void write_resources(const struct cib *c, char *text, size_t size)
{
	size_t len = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < c->n; i++) {
		const struct cib_resource *r = &c->resource[i];
		char mib[24] = "";
		if (r->figure.is_there)
			snprintf(mib, sizeof(mib), "%llu", (unsigned long long)r->figure.mib);
		len += (size_t)snprintf(text + len, size - len, "%s,%s,%s,%s %s%s%s", r->id,
					r->guest, r->file, mib, r->is_autoset ? "autoset " : "",
					r->manages_memory ? "manages " : "",
					r->is_libvirt ? "libvirt " : "");
	}
}

START_TEST(guests_are_resources_of_the_agent)
{
	struct cib cib;
	char text[512];
	const char *fault = cib_read(rows[_i].xml, strlen(rows[_i].xml), "xen1", &cib);
	if (rows[_i].fault) {
		ck_assert_msg(fault && strcmp(fault, rows[_i].fault) == 0, "%s: %s", rows[_i].what,
			      fault ? fault : "it is read");
		return;
	}
	ck_assert_msg(!fault, "%s: %s", rows[_i].what, fault);
	write_resources(&cib, text, sizeof(text));
	ck_assert_msg(strcmp(text, rows[_i].said) == 0, "%s: %s", rows[_i].what, text);
	cib_drop(&cib);
}
END_TEST

static const struct {
	const char *xml, *name; /* NULL: it has none */
} domains[] = {
	{"<domain type='xen'><name>web</name><memory unit='KiB'>1</memory></domain>", "web"},
	{"<!-- by libvirt -->\n<domain><title>t</title>\n<name>w &amp; b</name></domain>", "w & b"},
	{"<domain><devices><name>no</name></devices></domain>", NULL},
	{"<domain><name/></domain>", NULL},
	{"<network><name>web</name></network>", NULL},
	{"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain><name>&e;</name></domain>",
	 NULL},
	{"name = \"web\"", NULL},
	{"", NULL},
};

START_TEST(a_description_of_libvirt_has_the_name)
{
	char name[CIB_MAX_WORD + 1] = "as it was";
	const char *xml = domains[_i].xml;
	bool has_name = cib_read_domain(xml, strlen(xml), name);
	ck_assert_int_eq(has_name, domains[_i].name != NULL);
	ck_assert_str_eq(name, has_name ? domains[_i].name : "as it was");
}
END_TEST

START_TEST(a_node_is_found_by_its_name)
{
	static const char xml[] = CIB("");
	struct cib cib;
	ck_assert_ptr_null(cib_read(xml, strlen(xml), "xen1", &cib));
	ck_assert(cib.has_node && cib.node.is_there);
	ck_assert_uint_eq(cib.node.mib, 6144);
	ck_assert(!cib.heeds_utilization);
	cib_drop(&cib);
	ck_assert_ptr_null(cib_read(xml, strlen(xml), "xen2", &cib));
	ck_assert(cib.has_node && !cib.node.is_there);
	cib_drop(&cib);
	ck_assert_ptr_null(cib_read(xml, strlen(xml), "xen3", &cib));
	ck_assert(!cib.has_node);
	cib_drop(&cib);
}
END_TEST

#define NU(rest)                                                                                   \
	CIB("<primitive id=\"nu\" class=\"ocf\" provider=\"heartbeat\" "                           \
	    "type=\"NodeUtilization\">" rest "</primitive>")

START_TEST(others_that_write_are_found)
{
	static const char does[] = NU(""),
			  does_not[] = NU(PARAMETER("utilization_hv_memory", "no"));
	struct cib cib;
	ck_assert_ptr_null(cib_read(does, strlen(does), "xen1", &cib));
	ck_assert_str_eq(cib.node_utilization, "nu");
	cib_drop(&cib);
	ck_assert_ptr_null(cib_read(does_not, strlen(does_not), "xen1", &cib));
	ck_assert_str_eq(cib.node_utilization, "");
	cib_drop(&cib);
}
END_TEST

START_TEST(placement_heeds_utilization_or_not)
{
	static const char *const strategies[] = {"default", "balanced"};
	char xml[512];
	for (int i = 0; i < N_ROWS(strategies); i++) {
		struct cib cib;
		int n = snprintf(xml, sizeof(xml),
				 "<cib><crm_config><cluster_property_set id=\"o\"><nvpair id=\"i\" "
				 "name=\"placement-strategy\" value=\"%s\"/></cluster_property_set>"
				 "</crm_config></cib>",
				 strategies[i]);
		ck_assert_ptr_null(cib_read(xml, (size_t)n, "xen1", &cib));
		ck_assert_int_eq(cib.heeds_utilization, i);
		cib_drop(&cib);
	}
}
END_TEST

/* A long id or value counts as absent, and is no overflow. */
START_TEST(words_have_a_bound)
{
	static char xml[4096], word[CIB_MAX_WORD + 2];
	struct cib cib;
	for (size_t len = CIB_MAX_WORD; len <= CIB_MAX_WORD + 1; len++) {
		memset(word, 'x', len);
		int n = snprintf(xml, sizeof(xml),
				 "<cib><resources><primitive id=\"%s\" class=\"ocf\" "
				 "provider=\"heartbeat\" type=\"Xen\"/></resources></cib>",
				 word);
		ck_assert_ptr_null(cib_read(xml, (size_t)n, word, &cib));
		ck_assert_uint_eq(cib.n, len <= CIB_MAX_WORD);
		cib_drop(&cib);
	}
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, guests_are_resources_of_the_agent, 0, N_ROWS(rows));
	tcase_add_loop_test(tests, a_description_of_libvirt_has_the_name, 0, N_ROWS(domains));
	tcase_add_test(tests, a_node_is_found_by_its_name);
	tcase_add_test(tests, others_that_write_are_found);
	tcase_add_test(tests, placement_heeds_utilization_or_not);
	tcase_add_test(tests, words_have_a_bound);
}

int main(void)
{
	return suite_run("cib", add_tests);
}
