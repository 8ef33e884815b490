#!/bin/sh
# SPDX-License-Identifier: MIT
# consistent.sh BUILD - Debian's packages have what `make install` installs: each file in exactly one package. And every
# program and page says the version of debian/changelog.
# shellcheck source-path=SCRIPTDIR source=../unit/check-lib.sh
set -u
build=$1
export LC_ALL=C
. tests/unit/check-lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "consistent.sh: $1" >&2
	for file in log more; do
		[ ! -s "$work/$file" ] || head -n 20 "$work/$file" >&2
	done
	exit 1
}

# --- files. What is static may not be built here, so another program stands in for it.
install_into() { # DIRECTORY TARGET
	${MAKE:-make} --no-print-directory B="$build" MUSL_AGENT="$build/guest/cagma-agent" PREFIX=/usr \
		DESTDIR="$work/$1" "$2" >"$work/log" 2>&1
}
files_of() { # DIRECTORY
	(cd "$work/$1" && find . -type f) | sort
}
is_same() {
	diff "$work/$1" "$work/$2" >"$work/more"
}
packages=$(sed -n 's/^Package: //p' debian/control)
check "make install" install_into all install
for package in $packages; do
	check "make install-package-$package" install_into "$package" "install-package-$package"
	check "package $package has files" [ -n "$(files_of "$package")" ]
	files_of "$package" | sed "s/^/$package /"
done >"$work/packaged"
awk '{ print $2 }' "$work/packaged" | sort >"$work/of-packages"
uniq -d "$work/of-packages" >"$work/more"
check "no file is in two packages" [ ! -s "$work/more" ]
files_of all >"$work/of-all"
comm -23 "$work/of-all" "$work/of-packages" >"$work/more"
check "each file of make install is in a package" [ ! -s "$work/more" ]
grep -v '^cagma-agent-static ' "$work/packaged" | awk '{ print $2 }' | sort >"$work/of-others"
check "and packages have no others, but what is static" is_same of-others of-all

# --- the version
version=$(sed -n '1s/^cagma (\(.*\)) .*/\1/p' debian/changelog)
check "debian/changelog has a version of numbers and dots" [ "$(echo "$version" | grep -cx '[0-9][0-9.]*')" -eq 1 ]
is_of_version() { # PROGRAM
	[ "$("$1" --version 2>"$work/log" | awk '{ print $NF }')" = "$version" ]
}
find "$work/all/usr/sbin" -type f >"$work/programs"
check "there are programs" [ "$(wc -l <"$work/programs")" -ge 6 ]
while read -r program; do
	check "${program##*/} --version says $version" is_of_version "$program"
done <"$work/programs"
check "CHANGELOG.md begins with it" [ "$(sed -n 's/^## //p' CHANGELOG.md | head -n 1)" = "$version" ]
git grep -nE '(^|[^a-z])(version[ =]|agent )[0-9]+\.[0-9]+\.[0-9]+' -- README.md 'docs/*.md' 'docs/man/*' >"$work/said"
check "pages say it" [ -s "$work/said" ]
grep -vE "(version[ =]|agent )$(echo "$version" | sed 's/[.]/[.]/g')([^0-9.]|\$)" "$work/said" >"$work/more"
check "and no other" [ ! -s "$work/more" ]
echo "100%: Checks: $n_checks, Failures: 0"
