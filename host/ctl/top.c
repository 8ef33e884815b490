/* SPDX-License-Identifier: MIT */
#include "host/ctl/top.h"

#include "common/system/log.h"
#include "common/system/usage.h"
#include "host/ctl/client.h"
#include "host/ctl/frame.h"
#include "host/ctl/look.h"
#include "host/ctl/output.h"
#include "host/ctl/screen.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 1000 };

struct top {
	struct told_host host;
	unsigned n, capacity, first;
	struct told_guest *guest;
	enum frame_sort sort;
	const char *why; /* what keeps the numbers from being new; NULL: nothing */
};

/* Drops the guest if there is no memory for it. */
static void take_guest(void *arg, struct json_object *object)
{
	struct top *t = arg;
	if (t->n == t->capacity) {
		unsigned capacity = 2 * t->capacity + 64;
		struct told_guest *more = reallocarray(t->guest, capacity, sizeof(*more));
		if (!more)
			return;
		t->guest = more;
		t->capacity = capacity;
	}
	struct told_guest *g = &t->guest[t->n++];
	json_record_read(object, &told_guest_format, g, &g->present);
}

/* The last numbers stay if cagmad does not answer. */
static void look(struct top *t)
{
	enum client_failure failure;
	struct json_object *host, *answer = client_try(client_request("status"), &failure);
	t->why = answer ? NULL : client_why();
	if (!answer)
		return;
	if (json_object_object_get_ex(answer, "host", &host))
		json_record_read(host, &told_host_format, &t->host, &t->host.present);
	json_object_put(answer);
	t->n = 0;
	if (!client_each_guest(take_guest, t))
		t->why = client_why();
	frame_sort(t->guest, t->n, t->sort);
}

/* --- the terminal ------------------------------------------------------------------ */

/* The colours of the signs in bars; pair i + 1 is row i's. */
static const struct {
	char sign;
	short colour;
} colours[] = {{'#', COLOR_BLUE}, {'+', COLOR_GREEN},  {'=', COLOR_CYAN},
	       {'!', COLOR_RED},  {'|', COLOR_YELLOW}, {'<', COLOR_MAGENTA}};

enum { COLOURS = sizeof(colours) / sizeof(colours[0]) };

/* False after logging why. */
static bool open_terminal(void)
{
	const char *kind = getenv("TERM");
	if (!newterm(NULL, stdout, stdin)) {
		log_error("top cannot use a terminal of the kind \"%s\": name one that this host "
			  "knows, as in TERM=xterm cagmactl top, or see cagmactl list",
			  kind ? kind : "");
		return false;
	}
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	timeout(LOOK_MS);
	if (!has_colors())
		return true;
	start_color();
	use_default_colors();
	for (int i = 0; i < COLOURS; i++)
		init_pair((short)(i + 1), colours[i].colour, -1);
	return true;
}

static attr_t attribute_of(char sign)
{
	for (int i = 0; i < COLOURS; i++)
		if (colours[i].sign == sign)
			return (attr_t)COLOR_PAIR(i + 1);
	return A_NORMAL;
}

/* Only what stands between the brackets of a bar is coloured. */
static void draw_line(int y, const char *line, size_t len)
{
	const char *open = memchr(line, '[', len);
	const char *close = open ? memchr(open, ']', len - (size_t)(open - line)) : NULL;
	move(y, 0);
	for (const char *at = line; at < line + len; at++) {
		bool is_bar = close && at > open && at < close;
		addch((unsigned char)*at |
		      (is_bar && y >= FRAME_HEAD ? attribute_of(*at) : A_NORMAL) |
		      (y == FRAME_HEAD - 1 ? A_BOLD : A_NORMAL));
	}
	clrtoeol();
}

static void draw(const struct top *t)
{
	unsigned width = COLS > FRAME_MIN_WIDTH ? (unsigned)COLS : FRAME_MIN_WIDTH;
	unsigned height = LINES > FRAME_HEAD + 2 ? (unsigned)LINES : FRAME_HEAD + 2;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return;
	frame_print(out, width, height, &t->host, t->guest, t->n, t->first, t->sort, t->why);
	fclose(out);
	const char *at = text;
	for (int y = 0; at && *at && y < LINES; y++) {
		size_t len = strcspn(at, "\n");
		draw_line(y, at, len < (size_t)COLS ? len : (size_t)COLS);
		at += len + (at[len] == '\n');
	}
	free(text);
	refresh();
}

/* Returns false if the key ends the program. */
static bool take_key(struct top *t, int key)
{
	unsigned shown = LINES > FRAME_HEAD + 1 ? (unsigned)LINES - FRAME_HEAD - 1 : 1;
	unsigned last = t->n > shown ? t->n - shown : 0;
	if (key == 'q')
		return false;
	if (key == KEY_DOWN)
		t->first++;
	if (key == KEY_UP && t->first)
		t->first--;
	if (key == KEY_NPAGE)
		t->first += shown;
	if (key == KEY_PPAGE)
		t->first -= t->first < shown ? t->first : shown;
	if (t->first > last)
		t->first = last;
	if (key != ERR && frame_sort_of(key) != FRAME_SORTS_)
		t->sort = frame_sort_of(key);
	frame_sort(t->guest, t->n, t->sort);
	return true;
}

int top_run(int argc, char **argv)
{
	struct top t = {0};
	if (argc > 1)
		return usage_wrong("top takes no argument, and no \"%s\"", argv[1]);
	if (output_is_json())
		return look_list(argc, argv);
	look(&t);
	if (t.why) {
		log_error("%s", t.why);
		return EXIT_FAILURE;
	}
	if (!isatty(STDOUT_FILENO)) {
		frame_print(stdout, FRAME_MIN_WIDTH, FRAME_HEAD + t.n + 1, &t.host, t.guest, t.n, 0,
			    t.sort, NULL);
		free(t.guest);
		return usage_printed();
	}
	if (!open_terminal()) {
		free(t.guest);
		return EXIT_FAILURE;
	}
	int key = ERR;
	do {
		if (key == ERR)
			look(&t);
		draw(&t);
		key = getch();
	} while (take_key(&t, key));
	endwin();
	free(t.guest);
	return EXIT_SUCCESS;
}
