/* SPDX-License-Identifier: MIT */
/*
 * Records of passes, of which any line may be brief: each is refused, or decided again to a plan
 * that keeps the safety contract. A line that is made brief is what it was when it is read again.
 */
#include "host/core/passline.h"
#include "host/policy/brief.h"
#include "host/policy/replay.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

enum { GUESTS = 16, MOST_LINE = 1 << 15 };

static struct replay replay;
static struct guest_view view[GUESTS];
static _Alignas(uint64_t) unsigned char recall_room[RECALL_BYTES(GUESTS)];
static _Alignas(uint64_t) unsigned char plan_room[2][PLAN_BYTES(GUESTS)];

static void begin(void)
{
	replay = (struct replay){.capacity = GUESTS, .view = view};
	recall_init(&replay.recall, recall_room, GUESTS);
	plan_init(&replay.plan, plan_room[0], GUESTS);
	plan_init(&replay.recorded, plan_room[1], GUESTS);
	recall_forget(&replay.recall);
}

/* The line as cagmad would have written it. False if cagmad would not. */
static bool write_again(struct text line, char buf[MOST_LINE], size_t *ret_len)
{
	struct passline part;
	char text[PASSLINE_MAX_PART];
	size_t len = 0;
	while (line.at) {
		if (passline_read(&line, &part))
			return false;
		size_t n = passline_write(&part, text);
		fuzz_check(n < sizeof(text));
		if (len + n + 3 > MOST_LINE)
			return false;
		len += (size_t)sprintf(buf + len, "%s%s", len ? " | " : "", text);
	}
	*ret_len = len;
	return len > 0;
}

static void check_brief(struct text before, struct text line)
{
	static char brief[MOST_LINE], back[MOST_LINE];
	size_t len = brief_write(before, line, brief, sizeof(brief));
	if (!len)
		return;
	fuzz_check(len < line.len);
	size_t again = brief_read(before, (struct text){brief, len}, back, sizeof(back));
	fuzz_check(again == line.len && memcmp(back, line.at, again) == 0);
}

/* Whatever it is, it is survived; what cagmad writes is read again. */
static void check_line(struct text before, struct text line)
{
	static char again[2][MOST_LINE];
	static char brief[MOST_LINE];
	struct text a = {again[0], 0}, b = {again[1], 0};
	brief_write(before, line, brief, sizeof(brief));
	if (write_again(line, again[1], &b.len) && write_again(before, again[0], &a.len))
		check_brief(a, b);
}

static void check_pass(struct text line)
{
	unsigned guest;
	if (replay_line(&replay, line) || !replay.is_pass)
		return;
	fuzz_check(replay.recall.n_last <= GUESTS);
	struct snapshot snap = {
		.host = replay.host, .n_guests = replay.recall.n_last, .guest = view};
	fuzz_check(plan_violation(&replay.conf, &snap, &replay.plan, &guest) == PLAN_SAFE);
}

void fuzz_record(struct text text)
{
	static char whole[2][MOST_LINE];
	struct text line, before = {whole[1], 0};
	unsigned which = 0;
	begin();
	while (text_cut(&text, '\n', &line)) {
		if (line.len && *line.at == BRIEF_MARK) {
			size_t len = brief_read(before, line, whole[which], MOST_LINE);
			line = (struct text){whole[which], len};
		} else if (line.len <= MOST_LINE) {
			memcpy(whole[which], line.at, line.len);
			line.at = whole[which];
		}
		if (!line.len || line.len > MOST_LINE)
			continue;
		check_line(before, line);
		check_pass(line);
		before = line;
		which = !which;
	}
}
