/* SPDX-License-Identifier: MIT */
#include "host/precopy/dirtylog.h"

#include "common/line.h"
#include "host/precopy/bitmap.h"

#include <string.h>

enum { RUN_BYTES = 2 * TEXT_MAX_DIGITS + 2 }; /* of the longest run, with a blank before it */

static const char magic[] = "cagma-dirtylog 1 ";

/* --- writing ----------------------------------------------------------------------------- */

/* Appends; there is always room: the lines here are short, and runs are counted. */
static size_t put(char *line, size_t at, const char *word)
{
	size_t len = strlen(word);
	memcpy(line + at, word, len + 1);
	return at + len;
}

static size_t put_number(char *line, size_t at, uint64_t number)
{
	char digits[TEXT_MAX_DIGITS];
	size_t len = text_write_number(number, digits);
	memcpy(line + at, digits, len);
	line[at + len] = '\0';
	return at + len;
}

size_t dirtylog_head(uint64_t n_pages, char line[DIRTYLOG_LINE])
{
	size_t at = put(line, 0, magic);
	at = put(line, at, "pages=");
	at = put_number(line, at, n_pages);
	return put(line, at, "\n");
}

size_t dirtylog_look(bool is_final, uint64_t at_ms, uint64_t sent_pages, char line[DIRTYLOG_LINE])
{
	size_t at = put(line, 0, is_final ? "final at_ms=" : "look at_ms=");
	at = put_number(line, at, at_ms);
	at = put(line, at, " sent_pages=");
	at = put_number(line, at, sent_pages);
	return put(line, at, "\n");
}

size_t dirtylog_pages(struct dirtylog_place *place, const unsigned long *bitmap, uint64_t n_pages,
		      char line[DIRTYLOG_LINE])
{
	size_t at = 0;
	while (at + RUN_BYTES + 2 <= DIRTYLOG_LINE) {
		uint64_t first = bitmap_find(bitmap, n_pages, place->next_page, true);
		uint64_t end = bitmap_find(bitmap, n_pages, first, false);
		place->next_page = first;
		if (first == n_pages)
			break;
		at = at ? put(line, at, " ") : at;
		at = put_number(line, at, first - place->end_page);
		if (end - first > 1) {
			at = put(line, at, "+");
			at = put_number(line, at, end - first);
		}
		place->next_page = place->end_page = end;
	}
	return at ? put(line, at, "\n") : 0;
}

/* --- reading ----------------------------------------------------------------------------- */

struct look {
	uint64_t at_ms, sent_pages;
};

static const struct line_field look_fields[] = {
	LINE_FIELD(look, at_ms, NUMBER, UINT64_MAX, true, "ms", "since the beginning")
		LINE_FIELD(look, sent_pages, NUMBER, UINT64_MAX, true, "pages", "since the last")};

static const struct line_format look_format = LINE_FORMAT(look_fields, DIRTYLOG_LINE, look);

static const char *read_head(struct dirtylog *log, struct text line)
{
	static const char pages[] = "pages=";
	struct text word;
	uint64_t n_pages;
	for (const char *at = magic; *at; at++)
		if (!line.len-- || *line.at++ != *at)
			return "is no beginning of a dirty log";
	if (line.len < strlen(pages) || memcmp(line.at, pages, strlen(pages)) != 0)
		return "does not say how many pages";
	word = (struct text){line.at + strlen(pages), line.len - strlen(pages)};
	if (!text_number(word, UINT32_MAX, &n_pages) || !n_pages)
		return "has no right number of pages";
	log->n_pages = n_pages;
	return NULL;
}

static const char *read_look(struct dirtylog *log, struct text rest, bool is_final)
{
	struct look look;
	uint64_t present;
	enum line_error error = line_parse(&look_format, rest, &look, &present);
	if (error != LINE_OK)
		return line_error_text(error);
	if (look.at_ms < log->at_ms)
		return "is earlier than the one before";
	log->at_ms = look.at_ms;
	log->sent_pages = look.sent_pages;
	log->is_final = is_final;
	log->end_page = 0;
	log->n_looks++;
	return NULL;
}

static bool read_run(struct dirtylog *log, struct text run)
{
	struct text gap_text;
	uint64_t gap, length = 1;
	bool has_length = run.len && memchr(run.at, '+', run.len);
	if (!text_cut(&run, '+', &gap_text) || !text_number(gap_text, UINT32_MAX, &gap) ||
	    (has_length && !text_number(run, UINT32_MAX, &length)) || !length ||
	    gap + length > log->n_pages - log->end_page)
		return false;
	uint64_t end = log->end_page + gap + length;
	for (uint64_t page = end - length; log->bitmap && page < end; page++)
		bitmap_add(log->bitmap, page);
	log->end_page = end;
	return true;
}

static const char *read_pages(struct dirtylog *log, struct text line)
{
	struct text run;
	if (!log->n_looks)
		return "has pages before any look";
	while (text_cut(&line, ' ', &run))
		if (!read_run(log, run))
			return "has a run of pages that cannot be";
	return NULL;
}

const char *dirtylog_line(struct dirtylog *log, struct text line, enum dirtylog_kind *ret_kind)
{
	struct text rest = line, word;
	if (!log->n_pages) {
		*ret_kind = DIRTYLOG_HEAD;
		return read_head(log, line);
	}
	if (text_cut(&rest, ' ', &word) && (text_is(word, "look") || text_is(word, "final"))) {
		*ret_kind = DIRTYLOG_LOOK;
		return log->is_final ? "follows the final look"
				     : read_look(log, rest, text_is(word, "final"));
	}
	*ret_kind = DIRTYLOG_PAGES;
	return read_pages(log, line);
}
