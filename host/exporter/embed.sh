#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh DIRECTORY - the page in DIRECTORY on stdout, as C for page.h: page.html with page.css and
# page.js in the places that it names, and the Content-Security-Policy that lets these two in.
set -eu
export LC_ALL=C
dir=$1
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

# The checksum of a file, as a policy names it.
checksum() {
	printf '%b' "$(sha256sum <"$1" | awk '{
		for (i = 1; i < 64; i += 2) {
			high = index("0123456789abcdef", substr($1, i, 1)) - 1
			low = index("0123456789abcdef", substr($1, i + 1, 1)) - 1
			printf "\\0%03o", high * 16 + low
		} }')" | base64 | sed "s/.*/'sha256-&'/"
}

# What stands between the tags begins and ends with a newline.
for part in css js; do
	{ echo && cat "$dir/page.$part"; } >"$room/$part"
done
awk -v room="$room" '
	function put(part, tag,    line, file) {
		file = room "/" part
		printf "<%s>", tag
		while ((getline line <file) > 0) print line
		printf "</%s>\n", tag
	}
	/<!-- page.css -->/ { put("css", "style"); next }
	/<!-- page.js -->/ { put("js", "script"); next }
	{ print }' "$dir/page.html" >"$room/html"
cat <<END
/* Made by embed.sh. */
#include "host/exporter/page.h"

const char page_policy[] = "default-src 'none'; script-src $(checksum "$room/js"); "
	"style-src $(checksum "$room/css"); connect-src 'self'; img-src data:; base-uri 'none'; "
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
	"trusted-types 'none'";
const char page_text[] = {
END
od -An -v -to1 "$room/html" | sed "s/ *\([0-7][0-7]*\)/'\\\\\1',/g"
cat <<END
};
const size_t page_len = sizeof(page_text);
END
