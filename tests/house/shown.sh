#!/bin/sh
# SPDX-License-Identifier: MIT
# shown.sh NAMES - the commands of the programs NAMES ("cagmad|cagmactl") that pages and man pages show, one for each line:
#	PAGE<tab>line or span<tab>COMMAND
# A line stands alone, as something to be typed; a span is a word or more in running text.
set -eu
export LC_ALL=C
names=$1
for page in $(git ls-files README.md CHANGELOG.md SECURITY.md 'docs/*.md' 'docs/man/*'); do
	# shellcheck disable=SC2016 # awk's
	sed -e 's/\\e$/\\/' "$page" | sed -e ':more' -e '/\\$/{N;s/\\\n */ /;b more' -e '}' |
		awk -v page="$page" -v names="$names" '
		function offer(text, kind) {
			sub(/^ *([$] )?(sudo )?(build\/[a-z]+\/)?/, "", text)
			sub(/   .*|  +#.*| # .*/, "", text) # what a page says of it
			gsub(/\[|\]/, "", text)
			gsub(/(^| )FILE( |$)/, " file ", text); gsub(/(^| )NAME( |$)/, " cagma ", text)
			sub(/[ .,;:)]+$/, "", text)
			if (text ~ "^(" names ")( |$)" && text !~ / -> /)
				print page "\t" kind "\t" text
		}
		page ~ /^docs\/man\// {
			if (/^[.]Bd -literal/) code = 1
			if (/^[.]Ed/) code = 0
			if (code) offer($0, "line")
			if (sub(/^[.]Dl /, "")) offer($0, "line")
			if (sub(/^[.]Ql /, "")) offer($0, "span")
			next
		}
		/^    +[^ ]/ { offer($0, "line"); next }
		{ n = split($0, part, "`"); for (i = 2; i <= n; i += 2) offer(part[i], "span") }'
done | sort -u -t "$(printf '\t')" -k 2
