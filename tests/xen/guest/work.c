/* SPDX-License-Identifier: MIT */
/*
 * lab-work - the workload of a guest of the Xen lab.
 *
 * dom0 writes one line to /local/domain/N/lab/command, which the guest may read:
 *
 *	SEQUENCE VERB [NAME=NUMBER]...
 *
 * and the guest answers with one line at data/lab/answer, which it may write:
 *
 *	SEQUENCE ok [NAME=NUMBER]...      or      SEQUENCE error TEXT
 *
 * data/lab/ready says that the guest waits for commands. A guest that is given no command sleeps.
 */
#include "tests/xen/guest/verb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define COMMAND_KEY "lab/command"
#define ANSWER_KEY  "data/lab/answer"
#define READY_KEY   "data/lab/ready"

/* Acts on a command and answers it, unless it was answered before. */
static void handle_command(struct xs_handle *xs, const char *command, unsigned *answered)
{
	struct verb_call call = {.xs = xs};
	char name[16] = "";
	unsigned sequence;
	int end = 0;
	int rc;

	if (sscanf(command, "%u %15s%n", &sequence, name, &end) < 2 || sequence == *answered)
		return;
	*answered = sequence;
	call.arguments = command + end;
	call.used = (size_t)snprintf(call.answer, sizeof(call.answer), "%u ok", sequence);
	rc = verb_act(name, &call);
	if (rc != 0)
		call.used = (size_t)snprintf(call.answer, sizeof(call.answer), "%u error %s: %s",
					     sequence, name, strerror(-rc));
	if (!xs_write(xs, XBT_NULL, ANSWER_KEY, call.answer, (unsigned)call.used))
		fprintf(stderr, "lab-work: cannot write %s: %s\n", ANSWER_KEY, strerror(errno));
}

static int serve(struct xs_handle *xs)
{
	unsigned answered = 0;

	for (;;) {
		unsigned count;
		char **event = xs_read_watch(xs, &count);
		char *command;

		if (!event)
			return -errno;
		free(event);
		command = xs_read(xs, XBT_NULL, COMMAND_KEY, NULL);
		if (command)
			handle_command(xs, command, &answered);
		free(command);
	}
}

int main(void)
{
	struct xs_handle *xs = xs_open(0);
	int rc;

	if (!xs) {
		fprintf(stderr, "lab-work: cannot open xenstore: %s\n", strerror(errno));
		return 1;
	}
	/* the demand, which is mapped later, may be swapped, but not the program itself */
	if (mlockall(MCL_CURRENT) != 0)
		fprintf(stderr, "lab-work: cannot lock memory: %s\n", strerror(errno));
	if (!xs_watch(xs, COMMAND_KEY, "command") || !xs_write(xs, XBT_NULL, READY_KEY, "1", 1)) {
		fprintf(stderr, "lab-work: cannot use xenstore: %s\n", strerror(errno));
		return 1;
	}
	rc = serve(xs);
	fprintf(stderr, "lab-work: lost xenstore: %s\n", strerror(-rc));
	return 1;
}
