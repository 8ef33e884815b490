/* SPDX-License-Identifier: MIT */
#include "host/config/config_save.h"

#include "common/system/apart.h"
#include "common/system/file.h"
#include "host/config/config_guest.h"
#include "host/conftext/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <libxlutil.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BYTES = 1 << 22, MAX_PATH = PATH_MAX };

/* A file that is being changed. */
struct saving {
	char path[MAX_PATH], temporary[MAX_PATH + 8];
	int dir_fd;
	int new_fd; /* the file that is to take its place, locked against others that save */
	char *old, *new;
	struct edit *edit;
	FILE *messages;
};

static bool complain(const struct saving *s, const char *what, const char *why)
{
	fprintf(s->messages, "%s: %s%s\n", s->path, what, why);
	return false;
}

/* --- Xen's parser looks at both texts -------------------------------------------------------- */

/* Item i of the list, or "" for one that is no string. */
static const char *item(XLU_ConfigList *list, unsigned i)
{
	const char *text = xlu_cfg_get_listitem(list, (int)i);
	return text ? text : "";
}

/* The list of guests, which is empty if there is none. */
static unsigned list_of(XLU_Config *file, XLU_ConfigList **ret_list)
{
	int n = 0;
	return xlu_cfg_get_list(file, "guests", ret_list, &n, 1) == 0 ? (unsigned)n : 0;
}

/* True if the guest's entry is one that cagmad takes; the complaints say why not. */
static bool is_right(const struct saving *s, const char *entry, unsigned index)
{
	struct complaints complaints = {.path = s->path, .out = s->messages};
	struct config_guest guest = {0};
	config_guest_read(entry, (struct config_place){.entry = index + 1}, &complaints, &guest);
	return complaints.n == 0;
}

static bool are_entries_kept(const struct saving *s, XLU_Config *old, XLU_Config *new)
{
	XLU_ConfigList *was, *is;
	struct text entry;
	unsigned at, n_was = list_of(old, &was), n_is = list_of(new, &is);
	if (!edit_find(s->new, s->edit, &at, &entry) || n_is != n_was + s->edit->is_new ||
	    at >= n_is || !text_is(entry, item(is, at)))
		return false;
	for (unsigned i = 0, k = 0; i < n_is; i++) {
		if (i == at && s->edit->is_new)
			continue;
		if (i != at && strcmp(item(was, k), item(is, i)) != 0)
			return false;
		k++;
	}
	return true;
}

/* True if every other setting has the same value, or none that is a string, in both. */
static bool are_settings_kept(const struct saving *s, XLU_Config *old, XLU_Config *new)
{
	struct settings settings = settings_of(s->old);
	struct setting setting;
	char name[64];
	while (settings_next(&settings, &setting)) {
		const char *was = NULL, *is = NULL;
		if (setting.name.len >= sizeof(name))
			return false;
		memcpy(name, setting.name.at, setting.name.len);
		name[setting.name.len] = '\0';
		int e = xlu_cfg_get_string(old, name, &was, 1);
		if (e != xlu_cfg_get_string(new, name, &is, 1) || (e == 0 && strcmp(was, is) != 0))
			return false;
	}
	return true;
}

static bool compare(const struct saving *s, XLU_Config *old, XLU_Config *new)
{
	if (xlu_cfg_readdata(old, s->old, (int)strlen(s->old)) != 0)
		return complain(s, "is wrong by itself: ", "cagmad --check-config says where");
	XLU_ConfigList *list;
	struct text entry;
	unsigned at;
	if (xlu_cfg_readdata(new, s->new, (int)strlen(s->new)) != 0 ||
	    !are_entries_kept(s, old, new) || !are_settings_kept(s, old, new))
		return complain(s, "is written in a way that only a person can change: ",
				"set the guest's numbers in its entry of guests by hand");
	if (!edit_find(s->new, s->edit, &at, &entry))
		return false;
	list_of(new, &list);
	return is_right(s, item(list, at), at);
}

/* In the child, since the parser may abort. */
static bool look(void *arg, FILE *messages, void *ret_result)
{
	struct saving s = *(const struct saving *)arg;
	s.messages = messages;
	XLU_Config *old = xlu_cfg_init(messages, s.path), *new = xlu_cfg_init(messages, s.path);
	*(bool *)ret_result = true;
	return old && new ? compare(&s, old, new)
			  : complain(&s, "cannot be read: ", "there is no memory");
}

