/* SPDX-License-Identifier: MIT */
/*
 * play.c - runs targets with texts as they are:
 *
 *	play                     every target, each with its seeds
 *	play TARGET FILE...      one target, with these files, or all files of these folders
 *	play --list              a line for each target: its name, its seeds, its readers
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20 };

static unsigned n_played;

static int play_file(const struct fuzz_target *target, const char *path)
{
	FILE *file = fopen(path, "r");
	char *bytes = malloc(MAX_BYTES);
	if (!file || !bytes) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	size_t len = fread(bytes, 1, MAX_BYTES, file);
	bool is_folder = ferror(file) && errno == EISDIR;
	fclose(file);
	if (is_folder) {
		free(bytes);
		return -EISDIR;
	}
	/* the sanitizers see a read behind the text */
	char *exact = malloc(len ? len : 1);
	memcpy(exact, bytes, len);
	free(bytes);
	target->run((struct text){exact, len});
	free(exact);
	n_played++;
	return 0;
}

static void play(const struct fuzz_target *target, const char *path)
{
	char below[512];
	struct dirent *entry;
	if (play_file(target, path) == 0)
		return;
	DIR *folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && snprintf(below, sizeof(below), "%s/%s", path,
							entry->d_name) < (int)sizeof(below))
			play(target, below);
	if (folder)
		closedir(folder);
}

static void play_seeds(const struct fuzz_target *target)
{
	char seeds[512];
	snprintf(seeds, sizeof(seeds), "tests/fuzz/seeds/%s %s", target->name, target->seeds);
	for (char *rest = seeds, *path; (path = strsep(&rest, " "));)
		if (*path)
			play(target, path);
}

static int list(void)
{
	for (unsigned i = 0; i < n_fuzz_targets; i++)
		printf("%s|%s|%s\n", fuzz_targets[i].name, fuzz_targets[i].seeds,
		       fuzz_targets[i].readers);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	const struct fuzz_target *target = argc > 1 ? fuzz_find(argv[1]) : NULL;
	if (argc > 1 && !target) {
		fprintf(stderr, "%s: there is no target %s\n", argv[0], argv[1]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		play(target, argv[i]);
	for (unsigned i = 0; argc == 1 && i < n_fuzz_targets; i++)
		play_seeds(&fuzz_targets[i]);
	if (argc == 2)
		play_seeds(target);
	printf("targets=%u texts=%u\n", target ? 1 : n_fuzz_targets, n_played);
	return 0;
}
