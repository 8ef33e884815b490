/* SPDX-License-Identifier: MIT */
#include "demo.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_MIB (4.0 / 1024)
#define SMOOTH_S 0.5 /* the swap rate is a mean over this time */
#define WIDTH_PX 1500
#define PANEL_PX 190
#define HEAD_PX  148

static const char *const side_names[] = {[DEMO_STATIC] = "static", [DEMO_CAGMA] = "cagma"};
static const char *const side_titles[] = {
	[DEMO_STATIC] = "without balancing (memory fixed at start)",
	[DEMO_CAGMA] = "balanced by cagma",
};

extern char **environ;

/* Columns: time, then held and needed MiB of each guest, then swap MiB/s of all. */
static int data_write(const struct demo *demo, enum demo_side side, const char *dir)
{
	const struct demo_series *series = &demo->sides[side];
	uint32_t n = demo->scenario.guest_count, i, k, from = 0;
	char path[320];
	double rate, span;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.dat", dir, side_names[side]);
	f = fopen(path, "we");
	if (!f)
		return -errno;
	for (k = 0; k < series->count; k++) {
		const struct demo_sample *s = &series->samples[k];

		while (from < k && s->at_s - series->samples[from].at_s > SMOOTH_S)
			from++;
		span = s->at_s - series->samples[from].at_s;
		rate = demo_swap_pages(s, n) - demo_swap_pages(&series->samples[from], n);
		fprintf(f, "%.2f", s->at_s);
		for (i = 0; i < n; i++)
			fprintf(f, " %.1f %.1f", (double)s->guests[i].alm_kib / 1024,
				(double)s->guests[i].need_kib / 1024);
		fprintf(f, " %.2f\n", span > 0 ? rate * PAGE_MIB / span : 0);
	}
	return fclose(f) ? -errno : 0;
}

/* Highest swap rate in MiB/s, for one scale on both sides. */
static double rate_max(const struct demo *demo)
{
	double most = 1, rate, span;
	uint32_t side, k, back = (uint32_t)(SMOOTH_S / DEMO_EVERY_S);

	for (side = 0; side < DEMO_SIDES; side++) {
		const struct demo_series *s = &demo->sides[side];

		for (k = back; k < s->count; k++) {
			span = s->samples[k].at_s - s->samples[k - back].at_s;
			rate = demo_swap_pages(&s->samples[k], demo->scenario.guest_count) -
			       demo_swap_pages(&s->samples[k - back], demo->scenario.guest_count);
			if (span > 0 && rate * PAGE_MIB / span > most)
				most = rate * PAGE_MIB / span;
		}
	}
	return most;
}

static void script_head(FILE *f, const struct demo *demo, const char *png)
{
	uint32_t rows = demo->scenario.guest_count + 1;

	fprintf(f, "set terminal pngcairo size %d,%u font 'DejaVu Sans,11' background '#ffffff'\n",
		WIDTH_PX, HEAD_PX + rows * PANEL_PX);
	fprintf(f, "set output '%s'\n", png);
	fputs("set border 3 lc rgb '#8a94a0'\nset tics nomirror textcolor rgb '#5a6470' font "
	      "',10'\n"
	      "set grid ytics lc rgb '#e6eaee' lw 1\n"
	      "set style fill solid 1.0 noborder\nset key off\n",
	      f);
	fprintf(f, "set xrange [0:%.0f]\nset xtics 5\n", demo->scenario.time_s);
	fputs("set multiplot\n", f);
}

/* Places panel ROW (0 is the uppermost) of COLUMN, in shares of the whole picture. */
static void script_place(FILE *f, uint32_t rows, uint32_t row, int column)
{
	double height = HEAD_PX + rows * PANEL_PX, top = 106, gap = 26;
	double y1 = height - top - row * PANEL_PX, y0 = y1 - PANEL_PX + gap;
	double x0 = column ? 0.545 : 0.065, x1 = column ? 0.985 : 0.505;

	fprintf(f, "set lmargin at screen %.4f\nset rmargin at screen %.4f\n", x0, x1);
	fprintf(f, "set tmargin at screen %.4f\nset bmargin at screen %.4f\n", y1 / height,
		y0 / height);
}

static void script_guest(FILE *f, const struct demo *demo, uint32_t i, int side)
{
	uint32_t rows = demo->scenario.guest_count + 1;
	unsigned held = 2 + 2 * i, need = 3 + 2 * i;

	script_place(f, rows, i, side);
	fputs("unset label\nunset title\nset format x ''\nset xlabel\n", f);
	fprintf(f, "set yrange [0:%lu]\nset ytics 128\n",
		(unsigned long)(demo->scale_kib / 1024 * 15 / 16));
	if (side == DEMO_STATIC)
		fprintf(f, "set ylabel '{/:Bold %s}  (MiB)' textcolor rgb '#2a3440' offset 1,0\n",
			demo->scenario.guests[i].options.name);
	else
		fputs("unset ylabel\n", f);
	if (i == 0)
		fprintf(f, "set title '{/:Bold=14 %s}' textcolor rgb '#2a3440' offset 0,-0.2\n",
			side_titles[side]);
	fprintf(f,
		"plot '%s.dat' using 1:%u with filledcurves y1=0 lc rgb '#bcdcf5', "
		"'' using 1:%u:($%u > $%u ? $%u : $%u) with filledcurves lc rgb '#f08a80', "
		"'' using 1:%u with lines lw 2 lc rgb '#1f78b4', "
		"'' using 1:%u with lines lw 1.6 dt (6,4) lc rgb '#404850'\n",
		side_names[side], held, held, need, held, need, held, held, need);
}