static bool is_safe(struct saving *s)
{
	struct apart apart;
	char why[APART_MAX_WHY];
	bool result = false;
	int r = apart_begin(&apart, look, s, sizeof(result), APART_TIMEOUT_MS);
	if (r < 0)
		return complain(s, "cannot be read: ", strerror(-r));
	enum apart_outcome outcome = apart_end(&apart, s->messages, &result, why);
	if (outcome == APART_BROKEN)
		complain(s, "cannot be read: the process that reads it ", why);
	return outcome == APART_DONE && result;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Finds the file behind links. */
static bool open_place(struct saving *s, const char *path)
{
	char found[PATH_MAX], copy[MAX_PATH];
	const char *place = realpath(path, found) ? found : path;
	if (strlen(place) >= sizeof(s->path))
		return complain(s, "cannot be written: ", strerror(ENAMETOOLONG));
	strcpy(s->path, place);
	strcpy(copy, place);
	snprintf(s->temporary, sizeof(s->temporary), "%s.new", place);
	s->dir_fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return complain(s, "its directory cannot be opened: ", strerror(errno));
	return true;
}

/* Whoever may read a file or a directory may lock it. So what is locked is the new file, which
 * nobody else can open; another cagmactl may have renamed it meanwhile. */
static bool open_new(struct saving *s)
{
	struct stat by_fd, by_name;
	s->new_fd = open(s->temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->new_fd < 0 || fstat(s->new_fd, &by_fd) < 0)
		return complain(s, "cannot be written: ", strerror(errno));
	bool is_locked = flock(s->new_fd, LOCK_EX | LOCK_NB) == 0;
	if (!is_locked && errno != EWOULDBLOCK)
		return complain(s, "cannot be locked: ", strerror(errno));
	if (is_locked && lstat(s->temporary, &by_name) == 0 && by_name.st_ino == by_fd.st_ino)
		return true;
	close(s->new_fd);
	s->new_fd = -1;
	return complain(s, "cannot be locked: ", "another cagmactl saves; try again");
}

static bool load(struct saving *s)
{
	size_t len = 0;
	const char *wrong = file_load(s->path, MAX_BYTES, &s->old, &len);
	if (wrong && errno == ENOENT) {
		wrong = NULL;
		s->old = strdup("");
	}
	if (wrong)
		return complain(s, wrong, "");
	if (s->old && len && (len == 1 || s->old[len - 2] == '\n'))
		s->old[len - 1] = '\0'; /* file_load()'s own newline, behind the file's */
	s->new = s->old ? malloc(len + EDIT_MAX_MORE) : NULL;
	if (!s->new)
		return complain(s, "cannot be read: ", "there is no memory");
	wrong = edit_text(s->old, s->edit, s->new, len + EDIT_MAX_MORE);
	return wrong ? complain(s, wrong, "") : true;
}

/* Gives the new file the old one's owner and mode, if there is an old one. */
static int dress(int fd, const char *path)
{
	struct stat old;
	if (stat(path, &old) < 0)
		return errno == ENOENT ? fchmod(fd, 0644) : -1;
	return fchown(fd, old.st_uid, old.st_gid) < 0 ? -1 : fchmod(fd, old.st_mode & 07777);
}

static bool write_all(int fd, const char *text)
{
	for (size_t len = strlen(text); len;) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return false;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool replace(struct saving *s)
{
	bool is_done = ftruncate(s->new_fd, 0) == 0 && write_all(s->new_fd, s->new) &&
		       dress(s->new_fd, s->path) == 0 && fsync(s->new_fd) == 0 &&
		       rename(s->temporary, s->path) == 0;
	if (!is_done)
		return complain(s, "cannot be written: ", strerror(errno));
	close(s->new_fd);
	s->new_fd = -1;
	/* Without this the old file may be back after a crash, which is no fault of the new one. */
	(void)fsync(s->dir_fd);
	return true;
}

static void say(const struct edit *edit, FILE *said)
{
	for (unsigned i = 0; i < edit->n_values; i++) {
		const struct edit_value *v = &edit->value[i];
		char old[TEXT_MAX_DIGITS * 2];
		text_printable(v->old, "", old, sizeof(old));
		fprintf(said, "%s%.*s ", i ? ", " : "", (int)v->name.len, v->name.at);
		if (v->old.len)
			fprintf(said, "%s -> %" PRIu64, old, v->number);
		else
			fprintf(said, "%" PRIu64 " (new)", v->number);
	}
}

bool config_save(const char *path, struct edit *edit, FILE *said, FILE *messages)
{
	struct saving s = {.dir_fd = -1, .new_fd = -1, .edit = edit, .messages = messages};
	snprintf(s.path, sizeof(s.path), "%s", path);
	bool is_done =
		open_place(&s, path) && open_new(&s) && load(&s) && is_safe(&s) && replace(&s);
	if (is_done)
		say(edit, said);
	if (s.new_fd >= 0) {
		unlink(s.temporary);
		close(s.new_fd);
	}
	if (s.dir_fd >= 0)
		close(s.dir_fd);
	free(s.old);
	free(s.new);
	return is_done;
}
