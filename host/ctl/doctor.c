/* SPDX-License-Identifier: MIT */
#include "host/ctl/doctor.h"

#include "common/system/file.h"
#include "common/system/usage.h"
#include "host/conftext/settings.h"
#include "host/ctl/output.h"
#include "host/ctl/screen.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- dom0 ---------------------------------------------------------------------- */

/* Of a name that is set twice, xl takes the last one. */
static bool find_last(const char *text, struct text name, struct setting *ret_setting)
{
	struct settings s = settings_of(text);
	struct setting setting;
	bool is_found = false;
	while (settings_next(&s, &setting)) {
		if (setting.name.len != name.len || memcmp(setting.name.at, name.at, name.len) != 0)
			continue;
		*ret_setting = setting;
		is_found = true;
	}
	return is_found;
}

static enum findings_autoballoon read_autoballoon(const char *root)
{
	static const char name[] = "autoballoon";
	char path[PATH_MAX], text[1 << 16];
	struct setting setting;
	snprintf(path, sizeof(path), "%s/etc/xen/xl.conf", root);
	if (file_read_at(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    !find_last(text, (struct text){name, sizeof(name) - 1}, &setting))
		return AUTOBALLOON_AUTO;
	struct text value = setting.value;
	if (value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\''))
		value = (struct text){value.at + 1, value.len - 2};
	if (text_is(value, "off") || text_is(value, "0"))
		return AUTOBALLOON_OFF;
	return text_is(value, "on") || text_is(value, "1") ? AUTOBALLOON_ON : AUTOBALLOON_AUTO;
}

/* cagmad's workers are started with an option that begins with "--worker". */
static bool is_worker(const char *root, const char *pid)
{
	char path[PATH_MAX], line[512];
	snprintf(path, sizeof(path), "%s/proc/%s/cmdline", root, pid);
	ssize_t len = file_read_at(AT_FDCWD, path, line, sizeof(line));
	size_t first = len > 0 ? strlen(line) + 1 : 0;
	return (ssize_t)first < len && strncmp(line + first, "--worker", 8) == 0;
}

static bool has_words(const char *root, const char *pid, const char *words)
{
	char path[PATH_MAX], line[512];
	snprintf(path, sizeof(path), "%s/proc/%s/cmdline", root, pid);
	ssize_t len = file_read_at(AT_FDCWD, path, line, sizeof(line));
	return len > 0 && memmem(line, (size_t)len, words, strlen(words)) != NULL;
}

static void take_process(const char *root, const char *pid, struct findings_host *h)
{
	char path[PATH_MAX], name[64];
	snprintf(path, sizeof(path), "%s/proc/%s/comm", root, pid);
	if (file_read_at(AT_FDCWD, path, name, sizeof(name)) < 0)
		return;
	name[strcspn(name, "\n")] = '\0';
	h->has_squeezed |= strcmp(name, "squeezed") == 0;
	h->has_oxenstored |= strcmp(name, "oxenstored") == 0;
	/* qmemman is a module of Python */
	h->has_qmemman |= strncmp(name, "qmemmand", 8) == 0 ||
			  (strncmp(name, "python", 6) == 0 && has_words(root, pid, "qmemman"));
	h->n_cagmads += strcmp(name, "cagmad") == 0 && !is_worker(root, pid);
}

void doctor_look(const char *root, struct findings_host *h)
{
	char path[PATH_MAX];
	struct dirent *entry;
	snprintf(path, sizeof(path), "%s/proc", root);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			take_process(root, entry->d_name, h);
	if (dir)
		closedir(dir);
	h->autoballoon = read_autoballoon(root);
}

/* --- telling -------------------------------------------------------------------- */

enum { MAX_WHAT = 1024 };

static void write_what(const struct finding *f, const struct findings_host *h, char what[MAX_WHAT])
{
	bool has_why = f->has_why && h->why;
	snprintf(what, MAX_WHAT, "%s%s%s", f->what, has_why ? ": " : "", has_why ? h->why : "");
}

