#!/bin/sh
# SPDX-License-Identifier: MIT
#
# paths.sh - fails if a page names something that is not there: a path of the tree, a file of the
# tree by its name alone, a function of a file (`file.c: function()`), a page or a heading that a
# link leads to, or a target of make. Pages are
# README.md, docs/*.md and docs/man/*; the `#:` lines of Makefile and *.mk are judged for targets.
# shellcheck disable=SC2016 # backticks are those of the pages
set -eu
export LC_ALL=C
pages=$(git ls-files README.md 'docs/*.md' 'docs/man/*')
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
git ls-files --cached --others --exclude-standard >"$room/files"
# Directories, names of files, and files.
awk '{ n = split($0, part, "/"); path = ""
	for (i = 1; i < n; i++) { path = path part[i]; print path; print path "/"; path = path "/" }
	print $0; print "name " part[n] }' "$room/files" | sort -u >"$room/there"
${MAKE:-make} -npq DEPS_READY=1 help 2>/dev/null |
	sed -n 's/^\([a-z][a-z0-9-]*\):\([^=].*\)*$/\1/p' | sort -u >"$room/targets"
missing() {
	echo "$1" >&2
	touch "$room/bad"
}

# Paths from the top of the tree, as far as nothing stands before them that makes them others.
for page in $pages; do
	grep -oE '[A-Za-z0-9_./~@*-]*(common|docs|guest|host|systemd|tests)/[A-Za-z0-9_./*-]*' "$page" |
		grep -E '^(common|docs|guest|host|systemd|tests)/' | sed 's/[.]*$//' | sort -u |
		while read -r path; do
			case $path in
			*'*'*) git ls-files --error-unmatch "$path" >/dev/null 2>&1 && continue ;;
			*) grep -qxF "$path" "$room/there" && continue ;;
			esac
			missing "$page: there is no $path"
		done
	# Names of files in code, without a folder.
	sed -n 's/`\([^`]*\)`/\n`\1`\n/gp' "$page" | grep -E '^`[a-z0-9_-]+[.](c|h|sh|awk|mk|scn|lab)(:.*)?`$' |
		sed 's/:.*//' | tr -d '`' | sort -u | while read -r name; do
		case $name in xenctrl.h | xenguest.h | libxl.h) continue ;; esac # Xen's
		grep -qxF "name $name" "$room/there" || missing "$page: there is no file $name"
	done
done

# Functions of files: `guest/agent.c: agent_run()`, or `agent.c: agent_run()`.
for page in $pages; do
	grep -oE '`[a-zA-Z0-9_/-]+[.][ch]: [a-z0-9_]+\(\)`' "$page" | tr -d '`()' | sort -u |
		while read -r file function; do
			file=${file%:}
			holders=$(grep -E "(^|/)$file\$" "$room/files") || continue # said above
			# shellcheck disable=SC2086 # a list of files
			grep -qE "^[a-z].*[ *]$function\(|^$function\(" $holders ||
				missing "$page: $file has no function $function"
		done
	# And functions by their names alone.
	grep -oE '`[a-z0-9_]+\(\)`' "$page" | tr -d '`()' | sort -u | while read -r function; do
		git grep -qE "(^|[^A-Za-z0-9_])${function}[(]" -- '*.c' '*.h' ||
			missing "$page: there is no function $function"
	done
done

# Links to pages, and to headings in them.
heading() {
	grep '^#' "$1" | sed 's/^#* //' | tr '[:upper:]' '[:lower:]' | sed 's/[^[:alnum:] _-]//g; s/ /-/g' |
		grep -qxF "$2"
}
for page in $(echo "$pages" | tr ' ' '\n' | grep 'md$'); do
	grep -oE '\]\([^)]*\)' "$page" | sed 's/^](//; s/)$//' | grep -v '^http' | sort -u |
		while read -r link; do
			path=${link%%#*}
			[ -n "$path" ] && path=$(dirname "$page")/$path || path=$page
			if [ ! -e "$path" ]; then
				missing "$page: a link leads to $path, which is not there"
			elif [ "$link" != "${link%#*}" ] && ! heading "$path" "${link#*#}"; then
				missing "$page: $path has no heading #${link#*#}"
			fi
		done
done

# Targets, in code alone: "make room" is what guests are asked for.
{
	for page in $pages; do
		sed -n 's/ #.*//; s/^    .*/&/p; s/`\([^`]*\)`/\n`\1`\n/gp' "$page" | grep -E '^(    |`)' |
			sed "s|^|$page: |"
		sed -n 's/^[.][DQ]l[^ ]* *//p' "$page" | sed "s|^|$page: |"
	done
	for file in Makefile $(git ls-files '*.mk'); do
		sed -n 's/^#: *//p' "$file" | sed "s|^|$file: |"
	done
} | while read -r line; do
	echo "$line" | sed 's/^[^:]*: //' | sed 's/[A-Z_0-9]*=[^ ]* //g' |
		grep -oE '(^ *|sudo |&& |`)make [a-z][a-z0-9/._-]*|result-[a-z0-9-]+([.][a-z]+)?' |
		sed 's/.*[ `]//' | while read -r target; do
		case $target in
		build/* | *.* | *-) continue ;; # a file, or a pattern
		esac
		grep -qxF "$target" "$room/targets" || missing "${line%%: *}: make has no target $target"
	done
done
[ ! -e "$room/bad" ]
