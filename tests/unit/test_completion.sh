#!/bin/sh
# SPDX-License-Identifier: MIT
# test_completion.sh BUILD - bash completes every command of cagmactl, and its guests.
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
set -u
build=$1
. tests/unit/check-lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "test_completion.sh: $1" >&2
	cat "$work/out" >&2
	exit 1
}

# A cagmactl that knows guests, and otherwise is ours.
cat >"$work/cagmactl" <<END
#!/bin/sh
[ "\$*" != "--json list" ] || { printf '  {\n    "name": "web",\n    "name": "wiki",\n    "name":"db",\n "name":"x[1] \\"a\\"; \$(id)"\n'; exit; }
exec $PWD/$build/host/cagmactl "\$@"
END
chmod +x "$work/cagmactl"

# completes WORDS...: what bash would offer for the last of the words is in out
completes() {
	PATH="$work:$PATH" bash -c '. systemd/cagmactl.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_cagmactl; printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >"$work/out" 2>&1
}

completes cagmactl ""
for command in $("$build/host/cagmactl" help | sed -n 's/^  \([a-z]\{3,\}\).*/\1/p'); do
	check "command $command is offered" grep -qx -- "$command" "$work/out"
done
check "there are many commands" [ "$(wc -l <"$work/out")" -ge 16 ]
completes cagmactl --json ex
check "a beginning" [ "$(cat "$work/out")" = explain ]
completes cagmactl explain w
check "guests" [ "$(tr '\n' ' ' <"$work/out")" = "web wiki " ]
completes cagmactl set ""
check "all guests" [ "$(head -n 3 "$work/out" | tr '\n' ' ')" = "web wiki db " ]
completes cagmactl set "x["
check "a name with signs of the shell is quoted" [ "$(cat "$work/out")" = 'x\[1\]\ \"a\"\;\ \$\(id\)' ]
completes cagmactl explain "."
check "a name is not a pattern" [ -z "$(cat "$work/out")" ]
completes cagmactl set web mi
check "what can be set" [ "$(cat "$work/out")" = min= ]
for words in "hold web --f:--for" "history --s:--since" "history web --d:--dir" "explain web --a:--at" "--v:--version"; do
	# shellcheck disable=SC2086 # words
	completes cagmactl ${words%:*}
	check "an option: $words" [ "$(cat "$work/out")" = "${words#*:}" ]
done
completes cagmactl hold web ""
check "a second guest is not offered" [ -z "$(cat "$work/out")" ]
completes cagmactl help ho
check "a command to be helped with" [ "$(cat "$work/out")" = hold ]
completes cagmactl set --
check "to save" [ "$(cat "$work/out")" = --save ]
completes cagmactl reserve --c
check "options of reserve" [ "$(cat "$work/out")" = --config ]
completes cagmactl reserve 5 -- xl cr
check "another program's words" [ -z "$(cat "$work/out")" ]
echo "100%: Checks: $n_checks, Failures: 0"
