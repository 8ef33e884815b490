/* SPDX-License-Identifier: MIT */
/*
 * demo.h - one scenario on two played hosts at once: one is balanced by cagmad's policy "cagma",
 * one is left alone by its policy "static". Each host is a process of its own (demo_host.c) that
 * sends samples; the parent shows them (demo_table.c) and plots them (demo_plot.c).
 */
#ifndef LAB_DEMO_H
#define LAB_DEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/toolstack/scenario.h"

#define DEMO_GUESTS  8
#define DEMO_SAMPLES 1024
#define DEMO_EVERY_S 0.1

enum demo_side { DEMO_STATIC, DEMO_CAGMA, DEMO_SIDES };

struct demo_guest_sample {
	uint64_t alm_kib, need_kib; /* need: the ALM at which its working set fits */
	uint64_t avm_kib, cma_kib, target_kib;
	double swap_pages; /* in and out, since the start */
	double stalled_s;
};

struct demo_sample {
	double at_s;
	uint64_t free_kib;
	bool is_last;
	char error[160]; /* if not empty, the host has failed */
	struct demo_guest_sample guests[DEMO_GUESTS];
};

struct demo_series {
	struct demo_sample samples[DEMO_SAMPLES];
	uint32_t count;
};

struct demo {
	struct scenario scenario;
	struct demo_series sides[DEMO_SIDES];
	uint64_t reserve_kib;
	uint64_t scale_kib; /* full width of a bar */
};

/* Starts a host, whose samples come from *ret_fd (SOCK_SEQPACKET). A sample with at_s below 0 says
 * that the host is ready; a byte sent to *ret_fd then starts it. */
pid_t demo_host_start(const struct scenario *scenario, enum demo_side side, const char *log_dir,
		      int *ret_fd);

/* The live table, or plain lines if stdout is no terminal. */
void demo_table_start(const struct demo *demo);
void demo_table_show(const struct demo *demo);
void demo_table_finish(void);
void demo_summary(const struct demo *demo, const char *png);

/* Writes data, script and picture to DIR; 0, or -errno with a message on stderr. */
int demo_plot(const struct demo *demo, const char *dir, char *ret_png, size_t size);

double demo_swap_pages(const struct demo_sample *sample, uint32_t guests);
/* Pages a second in and out over the last second, of one guest. */
double demo_swap_rate(const struct demo_series *series, uint32_t guest);

#endif
