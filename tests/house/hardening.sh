#!/bin/sh
# SPDX-License-Identifier: MIT
# hardening.sh FILE... - fails if a program or library is not hardened: at a place that cannot be
# foreseen (PIE), with every function bound at the start and read-only from then on (full RELRO), no
# executable stack, and, unless the file is static, the compiler's guards of stacks and buffers.
set -eu
export LC_ALL=C
result=0
lacks() {
	echo "$1 lacks $2" >&2
	result=1
}
for file in "$@"; do
	about=$(readelf -WhldS "$file")
	has() { echo "$about" | grep -Eq "$1"; }
	has '^ *Type: *DYN' || lacks "$file" "a place that cannot be foreseen (-pie)"
	has '^ *GNU_RELRO ' || lacks "$file" "read-only relocations (-z relro)"
	has '^ *GNU_STACK .* RW +0x' || lacks "$file" "a stack that is not executable"
	! has '\(TEXTREL\)' || lacks "$file" "code that is not relocated"
	has '^ *INTERP ' || case $file in *.so) ;; *) continue ;; esac # static
	has 'BIND_NOW|Flags:.* NOW' || lacks "$file" "early binding (-z now)"
	case $file in */cagma-save-helper) continue ;; esac # has no buffer that could overflow
	used=$(readelf -W --dyn-syms "$file" | awk '$7 == "UND" {print $8}')
	echo "$used" | grep -q '^__stack_chk_fail' || lacks "$file" "-fstack-protector-strong"
	echo "$used" | grep -q '^__[a-z]*_chk' || lacks "$file" "-D_FORTIFY_SOURCE"
done
[ $result != 0 ] || echo "  HARD    $# files"
exit $result
