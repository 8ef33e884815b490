#!/bin/sh
# SPDX-License-Identifier: MIT
# house.sh - judges the folders of the product by their #include lines:
#
#	RESULT house largest_folder=N folder=NAME module_circles=N upward_includes=N
#
# A folder is large when it has more than 32 .c and .h files; a module is a .c file with its .h
# file; an include is upward when a file includes one of a folder that stands later in the order
# below, or beside it. It fails when a folder is larger, or there are circles or upward includes.
set -eu
export LC_ALL=C
# From the ground up: each folder may include those before it and itself. Folders in one word, by
# commas, stand side by side and may not include each other.
order='common common/system host/core,host/conftext,guest/core host/reserve host/policy,host/precopy,host/show host/sim,host/exposition host/engines,host/xen,host/config host/guests host/daemon
       host/control
       host/ctl,host/exporter,host/migrate,host/moving,host/simcmd,guest/mkguest host,guest,docs'
files=$(git ls-files 'common/*.[ch]' 'host/*.[ch]' 'guest/*.[ch]' 'docs/*.[ch]')
grep -H '^#include "' $files | sed 's/:#include "/ /; s/".*//' |
	awk -v order="$order" -v files="$files" '
function folder(path) { sub("/[^/]*$", "", path); return path }
function module(path) { sub("[.][ch]$", "", path); return path }
# Tarjan would be faster; a search from each module is enough for some hundred of them.
function reaches(from, to,    k, n, next_) {
	if (seen[from]++)
		return 0
	n = split(uses[from], next_, " ")
	for (k = 1; k <= n; k++)
		if (next_[k] == to || reaches(next_[k], to))
			return 1
	return 0
}
BEGIN {
	n = split(order, word, " ")
	for (i = 1; i <= n; i++) {
		m = split(word[i], beside, ",")
		for (j = 1; j <= m; j++)
			floor_of[beside[j]] = i
	}
	n = split(files, list, "[ \n]")
	for (i = 1; i <= n; i++)
		if (++count[folder(list[i])] > most) {
			most = count[folder(list[i])]
			largest = folder(list[i])
		}
}
{
	a = folder($1); b = folder($2)
	if (!(a in floor_of) || !(b in floor_of)) {
		printf "%s or %s has no place in the order\n", a, b > "/dev/stderr"
		bad++
	} else if (a != b && floor_of[b] >= floor_of[a]) {
		printf "upward: %s includes %s\n", $1, $2 > "/dev/stderr"
		upward++
	}
	if (module($1) != module($2) && !((module($1), module($2)) in has)) {
		has[module($1), module($2)] = 1
		uses[module($1)] = uses[module($1)] " " module($2)
	}
}
END {
	for (m in uses) {
		split("", seen)
		if (reaches(m, m)) {
			printf "in a circle: %s\n", m > "/dev/stderr"
			circles++
		}
	}
	printf "RESULT house largest_folder=%d folder=%s module_circles=%d upward_includes=%d\n", \
		most, largest, circles, upward
	exit bad || circles || upward || most > 32
}'
