#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-migrate with an xl that only pretends and the played libxc: what is run with which
# environment, what happens when something is missing or fails, and when it is interrupted.
set -u
# shellcheck source-path=SCRIPTDIR source=../unit/check-lib.sh
. tests/unit/check-lib.sh
build=${1:?usage: test_migrate.sh BUILD_DIRECTORY}
build=$(cd "$build" && pwd)
work=$(mktemp -d)
minor=$(pkg-config --modversion xencontrol | cut -d . -f 2)
pid=

finish() {
	[ -z "$pid" ] || kill -9 -- -"$pid" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT

fail() {
	echo "FAIL: $1" >&2
	tail -n 20 "$work/err" >&2
	exit 1
}

# As xl does it: the receiver is run by sh, the helper saves, and the guest is here unless the
# receiver has come to its end.
mkdir -p "$work/bin"
cat >"$work/bin/xl" <<END
#!/bin/sh
echo "xl \$*" >>"$work/calls"
case \$1 in
info)
	if [ "\$(cat "$work/fault")" = no-xen ]; then
		echo 'xencall: error: Could not obtain handle on privileged command interface' >&2
		echo 'libxl: error: cannot open libxc handle' >&2
		exit 1
	fi
	echo "xen_version            : \$(cat "$work/version")" ;;
domid) [ "\$3" = web ] && echo 7 ;;
list) [ "\$3" = web ] ;;
mem-set) ;;
migrate-receive) env >"$work/receiver.env"; cat >/dev/null ;;
migrate)
	echo "helper=\${LIBXL_SAVE_HELPER:-stock}" >>"$work/calls"
	[ "\$(cat "$work/fault")" != xl ] || exit 3
	sh -c "\$6" </dev/null || exit 1
	\${LIBXL_SAVE_HELPER:-$build/tests/migrate/fakehelper-own} --save-domain 1 -1 7 1 136 0 >"$work/helper.out" || {
		echo "Migration failed, resuming at sender." >&2
		exit 1
	}
	if [ "\$(cat "$work/fault")" = handover ]; then
		touch "$work/handover"
		tries=1200
		until grep -q 'too late' "$work/err" || [ \$((tries -= 1)) -eq 0 ]; do
			sleep 0.05
		done
	fi
	echo "Migration successful." >&2 ;;
esac
END
chmod +x "$work/bin/xl"
PATH=$work/bin:$PATH
TMPDIR=$work/tmp
mkdir "$TMPDIR"
export PATH TMPDIR

# run ARGUMENT...: its status is $status
run() {
	: >"$work/calls"
	rm -f "$work/receiver.env" "$work/helper.out"
	status=0
	"$build/host/cagma-migrate" --parts "$build/host" \
		--helper "$build/tests/migrate/fakehelper-own" "$@" >"$work/out" 2>"$work/err" ||
		status=$?
}

says() {
	grep -q -- "$1" "$work/err"
}

calls() {
	grep -q -- "$1" "$work/calls"
}

never() {
	! "$@"
}

echo "4.$minor.7-pre" >"$work/version"
echo none >"$work/fault"

# --- it migrates
run web localhost
check "a migration succeeds" [ $status -eq 0 ]
check "xl is told to migrate, without ssh" calls '^xl migrate -s  -- web unset '
check "the helper is ours" calls "^helper=$build/host/cagma-save-helper"
check "all pages arrive" grep -q 'corrupt=0 unsent=0' "$work/helper.out"
check "the receiver runs" [ -s "$work/receiver.env" ]
check "the receiver knows nothing of the helper" never grep -q 'SAVE_HELPER' "$work/receiver.env"
check "rounds are shown" says 'round 1: .* pages to send'
check "what was sent is summed up" says '^[0-9]* pages (.* MiB) sent in '
check "nothing is left behind" [ -z "$(ls "$TMPDIR")" ]

for algorithm in stock hold ar; do
	run --algorithm $algorithm --report "$work/report" --record "$work/record" -q web localhost
	check "$algorithm succeeds" [ $status -eq 0 ]
	check "$algorithm is taken" grep -q "algorithm=$algorithm" "$work/report"
	check "$algorithm is recorded" grep -q '^final ' "$work/record"
	check "it is quiet" never says 'pages'
done

LD_PRELOAD='' run web there -s "sh -c 'shift; exec sh -c \"\$1\"' x"
check "by something like ssh" [ $status -eq 0 ]
check "the receiver runs there too" [ -s "$work/receiver.env" ]

# --- what is not ours is migrated as without us
echo 4.1.0 >"$work/version"
run web localhost
check "another Xen: it succeeds" [ $status -eq 0 ]
check "another Xen: it is said" says 'this is Xen 4.1,'
check "another Xen: by xl alone" calls '^helper=stock'
echo "4.$minor.7-pre" >"$work/version"
run --helper "$build/tests/migrate/fakehelper-other" web localhost
check "another helper: it succeeds" [ $status -eq 0 ]
check "another helper: it is said" says 'not the one of Xen 4.'
check "another helper: the stock number of rounds" grep -q 'rounds=3 .*corrupt=0' "$work/helper.out"
run --parts "$work" web localhost
check "no library: it succeeds" [ $status -eq 0 ]
check "no library: it is said" says 'libcagma-precopy.so'
check "no library: by xl alone" calls '^helper=stock'
run --helper "$work/none" web localhost
check "no helper: it succeeds" [ $status -eq 0 ]
check "no helper: it is said" says 'save helper is not where'

