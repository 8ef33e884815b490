/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/sources.h"

#include "common/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 65536, MAX_WORDS = 32 };

/* Debian's names after the suite's own. */
static const char *const pockets[] = {"", "-updates", "-security"};

/* A line that is too long, or one too many, is passed over. If a package is missed by that, apt
 * says so. */
static void add(struct sources *s, const char *option, const char *uri, const char *pocket)
{
	if (s->n == SOURCES_MAX)
		return;
	char *line = s->line[s->n];
	int len = snprintf(line, SOURCES_MAX_LINE, "deb %s%s %s%s main", option, uri, s->suite,
			   pocket);
	if (len < 0 || len >= SOURCES_MAX_LINE)
		return;
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->line[i], line) == 0)
			return;
	s->n++;
}

/* The pocket if `suite` is this machine's codename and a pocket, else NULL. */
static const char *pocket_of(const struct sources *s, const char *suite)
{
	size_t len = strlen(s->codename);
	if (len == 0 || strncmp(suite, s->codename, len) != 0)
		return NULL;
	for (unsigned i = 0; i < sizeof(pockets) / sizeof(pockets[0]); i++)
		if (strcmp(suite + len, pockets[i]) == 0)
			return pockets[i];
	return NULL;
}

static unsigned split(char *text, char *words[MAX_WORDS])
{
	unsigned n = 0;
	char *rest;
	for (char *w = strtok_r(text, " \t", &rest); w && n < MAX_WORDS;
	     w = strtok_r(NULL, " \t", &rest))
		words[n++] = w;
	return n;
}

static bool has_word(char *const *words, unsigned n, const char *word)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static void take_line(struct sources *s, char *line)
{
	char *words[MAX_WORDS], option[SOURCES_MAX_LINE] = "", *end;
	if (strncmp(line, "deb", 3) != 0 || !strchr(" \t", line[3]) || !line[3])
		return;
	line += 3 + strspn(line + 3, " \t");
	if (line[0] == '[' && (end = strchr(line, ']'))) {
		snprintf(option, sizeof(option), "%.*s ", (int)(end + 1 - line), line);
		line = end + 1;
	}
	line[strcspn(line, "#")] = '\0';
	unsigned n = split(line, words);
	const char *pocket = n >= 3 ? pocket_of(s, words[1]) : NULL;
	if (pocket && has_word(words + 2, n - 2, "main"))
		add(s, option, words[0], pocket);
}

void sources_take_list(struct sources *s, char *text)
{
	char *rest;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_line(s, line);
}

/* --- deb822 --- */

enum field { TYPES, URIS, SUITES, COMPONENTS, SIGNED_BY, ENABLED, N_FIELDS };

static const char *const field_names[N_FIELDS] = {
	"Types:", "URIs:", "Suites:", "Components:", "Signed-By:", "Enabled:"};

static void take_stanza(struct sources *s, char *const fields[N_FIELDS])
{
	char *words[N_FIELDS][MAX_WORDS], option[SOURCES_MAX_LINE] = "";
	unsigned n[N_FIELDS] = {0};
	for (unsigned f = 0; f < N_FIELDS; f++)
		n[f] = fields[f] ? split(fields[f], words[f]) : 0;
	if (!has_word(words[TYPES], n[TYPES], "deb") ||
	    !has_word(words[COMPONENTS], n[COMPONENTS], "main") ||
	    has_word(words[ENABLED], n[ENABLED], "no"))
		return;
	/* a key that stands in the stanza itself does not fit into a line, so apt's own are
	 * tried */
	if (n[SIGNED_BY] == 1 && words[SIGNED_BY][0][0] == '/')
		snprintf(option, sizeof(option), "[signed-by=%s] ", words[SIGNED_BY][0]);
	for (unsigned u = 0; u < n[URIS]; u++)
		for (unsigned i = 0; i < n[SUITES]; i++) {
			const char *pocket = pocket_of(s, words[SUITES][i]);
			if (pocket)
				add(s, option, words[URIS][u], pocket);
		}
}

void sources_take_deb822(struct sources *s, char *text)
{
	char *fields[N_FIELDS] = {NULL};
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		for (unsigned f = 0; f < N_FIELDS; f++) {
			size_t len = strlen(field_names[f]);
			if (strncasecmp(line, field_names[f], len) == 0)
				fields[f] = line + len;
		}
		if (line[strspn(line, " \t\r")] == '\0') {
			take_stanza(s, fields);
			memset(fields, 0, sizeof(fields));
		}
	}
	take_stanza(s, fields);
}

/* --- what there is --- */

bool sources_take_mirror(struct sources *s, const char *mirror)
{
	if (strncmp(mirror, "deb ", 4) == 0 && !strchr(mirror, '\n')) {
		if (s->n < SOURCES_MAX && strlen(mirror) < SOURCES_MAX_LINE)
			strcpy(s->line[s->n++], mirror);
		return true;
	}
	if (!strstr(mirror, ":/") || strpbrk(mirror, " \t\n"))
		return false;
	add(s, "", mirror, "");
	return true;
}

void sources_write(const struct sources *s, FILE *out)
{
	for (unsigned i = 0; i < s->n; i++)
		fprintf(out, "%s\n", s->line[i]);
}

static void take_files(struct sources *s, const char *pattern,
		       void (*take)(struct sources *s, char *text))
{
	static char text[MAX_FILE];
	glob_t found;
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (file_read_at(AT_FDCWD, found.gl_pathv[i], text, sizeof(text)) > 0)
			take(s, text);
	globfree(&found);
}

int sources_read_machine(struct sources *s)
{
	static char release[4096], codename[32];
	static const char key[] = "\nVERSION_CODENAME=";
	release[0] = '\n';
	ssize_t len = file_read_at(AT_FDCWD, "/etc/os-release", release + 1, sizeof(release) - 1);
	if (len < 0)
		return (int)len;
	const char *name = strstr(release, key);
	if (name)
		sscanf(name + strlen(key), "%31[a-z]", codename);
	s->codename = codename;
	take_files(s, "/etc/apt/sources.list", sources_take_list);
	take_files(s, "/etc/apt/sources.list.d/*.list", sources_take_list);
	take_files(s, "/etc/apt/sources.list.d/*.sources", sources_take_deb822);
	return 0;
}
