/* SPDX-License-Identifier: MIT */
#include "host/exposition/seen.h"

#define X(...) LINE_FIELD(seen_self, __VA_ARGS__)
static const struct line_field self_fields[] = {SEEN_SELF_FIELDS(X)};
#undef X

const struct line_format seen_self_format = LINE_FORMAT(self_fields, 0, seen_self);
