/* SPDX-License-Identifier: MIT */
/*
 * recipe.h - the guest that is to be made, and the texts that follow from that:
 * xl.cfg, cagmad.conf's entry, and a few files of the guest. It writes to the
 * streams it is given, and does no other I/O.
 */
#ifndef CAGMA_RECIPE_H
#define CAGMA_RECIPE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
	RECIPE_MAX_MIRRORS = 8,
	RECIPE_MAX_NAME = 63,           /* bytes: of a host name's label */
	RECIPE_MAX_PATH = PATH_MAX / 2, /* bytes of a directory's path; longer ones are below it */
};

struct recipe {
	const char *name;
	const char *suite;
	uint64_t size_mib;   /* of the root disk */
	uint64_t swap_mib;   /* 0: no swap */
	uint64_t memory_mib; /* at boot */
	uint64_t maxmem_mib; /* the most it can grow to; 0: twice memory */
	uint64_t min_mib;    /* cagmad never takes it below; 0: half of memory */
	uint64_t vcpus;
	const char *bridge;   /* NULL: no network */
	const char *ssh_key;  /* a file of public keys for root; NULL: no ssh, nobody logs in */
	const char *packages; /* more of them, separated by commas; NULL: none */
	const char *overlay;  /* a directory that is copied over the root; NULL: none */
	const char *mirror[RECIPE_MAX_MIRRORS]; /* if there are none: this machine's sources */
	unsigned n_mirrors;
	const char *output; /* the guest is made in OUTPUT/NAME */
	const char *cache;
	const char *parts; /* the directory of the agent, its unit and the guest's init */
	bool is_offline;
	bool is_download_only;
	bool is_forced;
};

/* Sets the defaults of everything but name, output, cache and parts. */
void recipe_init(struct recipe *recipe);

/*
 * Fills in maxmem and min if they were not given. False, with what is wrong in
 * why[size], if there can be no such guest.
 */
bool recipe_complete(struct recipe *recipe, char *why, size_t size);

/* Reads a size: a number, and m or g behind it; a number alone is MiB. At most 16 TiB. */
bool recipe_read_mib(const char *text, uint64_t *ret_mib);

/* Writes the names of the root's packages beside apt and the essential ones, separated by
 * commas. */
void recipe_write_packages(const struct recipe *recipe, FILE *out);

/* Writes everything that decides what is made, as lines: the same text makes the same guest. */
void recipe_write_inputs(const struct recipe *recipe, FILE *out);

/* Writes the xl.cfg(5) of the guest whose files are in `place`. */
void recipe_write_xlcfg(const struct recipe *recipe, const char *place, FILE *out);

/* Writes the guest's entry for `guests` of cagmad.conf(5), one line. */
void recipe_write_entry(const struct recipe *recipe, FILE *out);

/* A file of the guest's root. */
struct recipe_file {
	const char *path;
	unsigned mode;
	void (*write)(const struct recipe *recipe, FILE *out);
	const char *link; /* not NULL: it is a symbolic link to this */
	bool (*is_wanted)(const struct recipe *recipe); /* NULL: always */
};
extern const struct recipe_file recipe_files[];
extern const unsigned n_recipe_files;

#define RECIPE_ROOT_LABEL "cagma-root"
#define RECIPE_SWAP_LABEL "cagma-swap"

#endif
