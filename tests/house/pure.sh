#!/bin/sh
# SPDX-License-Identifier: MIT
# pure.sh BUILD FOLDER... - proves that each FOLDER is pure: its objects reach the pure folders' own
# symbols, string functions, arithmetic and the compiler's helpers, and nothing else.
set -eu
build=$1
shift
permitted='mem(cpy|set|move|cmp|chr|mem)|str(len|cmp|ncmp|chr|nlen|spn|cspn|tod)|sqrt|exp|log|cos|fmod|floor|fmin|fmax|fabs|__stack_chk_fail|__mem(cpy|set|move)_chk|_GLOBAL_OFFSET_TABLE_'
own=$(mktemp)
trap 'rm -f "$own"' EXIT
nm "$build/libcagma-core.a" | awk '$2 ~ /^[TDRBC]$/ {print $3}' | sort -u > "$own"
result=0
for folder in "$@"; do
	reached=$(for object in "$build/$folder"/*.o; do
		source=${object#"$build/"}
		[ -e "${source%.o}.c" ] || continue
		nm -u "$object" | awk -v o="$source" '{print $2, o}'
	done | sort | join -v 1 - "$own" | grep -vE "^($permitted) " || true)
	if [ -n "$reached" ]; then
		printf '%s is not pure, it reaches:\n%s\n' "$folder" "$reached" >&2
		result=1
	else
		echo "  PURE    $folder"
	fi
done
exit $result
