#!/bin/sh
# SPDX-License-Identifier: MIT
#
# paths.sh - fails if a page names something that is not there: a path of the tree, a file of the
# tree by its name alone, a function of a file (`file.c: function()`) or of any file, a page or a
# heading that a link leads to, or a target of make. Pages are README.md, CHANGELOG.md, SECURITY.md,
# docs/*.md and docs/man/*; the `#:` lines of Makefile and *.mk are judged for targets.
#
# The names that pages have and the names that are there are each collected once, as lines, and
# compared by awk: a process for each name would take minutes on a busy machine.
# shellcheck disable=SC2016 # backticks are those of the pages
set -eu
export LC_ALL=C
pages=$(git ls-files README.md CHANGELOG.md SECURITY.md 'docs/*.md' 'docs/man/*')
markdown=$(git ls-files README.md CHANGELOG.md SECURITY.md 'docs/*.md') makefiles=$(git ls-files Makefile '*.mk')
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

# --- what is there: lines "KIND NAME"
git ls-files --cached --others --exclude-standard >"$room/files"
{
	# Directories, names of files, and files.
	awk '{ n = split($0, part, "/"); path = ""
		for (i = 1; i < n; i++) { path = path part[i]; print "path", path; print "path", path "/"; path = path "/" }
		print "path", $0; print "file", part[n] }' "$room/files"
	${MAKE:-make} -npq DEPS_READY=1 help 2>/dev/null |
		sed -n 's/^\([a-z][a-z0-9-]*\):\([^=].*\)*$/target \1/p'
	# Functions by their names alone, and of a file, by its path and by its name; a test is one, too.
	git grep -hoE '[A-Za-z0-9_]+[(]' -- '*.c' '*.h' | sed 's/^/function /; s/[(]$//'
	git grep -E '^([a-z]|START_TEST).*[(]' -- '*.c' '*.h' | sed 's/START_TEST(\([a-z0-9_]*\))/\1()/' | awk '{
		at = index($0, ":"); file = name = substr($0, 1, at - 1); line = substr($0, at + 1)
		sub(/.*\//, "", name)
		while (match(line, /[a-z0-9_]+[(]/)) {
			function_name = substr(line, RSTART, RLENGTH - 1)
			print "of", file ":" function_name; print "of", name ":" function_name
			line = substr(line, RSTART + RLENGTH)
		} }'
	# Headings, as links have them.
	awk '/^#/ { heading = tolower($0); sub(/^#* /, "", heading); gsub(/[^a-z0-9 _-]/, "", heading)
		gsub(/ /, "-", heading); print "heading", FILENAME "#" heading }' $markdown
} | sort -u >"$room/there"

# --- what pages name: lines "PAGE KIND NAME"
words() { # KIND PATTERN: what matches the pattern, a line each
	# shellcheck disable=SC2086 # a list of files
	grep -HoE "$2" $pages | sed "s/^\([^:]*\):/\1 $1 /"
}
{
	# Paths from the top of the tree, as far as nothing stands before them that makes them others.
	words path '[A-Za-z0-9_./~@*-]*(common|docs|guest|host|systemd|tests)/[A-Za-z0-9_./*-]*' |
		awk '$3 ~ /^(common|docs|guest|host|systemd|tests)\// { sub(/[.]+$/, "", $3); print }'
	# Names of files in code, without a folder; not those of Xen.
	words file '`[a-z0-9_-]+[.](c|h|sh|awk|mk|scn|lab)(:[^`]*)?`' | tr -d '`' |
		awk '{ sub(/:.*/, "", $3); print $1, $2, $3 }' | grep -vE ' (xenctrl|xenguest|libxl)[.]h$'
	words of '`[a-zA-Z0-9_/-]+[.][ch]: [a-z0-9_]+[(][)]`' | tr -d '`()' | sed 's/: /:/'
	words function '`[a-z0-9_]+[(][)]`' | tr -d '`()'
	# Links to pages, and to headings in them.
	words link '\]\([^)]*\)' | sed 's/ \](/ /; s/)$//' | awk '$3 !~ /^http/ {
		at = index($3, "#"); path = at ? substr($3, 1, at - 1) : $3
		folder = $1; if (!sub(/\/[^\/]*$/, "", folder)) folder = "."
		path = path == "" ? $1 : folder == "." ? path : folder "/" path
		while (sub(/[^\/.]+\/[.][.]\//, "", path)) { }
		print $1, "path", path
		if (at) print $1, "heading", path substr($3, at) }'
	# Targets, in code alone: "make room" is what guests are asked for.
	for page in $pages; do
		sed -n 's/ #.*//; s/^    .*/&/p; s/`\([^`]*\)`/\n`\1`\n/gp; s/^[.][DQ]l[^ ]* */    /p' "$page" |
			grep -E '^(    |`)' | sed "s|^|$page:|"
	done >"$room/code"
	grep -H "^#:" $makefiles | sed 's/:#: */:/' >>"$room/code"
	awk '{
		at = index($0, ":"); page = substr($0, 1, at - 1); line = substr($0, at + 1)
		gsub(/[A-Z_0-9]*=[^ ]* /, "", line)
		while (match(line, /(^ *|sudo |&& |`)make [a-z][a-z0-9\/._-]*|result-[a-z0-9-]+([.][a-z]+)?/)) {
			target = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
			sub(/.*[ `]/, "", target)
			if (target !~ /^build\/|[.]|-$/) print page, "target", target
		} }' "$room/code"
} | sort -u >"$room/named"

awk -v files="$room/files" '
	BEGIN { while ((getline file <files) > 0) all = all " " file; all = all " " }
	FNR == NR { there[$1, $2]; next }
	($2, $3) in there { next }
	# A pattern of paths: it fits if a file does.
	$2 == "path" && $3 ~ /[*]/ {
		pattern = $3; gsub(/[.]/, "[.]", pattern); gsub(/[*]/, "[^ ]*", pattern)
		if (all ~ " " pattern " ") next
	}
	{
		said["path"] = "there is no %s"; said["file"] = "there is no file %s"
		said["of"] = "there is no function %s"; said["function"] = "there is no function %s"
		said["heading"] = "there is no heading %s"; said["target"] = "make has no target %s"
		printf "%s: " said[$2] "\n", $1, $3 >"/dev/stderr"
		bad = 1
	}
	END { exit bad }' "$room/there" "$room/named"
