# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# cagmactl.bash - completion of cagmactl's commands and guests for bash. Commands are those that
# `cagmactl help` lists, and guests those that cagmad knows, so that nothing is listed twice.

_cagmactl_guests() { # THE BEGINNING OF A NAME
	mapfile -t COMPREPLY < <(cagmactl --json list 2>/dev/null |
		sed -n 's/^ *"name": *"\(.*\)",*$/\1/p' | grep -F -- "$1" | grep "^$1")
}

_cagmactl() {
	local word=${COMP_WORDS[COMP_CWORD]} command="" i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) return ;; # another program's words
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $command in
	"") mapfile -t COMPREPLY < <(compgen -W "--json $(cagmactl help 2>/dev/null |
		sed -n 's/^  \([a-z]\{3,\}\).*/\1/p')" -- "$word") ;;
	set)
		[[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "--save" -- "$word")
		[[ $word == -* ]] || _cagmactl_guests "$word"
		;;
	explain | history | hold | resume) _cagmactl_guests "$word" ;;
	reserve) mapfile -t COMPREPLY < <(compgen -W "--config --timeout --for --if-daemon --" -- "$word") ;;
	esac
}
complete -F _cagmactl cagmactl
