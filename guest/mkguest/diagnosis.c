/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/diagnosis.h"

#include <stddef.h>
#include <string.h>

/* A cause stands before the errors that follow from it. */
static const struct {
	const char *words;
	const char *meaning;
} known[] = {
	{"No space left on device", "the disk is full: make room, or choose others by --output and "
				    "--cache"},
	{"You don't have enough free space", "the disk of the cache is full: make room, or choose "
					     "another one by --cache"},
	{"Could not allocate block in ext2 filesystem", "the root does not fit its disk: give it "
							"more by --size"},
	{"ext2fs_symlink: No free space", "the root does not fit its disk: give it more by --size"},
	{"Temporary failure resolving", "the network cannot be reached, or has no name service: "
					"try again later, or --offline with what the cache has"},
	{"Could not resolve", "the network cannot be reached, or has no name service: try again "
			      "later, or --offline with what the cache has"},
	{"Could not connect", "the mirror does not answer: try again, choose another one by "
			      "--mirror, or --offline with what the cache has"},
	{"Connection timed out", "the mirror does not answer: try again, choose another one by "
				 "--mirror, or --offline with what the cache has"},
	{"does not have a Release file", "the mirror has no such suite: see --suite and --mirror"},
	{"NO_PUBKEY", "the suite is signed by a key that this machine does not have: install "
		      "debian-archive-keyring"},
	{"Unable to locate package", "the suite has no package of that name: see --packages and "
				     "--suite"},
	{"has no installation candidate", "the suite has no package of that name: see --packages "
					  "and --suite"},
	{"unmet dependencies", "the suite's packages do not go together: see --packages and "
			       "--mirror"},
	{"Hash Sum mismatch", "the mirror is being updated: try again in some minutes"},
	{"404  Not Found", "the mirror has no longer what its index lists: try again without "
			   "--offline"},
	{"version `GLIBC_", "the agent was built for a newer system than this suite: build it "
			    "there, or choose another suite"},
	{"cagma-agent: error while loading", "the agent does not run in this suite: build it "
					     "there, or choose another suite"},
	{"newuidmap", "without root this needs user namespaces: install uidmap, and give this user "
		      "a range in /etc/subuid and /etc/subgid"},
	{"Failed to fetch", "not all could be downloaded: try again; what is there is kept"},
	{"Unable to fetch some archives", "not all packages are in the cache: try without "
					  "--offline"},
};

const char *diagnosis_of(const char *log)
{
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(log, known[i].words))
			return known[i].meaning;
	return NULL;
}
