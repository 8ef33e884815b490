/* SPDX-License-Identifier: MIT */
#include "demo.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PLAIN_EVERY_S 2.0
#define BAR_CELLS     32
#define FIXED_COLUMNS 57 /* all but the bar */
#define LEAST_COLUMNS 80 /* for the longest line */
#define LINE_BYTES    1024

/* --- how this terminal is written to --- */

enum paint { PAINT_NONE, PAINT_BOLD, PAINT_DIM, PAINT_USED, PAINT_SPARE, PAINT_LACK, PAINT_GOOD };

static const char *const paints[] = {
	[PAINT_NONE] = "\033[0m",          [PAINT_BOLD] = "\033[1m",
	[PAINT_DIM] = "\033[2m",           [PAINT_USED] = "\033[38;5;39m",
	[PAINT_SPARE] = "\033[38;5;114m",  [PAINT_LACK] = "\033[1;38;5;203m",
	[PAINT_GOOD] = "\033[1;38;5;114m",
};

static struct {
	bool is_live, has_colour, has_utf8;
	int lines; /* of the last picture */
	int bar_cells;
	double plain_at_s;
} out;

struct line {
	char text[LINE_BYTES];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...)
{
	size_t room = sizeof line->text - line->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void paint(struct line *line, enum paint colour)
{
	if (out.has_colour)
		put(line, "%s", paints[colour]);
}

static void painted(struct line *line, enum paint colour, const char *text)
{
	paint(line, colour);
	put(line, "%s", text);
	paint(line, PAINT_NONE);
}

static void line_end(struct line *line)
{
	printf("%s%s\n", line->text, out.is_live ? "\033[K" : "");
	line->len = 0;
	line->text[0] = '\0';
	out.lines++;
}

/* --- pieces --- */

static unsigned long mib(uint64_t kib)
{
	return (unsigned long)((kib + 512) / 1024);
}

static void put_cells(struct line *line, enum paint colour, const char *cell, int n)
{
	if (n <= 0)
		return;
	paint(line, colour);
	while (n-- > 0)
		put(line, "%s", cell);
	paint(line, PAINT_NONE);
}

/* A bar has three parts: the memory that is used, the memory that is spare, and, beyond the memory
 * held, the memory that is lacking. */
static void put_bar(struct line *line, const struct demo *demo, const struct demo_guest_sample *g)
{
	int held = (int)((g->alm_kib * (uint64_t)out.bar_cells + demo->scale_kib / 2) /
			 demo->scale_kib);
	int need = (int)((g->need_kib * (uint64_t)out.bar_cells + demo->scale_kib / 2) /
			 demo->scale_kib);
	int used = need < held ? need : held;

	/* Less than a page missing is rounding. */
	if (need == held && g->need_kib > g->alm_kib + 2048 && used > 0)
		used--, held--;
	if (need > out.bar_cells)
		need = out.bar_cells;
	put_cells(line, PAINT_USED, out.has_utf8 ? "█" : "#", used);
	put_cells(line, PAINT_SPARE, out.has_utf8 ? "▒" : "-", held - used);
	put_cells(line, PAINT_LACK, out.has_utf8 ? "▓" : "!", need - held);
	put_cells(line, PAINT_DIM, out.has_utf8 ? "·" : ".",
		  out.bar_cells - (need > held ? need : held));
}

static void put_rate(struct line *line, double pages_s)
{
	char text[16];

	snprintf(text, sizeof text, "%9.0f", pages_s);
	painted(line, pages_s >= 1 ? PAINT_LACK : PAINT_DIM, text);
}

static const struct demo_sample *last_of(const struct demo *demo, enum demo_side side)
{
	static const struct demo_sample none;
	const struct demo_series *series = &demo->sides[side];

	return series->count ? &series->samples[series->count - 1] : &none;
}

static void put_progress(struct line *line, double at_s, double whole_s)
{
	int cells = 30, done = whole_s > 0 ? (int)(at_s / whole_s * cells) : 0;

	if (done > cells)
		done = cells;
	put(line, " ");
	put_cells(line, PAINT_BOLD, out.has_utf8 ? "━" : "=", done);
	put_cells(line, PAINT_DIM, out.has_utf8 ? "─" : "-", cells - done);
	put(line, " %4.1f of %.0f s", at_s, whole_s);
}

static void show_head(const struct demo *demo)
{
	struct line line = {.len = 0};

	put(&line, " ");
	painted(&line, PAINT_BOLD, "CAGMA: four simulated guests");
	painted(&line, PAINT_DIM, " on a played Xen host (stock xenstored and libxl)");
	line_end(&line);
	put_progress(&line, last_of(demo, DEMO_CAGMA)->at_s, demo->scenario.time_s);
	line_end(&line);
	line_end(&line);
	paint(&line, PAINT_DIM);
	put(&line, " MiB     with cagma %*s    swapped pages/s", 25 + out.bar_cells - 13, "");
	paint(&line, PAINT_NONE);
	line_end(&line);
	paint(&line, PAINT_BOLD);
	put(&line, " %-7s %5s %5s %5s %7s  %-*s %9s %9s", "GUEST", "ALM", "AVM", "CMA", "TARGET",
	    out.bar_cells, "MEMORY HELD", "CAGMA", "STATIC");
	paint(&line, PAINT_NONE);
	line_end(&line);
}

static void show_guest(const struct demo *demo, uint32_t i)
{
	const struct demo_guest_sample *g = &last_of(demo, DEMO_CAGMA)->guests[i];
	struct line line = {.len = 0};
	char avm[24];

	put(&line, " %-7.7s %5lu ", demo->scenario.guests[i].options.name, mib(g->alm_kib));
	snprintf(avm, sizeof avm, "%5lu", mib(g->avm_kib));
	painted(&line, g->avm_kib < g->cma_kib ? PAINT_LACK : PAINT_NONE, avm);
	put(&line, " %5lu %7lu  ", mib(g->cma_kib), mib(g->target_kib));
	put_bar(&line, demo, g);
	put(&line, " ");
	put_rate(&line, demo_swap_rate(&demo->sides[DEMO_CAGMA], i));
	put(&line, " ");
	put_rate(&line, demo_swap_rate(&demo->sides[DEMO_STATIC], i));
	line_end(&line);
}

static void show_foot(const struct demo *demo)
{
	const struct demo_sample *cagma = last_of(demo, DEMO_CAGMA);
	uint32_t n = demo->scenario.guest_count;
	struct line line = {.len = 0};
	char text[64];

	line_end(&line);
	put(&line, " host free %lu, reserve %lu", mib(cagma->free_kib), mib(demo->reserve_kib));
	put(&line, "      swapped so far: cagma ");
	snprintf(text, sizeof text, "%.0f", demo_swap_pages(cagma, n));
	painted(&line, PAINT_GOOD, text);
	put(&line, ", static ");
	snprintf(text, sizeof text, "%.0f", demo_swap_pages(last_of(demo, DEMO_STATIC), n));
	painted(&line, PAINT_LACK, text);
	put(&line, " pages");
	line_end(&line);
	put(&line, " ");
	painted(&line, PAINT_USED, out.has_utf8 ? "█" : "#");
	put(&line, " in use  ");
	painted(&line, PAINT_SPARE, out.has_utf8 ? "▒" : "-");
	put(&line, " available  ");
	painted(&line, PAINT_LACK, out.has_utf8 ? "▓" : "!");
	put(&line, " lacking   ALM held, AVM available, CMA guaranteed");
	line_end(&line);
}

static void show_live(const struct demo *demo)
{
	int above = out.lines;
	uint32_t i;

	if (above)
		printf("\033[%dA\r", above);
	out.lines = 0;
	show_head(demo);
	for (i = 0; i < demo->scenario.guest_count; i++)
		show_guest(demo, i);
	show_foot(demo);
	fflush(stdout);
}

static void show_plain(const struct demo *demo)
{
	const struct demo_sample *cagma = last_of(demo, DEMO_CAGMA);
	const struct demo_guest_sample *g;
	uint32_t i;

	if (cagma->at_s < out.plain_at_s)
		return;
	out.plain_at_s += PLAIN_EVERY_S;
	printf("%4.0f s  free %3lu ", cagma->at_s, mib(cagma->free_kib));
	for (i = 0; i < demo->scenario.guest_count; i++) {
		g = &cagma->guests[i];
		printf(" | %-5.5s ALM %3lu AVM %3lu CMA %3lu swap/s %4.0f, static %5.0f",
		       demo->scenario.guests[i].options.name, mib(g->alm_kib), mib(g->avm_kib),
		       mib(g->cma_kib), demo_swap_rate(&demo->sides[DEMO_CAGMA], i),
		       demo_swap_rate(&demo->sides[DEMO_STATIC], i));
	}
	putchar('\n');
	fflush(stdout);
}

/* --- interface --- */

void demo_table_start(const struct demo *demo)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size;

	setlocale(LC_CTYPE, "");
	out.is_live = isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
	memset(&size, 0, sizeof size);
	if (out.is_live)
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	/* Lines that wrap cannot be drawn over. */
	out.is_live &= !size.ws_col || size.ws_col >= LEAST_COLUMNS;
	out.has_colour = out.is_live && !(no_colour && *no_colour);
	out.has_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	out.bar_cells = BAR_CELLS;
	if (out.is_live && size.ws_col && size.ws_col < FIXED_COLUMNS + BAR_CELLS)
		out.bar_cells = size.ws_col - FIXED_COLUMNS;
	if (out.is_live)
		printf("\033[?25l\n");
	else
		printf("CAGMA demo: four simulated guests on a played Xen host (stock xenstored, "
		       "libxl), %.0f s; sizes in MiB, swap in pages/s\n",
		       demo->scenario.time_s);
	fflush(stdout);
}

