/* SPDX-License-Identifier: MIT */
/*
 * What libxl-save-helper is to the library: a program that is linked against libxenguest, saves a
 * guest with it, and can be told by SIGTERM to stop. Arguments as libxl gives them.
 *
 *	FAKEHELPER_WAIT  wait for SIGTERM before saving, and then fail
 *	FAKEHELPER_FLAGS of the save (1: live)
 *	FAKEHELPER_FIRST of one before it
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenguest.h>

static volatile sig_atomic_t is_stopped;

static void stop(int signo)
{
	(void)signo;
	is_stopped = 1;
}

static int suspend(void *data)
{
	(void)data;
	return 1;
}

int main(int argc, char **argv)
{
	struct save_callbacks callbacks = {.suspend = suspend};
	const char *flags = getenv("FAKEHELPER_FLAGS");
	const char *preload = getenv("LD_PRELOAD");
	signal(SIGTERM, stop);
	if (argc < 5 || strcmp(argv[1], "--save-domain") != 0) {
		printf("not saving; preload=%s\n", preload ? preload : "");
		return 0;
	}
	while (getenv("FAKEHELPER_WAIT") && !is_stopped)
		usleep(10000);
	if (is_stopped)
		return 1;
	const char *first = getenv("FAKEHELPER_FIRST");
	if (first)
		xc_domain_save(NULL, 1, (uint32_t)atoi(argv[4]), (uint32_t)atoi(first), &callbacks,
			       XC_STREAM_PLAIN, -1);
	int r = xc_domain_save(NULL, 1, (uint32_t)atoi(argv[4]), flags ? (uint32_t)atoi(flags) : 1,
			       &callbacks, XC_STREAM_PLAIN, -1);
	printf("rc=%d\n", r);
	return r ? 1 : 0;
}