static void add(struct json_object *findings, const struct finding *f, const char *what,
		const struct told_guest *g)
{
	struct json_object *object = json_object_new_object();
	json_object_object_add(object, "finding", json_object_new_string(f->word));
	if (g) {
		json_object_object_add(object, "guest", json_object_new_string(screen_name(g)));
		json_object_object_add(object, "domid", json_object_new_uint64(g->domid));
	}
	json_object_object_add(object, "what", json_object_new_string(what));
	json_object_object_add(object, "mend", json_object_new_string(f->mend));
	json_object_object_add(object, "is_note", json_object_new_boolean(f->is_note));
	json_object_array_add(findings, object);
}

static void print(FILE *out, const struct finding *f, const char *what, const struct told_guest *g)
{
	const char *note = f->is_note ? "note: " : "";
	if (g)
		fprintf(out, "%s%s (domain %llu): %s\n", note, screen_name(g),
			(unsigned long long)g->domid, what);
	else
		fprintf(out, "%shost: %s\n", note, what);
	fprintf(out, "    mend: %s\n", f->mend);
}

unsigned doctor_tell(FILE *out, const struct findings_host *h, const struct told_guest *g,
		     struct json_object *ret_findings)
{
	const struct finding *f;
	char what[MAX_WHAT];
	unsigned n = 0;
	for (unsigned i = 0; (f = findings_at(i)); i++) {
		bool applies = g ? f->is_of_guest && f->is_of_guest(h, g)
				 : f->is_of_host && f->is_of_host(h);
		if (!applies)
			continue;
		n += !f->is_note;
		write_what(f, h, what);
		if (ret_findings)
			add(ret_findings, f, what, g);
		else
			print(out, f, what, g);
	}
	return n;
}

/* --- the command ----------------------------------------------------------------- */

struct round {
	struct findings_host host;
	struct json_object *findings; /* NULL: they are printed */
	unsigned n;
};

static void take_guest(void *arg, struct json_object *object)
{
	struct round *r = arg;
	struct told_guest guest;
	json_record_read(object, &told_guest_format, &guest, &guest.present);
	r->n += doctor_tell(stdout, &r->host, &guest, r->findings);
}

void doctor_take_failure(enum client_failure failure, const char *why, struct findings_host *h)
{
	static const enum findings_silence silence[] = {
		[CLIENT_FINE] = SILENCE_BROKEN,     [CLIENT_NO_DAEMON] = SILENCE_ABSENT,
		[CLIENT_DENIED] = SILENCE_DENIED,   [CLIENT_BROKEN] = SILENCE_BROKEN,
		[CLIENT_REFUSED] = SILENCE_REFUSED,
	};
	h->has_daemon = false;
	h->silence = silence[failure];
	h->why = failure == CLIENT_FINE ? "its answer says nothing of the host" : why;
}

static void ask_daemon(struct findings_host *h)
{
	enum client_failure failure;
	struct json_object *host, *answer = client_try(client_request("status"), &failure);
	if (answer && json_object_object_get_ex(answer, "host", &host)) {
		json_record_read(host, &told_host_format, &h->told, &h->told.present);
		h->has_daemon = true;
	} else {
		doctor_take_failure(failure, client_why(), h);
	}
	json_object_put(answer);
}

int doctor_run(int argc, char **argv)
{
	struct round r = {0};
	if (argc > 1)
		return usage_wrong("doctor takes no argument, and no \"%s\"", argv[1]);
	if (output_is_json())
		r.findings = json_object_new_array();
	doctor_look("", &r.host);
	ask_daemon(&r.host);
	r.n = doctor_tell(stdout, &r.host, NULL, r.findings);
	if (r.host.has_daemon && !client_each_guest(take_guest, &r)) {
		json_object_put(r.findings);
		return EXIT_FAILURE;
	}
	if (r.findings) {
		struct json_object *all = json_object_new_object();
		json_object_object_add(all, "findings", r.findings);
		int code = output_json(all);
		return code ? code : r.n ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (r.n == 0)
		puts("nothing is wrong");
	int code = usage_printed();
	return code ? code : r.n ? EXIT_FAILURE : EXIT_SUCCESS;
}