void demo_table_show(const struct demo *demo)
{
	if (out.is_live)
		show_live(demo);
	else
		show_plain(demo);
}

void demo_table_finish(void)
{
	if (out.is_live)
		printf("\033[?25h");
	fflush(stdout);
}

void demo_summary(const struct demo *demo, const char *png)
{
	const struct demo_sample *s = last_of(demo, DEMO_STATIC), *c = last_of(demo, DEMO_CAGMA);
	uint32_t i, n = demo->scenario.guest_count;
	double before = demo_swap_pages(s, n), after = demo_swap_pages(c, n);
	double stalled_s = 0, stalled_c = 0;
	struct line line = {.len = 0};
	char text[96];

	for (i = 0; i < n; i++) {
		stalled_s += s->guests[i].stalled_s;
		stalled_c += c->guests[i].stalled_s;
	}
	putchar('\n');
	painted(&line, PAINT_BOLD, " The same work on the same memory, simulated guests:");
	line_end(&line);
	snprintf(text, sizeof text, "%8.0f pages swapped, %5.1f s stalled", before, stalled_s);
	put(&line, "   memory fixed at start (static)  ");
	painted(&line, PAINT_LACK, text);
	line_end(&line);
	snprintf(text, sizeof text, "%8.0f pages swapped, %5.1f s stalled", after, stalled_c);
	put(&line, "   balanced by cagma               ");
	painted(&line, PAINT_GOOD, text);
	if (before > 0)
		put(&line, "  (%.1f %% of it)", after / before * 100);
	line_end(&line);
	if (png[0])
		printf(" Plot: %s\n", png);
}