export LIBXL_SAVE_HELPER="$build/host/cagma-save-helper"
: >"$work/calls"
timeout 60 "$build/host/cagma-migrate" --parts "$build/host" web localhost >"$work/out" 2>"$work/err"
check "our own helper as xl's: it ends" [ $? -ne 124 ]
check "our own helper as xl's: it is said" says "is cagma's, and not xl's own save helper"
unset LIBXL_SAVE_HELPER

# --- failures
run other localhost
check "no such domain" [ $status -eq 1 ]
check "it is said" says 'there is no domain other'
for domain in web 7; do
	echo no-xen >"$work/fault"
	run "$domain" localhost
	check "no Xen, or no root: $domain is not migrated" [ $status -eq 1 ]
	check "it is said, in xl's words" says 'xl info fails: xencall: error: Could not obtain'
	check "it is not said that there is no such domain" never says 'no domain'
	check "nothing is migrated then" never calls '^xl migrate '
	echo none >"$work/fault"
done
mkdir "$work/without-xl"
ln -s "$(command -v timeout)" "$work/without-xl/timeout"
status=0
PATH=$work/without-xl "$build/host/cagma-migrate" web localhost 2>"$work/err" || status=$?
check "no xl: it is not migrated" [ $status -eq 1 ]
check "no xl: it is said" says 'xl cannot be used here.*No such file'
check "nothing is migrated then" never calls '^xl migrate '
echo xl >"$work/fault"
run web localhost
check "xl's status is ours" [ $status -eq 3 ]
check "where the guest is, is said" says 'web was not migrated; it is here'
echo none >"$work/fault"
FAKEXC_FAULT=final run web localhost
check "a save that fails" [ $status -eq 1 ]
check "xl's words are shown" says 'resuming at sender'
run --report "$work/no/where" web localhost
check "a report that cannot be written" [ $status -eq 1 ]
check "nothing is migrated then either" never calls '^xl migrate '
# wrong TEXT ARGUMENT...: it is called wrongly, which says which word is wrong, and where help is
wrong() {
	text=$1
	shift
	run "$@"
	check "wrong usage: $text" [ $status -eq 2 ]
	check "it is said: $text" says "^cagma-migrate: .*$text"
	check "where help is: $text" says '; see cagma-migrate --help$'
	check "in one line: $text" [ "$(wc -l <"$work/err")" -eq 1 ]
}
wrong 'a domain and a host are missing'
wrong 'the host that web is to migrate to is missing' web
wrong 'a word too many: more' web there more
wrong '"-oProxyCommand=sh" is no name of a host' -- web -oProxyCommand=sh
wrong 'there is no option --bogus' --bogus web there
wrong 'there is no option -Z' -Z web there
wrong '--record needs a value' web there --record
wrong '--algorithm xor: there are stock, hold, ar' --algorithm xor web there
wrong '--max-downtime 1s: it takes 1 to 3600000 ms' --max-downtime 1s web there

# --- a downtime that is longer than is allowed
echo none >"$work/fault"
FAKEXC_ROUND_MS=200 run --algorithm stock --max-downtime 1 web localhost
check "a downtime above the bound: it is not migrated" [ $status -eq 1 ]
check "it is said" says 'would be suspended for .* ms, where 1 are allowed'
check "where the guest is, is said then, too" says 'web was not migrated; it is here'
FAKEXC_ROUND_MS=20 run --algorithm stock --max-downtime 60000 web localhost
check "a downtime below the bound: it is migrated" [ $status -eq 0 ]

# --- interrupted: the signal goes to all, as the terminal's does
# begin ENVIRONMENT OPTION...
begin() {
	variable=$1
	shift
	: >"$work/calls"
	rm -f "$work/handover"
	setsid env "$variable" "$build/host/cagma-migrate" --parts "$build/host" \
		--helper "$build/tests/migrate/fakehelper-own" "$@" web localhost \
		>"$work/out" 2>"$work/err" &
	pid=$!
}

# interrupt SIGNAL
interrupt() {
	kill -s "$1" -- -"$pid"
	status=0
	wait "$pid" || status=$?
	pid=
}

# cancelled WHAT SIGNAL ENVIRONMENT OPTION...: while the helper waits
cancelled() {
	about=$1 signal=$2
	shift 2
	begin "$@"
	waited "$about: the helper is started" 60 pgrep -g "$pid" -f -- --save-domain >/dev/null
	interrupt "$signal"
	check "$about: it fails" [ $status -eq 1 ]
	check "$about: it is cancelled" says 'cancelling: the guest runs on here'
	check "$about: xl came to its end by itself" says 'resuming at sender'
	check "$about: the guest is here" says 'web was not migrated; it is here'
}

for signal in INT HUP; do
	cancelled "$signal" $signal FAKEHELPER_WAIT=1
done
cancelled "another helper" INT FAKEHELPER_WAIT=1 --helper "$build/tests/migrate/fakehelper-other"
cancelled "no library" INT FAKEHELPER_WAIT=1 --parts "$work"

# too_late WHAT OPTION...: the helper is through, and xl hands over
too_late() {
	about=$1
	shift
	begin FAKEXC_ROUND_MS=200 "$@"
	waited "$about: the guest is handed over" 120 [ -e "$work/handover" ]
	interrupt INT
	check "$about: it is too late" says 'too late: '
	check "$about: xl came to its end by itself" says 'Migration successful'
	check "$about: it succeeds" [ $status -eq 0 ]
}

echo handover >"$work/fault"
too_late "the library"
too_late "no library" --parts "$work"

echo "  $n_checks checks"
