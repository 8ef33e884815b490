/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/newc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CONSOLE_MAJOR = 5, CONSOLE_MINOR = 1, MAX_FILE_BYTES = 256 << 20 };

static int pad(struct newc *a, size_t len)
{
	static const char zeros[4];
	size_t n = (4 - len % 4) % 4;
	return fwrite(zeros, 1, n, a->out) == n ? 0 : -EIO;
}

static int add(struct newc *a, const char *name, unsigned mode, const char *data, size_t len)
{
	bool is_device = S_ISCHR(mode);
	size_t name_size = strlen(name) + 1;
	/* inode, mode, uid, gid, links, mtime, size, device, device described, name, checksum */
	int n = fprintf(a->out, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
			++a->n_entries, mode, 0, 0, 1, 0, len, 0, 0, is_device ? CONSOLE_MAJOR : 0,
			is_device ? CONSOLE_MINOR : 0, name_size, 0);
	if (n < 0 || fwrite(name, 1, name_size, a->out) != name_size)
		return -EIO;
	int r = pad(a, (size_t)n + name_size);
	if (r == 0 && fwrite(data, 1, len, a->out) != len)
		r = -EIO;
	return r < 0 ? r : pad(a, len);
}

int newc_add_directory(struct newc *a, const char *name)
{
	return add(a, name, S_IFDIR | 0755, "", 0);
}

int newc_add_console(struct newc *a, const char *name)
{
	return add(a, name, S_IFCHR | 0600, "", 0);
}

int newc_add_text(struct newc *a, const char *name, const char *text)
{
	return add(a, name, S_IFREG | 0644, text, strlen(text));
}

/* The content of an open file, which the caller frees; NULL if it cannot be read. */
static char *read_all(FILE *in, size_t *ret_len)
{
	struct stat st;
	if (fstat(fileno(in), &st) < 0)
		return NULL;
	if (st.st_size > MAX_FILE_BYTES) {
		errno = EFBIG;
		return NULL;
	}
	size_t len = (size_t)st.st_size;
	char *data = malloc(len + 1);
	if (data && fread(data, 1, len, in) != len) {
		free(data);
		data = NULL;
		errno = EIO;
	}
	*ret_len = len;
	return data;
}

int newc_add_file(struct newc *a, const char *name, unsigned mode, const char *path)
{
	FILE *in = fopen(path, "re");
	if (!in)
		return -errno;
	size_t len;
	char *data = read_all(in, &len);
	int r = data ? add(a, name, S_IFREG | mode, data, len) : -errno;
	free(data);
	fclose(in);
	return r;
}

int newc_end(struct newc *a)
{
	int r = add(a, "TRAILER!!!", 0, "", 0);
	return r < 0 ? r : fflush(a->out) == 0 ? 0 : -errno;
}