static void script_swap(FILE *f, const struct demo *demo, int side, double most)
{
	uint32_t rows = demo->scenario.guest_count + 1, n = demo->scenario.guest_count;
	const struct demo_series *s = &demo->sides[side];
	double pages = s->count ? demo_swap_pages(&s->samples[s->count - 1], n) : 0;

	script_place(f, rows, n, side);
	fputs("unset title\nset format x '%g'\n"
	      "set xlabel 'seconds' textcolor rgb '#5a6470' offset 0,0.4\n",
	      f);
	fprintf(f, "set yrange [0:%.1f]\nset ytics %d\n", most * 1.25,
		most > 16  ? 8
		: most > 8 ? 4
			   : 2);
	if (side == DEMO_STATIC)
		fputs("set ylabel '{/:Bold swap}  (MiB/s)' textcolor rgb '#2a3440' offset 1,0\n",
		      f);
	else
		fputs("unset ylabel\n", f);
	fprintf(f,
		"set label 1 '%.0f pages swapped' at graph 0.985,0.88 right font ',12' "
		"textcolor rgb '%s'\n",
		pages, side == DEMO_STATIC ? "#c0392b" : "#2e7d32");
	fprintf(f,
		"plot '%s.dat' using 1:%u with filledcurves y1=0 lc rgb '#f6b9b3', "
		"'' using 1:%u with lines lw 1.5 lc rgb '#c0392b'\n",
		side_names[side], 2 + 2 * n, 2 + 2 * n);
}

/* One legend for all panels, in the head. */
static void script_legend(FILE *f, const struct demo *demo)
{
	static const struct {
		double x;
		const char *colour, *text;
	} boxes[] = {{0.415, "#bcdcf5", "memory held (ALM)"},
		     {0.575, "#f08a80", "lacking: the guest swaps"}};
	double height = HEAD_PX + (demo->scenario.guest_count + 1) * PANEL_PX;
	double y = 1 - 36 / height;
	size_t i;

	fprintf(f,
		"set label 10 '{/:Bold=17 Four simulated guests on one host}' at screen 0.03,%.4f "
		"left textcolor rgb '#2a3440'\n",
		1 - 34 / height);
	for (i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
		fprintf(f,
			"set object %zu rectangle from screen %.4f,%.4f to screen %.4f,%.4f "
			"fc rgb '%s' fs solid noborder\n",
			i + 1, boxes[i].x, y - 7 / height, boxes[i].x + 0.02, y + 7 / height,
			boxes[i].colour);
		fprintf(f, "set label %zu '%s' at screen %.4f,%.4f left textcolor rgb '#404850'\n",
			20 + i, boxes[i].text, boxes[i].x + 0.026, y);
	}
	fprintf(f,
		"set arrow 1 from screen 0.775,%.4f to screen 0.805,%.4f nohead lw 1.6 dt (6,4) "
		"lc rgb '#404850'\n",
		y, y);
	fprintf(f,
		"set label 23 'memory its work needs' at screen 0.812,%.4f left textcolor rgb "
		"'#404850'\n",
		y);
}

static int script_write(const struct demo *demo, const char *dir, const char *png)
{
	uint32_t i, n = demo->scenario.guest_count;
	double most = rate_max(demo);
	char path[320];
	FILE *f;
	int side;

	snprintf(path, sizeof path, "%s/plot.gp", dir);
	f = fopen(path, "we");
	if (!f)
		return -errno;
	script_head(f, demo, png);
	for (side = 0; side < DEMO_SIDES; side++) {
		for (i = 0; i < n; i++)
			script_guest(f, demo, i, side);
		script_swap(f, demo, side, most);
	}
	/* An empty plot over everything carries the head. */
	fputs("unset label\nunset title\nunset xlabel\nunset ylabel\nunset border\nunset tics\n"
	      "unset grid\nset lmargin at screen 0\nset rmargin at screen 1\n"
	      "set tmargin at screen 1\nset bmargin at screen 0\nset yrange [0:1]\n",
	      f);
	script_legend(f, demo);
	fputs("plot NaN notitle\nunset multiplot\n", f);
	return fclose(f) ? -errno : 0;
}

static int gnuplot_run(const char *dir)
{
	char script[] = "plot.gp", program[] = "gnuplot";
	char *argv[] = {program, script, NULL};
	posix_spawn_file_actions_t actions;
	int status = 0, rc;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, dir);
	rc = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc)
		return -rc;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int demo_plot(const struct demo *demo, const char *dir, char *ret_png, size_t size)
{
	int rc = data_write(demo, DEMO_STATIC, dir);

	if (!rc)
		rc = data_write(demo, DEMO_CAGMA, dir);
	if (!rc)
		rc = script_write(demo, dir, "demo.png");
	if (!rc)
		rc = gnuplot_run(dir);
	if (rc)
		fprintf(stderr, "demo: no plot: gnuplot with %s/plot.gp: %s\n", dir, strerror(-rc));
	else
		snprintf(ret_png, size, "%s/demo.png", dir);
	return rc;
}
