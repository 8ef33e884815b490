# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# cagmactl.bash - completion of cagmactl's commands, their options and guests for bash. Commands and options are those
# that `cagmactl help` lists, and guests those that cagmad knows, so that nothing is listed twice.

# Names may hold blanks and signs of the shell: they are quoted as the shell wants them.
_cagmactl_guests() { # THE BEGINNING OF A NAME
	local name
	while IFS= read -r name; do
		[[ $name != "$1"* ]] || COMPREPLY+=("$(printf %q "$name")")
	done < <(cagmactl --json list 2>/dev/null | sed -n 's/^ *"name": *"\(.*\)",*$/\1/p' | sed 's/\\\(["\\]\)/\1/g')
}

# What stands in the usage of the command: --options, or name=values.
_cagmactl_usage() { # COMMAND PATTERN
	cagmactl help 2>/dev/null | sed -n "s/^  $1 \\(.*\\)/\\1/p" | grep -o -e "$2"
}

_cagmactl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command="" i n=0
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) return ;; # another program's words
		-*) ;;
		*) [[ -n $command ]] && n=$((n + 1)) || command=${COMP_WORDS[i]} ;;
		esac
	done
	case $before in
	--config | --dir) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
	--for | --timeout | --at | --since) return ;; # a time
	esac
	if [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "--json --help --version $(cagmactl help 2>/dev/null |
			sed -n 's/^  \([a-z]\{3,\}\).*/\1/p')" -- "$word")
	elif [[ $word == -* && $command == reserve ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(cagmactl help 2>/dev/null |
			sed -n '/^reserve takes/,/^$/s/^ *\(--[a-z-]*\).*/\1/p') --" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_cagmactl_usage "$command" '--[a-z]*')" -- "$word")
	elif [[ $command == set && $n -gt 0 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_cagmactl_usage set '[a-z]*=')" -S '' -- "$word")
	elif [[ $command == help && $n == 0 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(cagmactl help 2>/dev/null |
			sed -n 's/^  \([a-z]\{3,\}\).*/\1/p')" -- "$word")
	elif [[ $n == 0 && $(_cagmactl_usage "$command" GUEST) ]]; then
		_cagmactl_guests "$word"
	fi
}
complete -F _cagmactl cagmactl
