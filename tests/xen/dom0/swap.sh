# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The disk that the guests swap to, a part for each of a, b, c and d. For "run" only.

SWAP_MIB=512

# swap_make WHERE: makes the swap that WHERE describes; sets SWAPS
swap_make() {
	local where=$1 name
	SWAPS=()
	if [[ $where == *,* ]]; then
		IFS=, read -ra SWAPS <<<"$where"
	else
		for name in a b c d; do
			if [ -d "$where" ]; then
				SWAPS+=("$where/$PREFIX$name.swap")
				truncate -s ${SWAP_MIB}M "$where/$PREFIX$name.swap"
			else
				SWAPS+=("/dev/$where/$PREFIX$name")
				lvcreate -y -L ${SWAP_MIB}M -n "$PREFIX$name" "$where" >/dev/null
			fi
		done
	fi
	[ ${#SWAPS[@]} -eq 4 ] && [ -e "${SWAPS[0]}" ] && [ -e "${SWAPS[1]}" ] &&
		[ -e "${SWAPS[2]}" ] && [ -e "${SWAPS[3]}" ] && return
	echo "XENLAB failed: $where is no list of four devices, no directory and no volume group"
	return 1
}

# swap_remove WHERE: removes what swap_make made
swap_remove() {
	if [[ $1 == *,* ]]; then
		return
	elif [ -d "$1" ]; then
		rm -f "${SWAPS[@]}"
	else
		lvremove -y "${SWAPS[@]}" >/dev/null
	fi
}
