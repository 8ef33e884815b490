#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-mkguest's stages, with tools in PATH that only pretend to work: which are run, whose results
# are kept, and what happens after a failure and an interruption. make result-mkguest runs real tools.
set -u
# shellcheck source-path=SCRIPTDIR source=check-lib.sh
. tests/unit/check-lib.sh
build=${1:?usage: test_mkguest_run.sh BUILD_DIRECTORY}
mkguest=$build/guest/cagma-mkguest
work=$(mktemp -d)
pid=

finish() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
	: >"$work/go"
	rm -rf "$work"
}
trap finish EXIT

fail() {
	echo "FAIL: $1" >&2
	tail -n 20 "$work/err" >&2
	exit 1
}

# --- tools that pretend ---------------------------------------------------------------------------
bin=$work/bin
parts=$work/parts
mkdir -p "$bin" "$parts"
: >"$parts/cagma-agent.service"
: >"$parts/cagma-guest-init"
: >"$parts/cagma-agent"

# tool NAME: a program that notes its call and runs the lines on standard input
tool() {
	{
		printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n' "$1" "$work"
		cat
	} >"$bin/$1"
	chmod +x "$bin/$1"
}

tools() {
	: >"$work/calls"
	tool apt-get <<-'END'
		conf=$2
		store=${conf%/apt.conf}
		case "$*" in *linux-image-9*) : >"$store/archives/linux-image-9_9_all.deb" ;; esac
	END
	tool apt-cache <<-'END'
		printf 'linux-image\n  Depends: linux-image-9\n'
	END
	tool mmdebstrap <<-'END'
		mkdir -p t/etc t/dev
		: >t/dev/null
		for last; do shift; case $last in */root.tar) tar -C t -cf "$last" . ;; esac; done
		rm -r t
	END
	tool dpkg-deb <<-'END'
		mkdir -p "$3/boot" "$3/lib/modules/9/kernel/drivers/gpu"
		echo kernel >"$3/boot/vmlinuz-9"
		echo module >"$3/lib/modules/9/kernel/xen.ko"
		: >"$3/lib/modules/9/kernel/drivers/gpu/big.ko"
	END
	tool depmod </dev/null
	tool modprobe <<-'END'
		echo "insmod $2/lib/modules/9/kernel/xen.ko "
	END
	# shellcheck disable=SC2016
	tool mke2fs <<-'END'
		while [ "$1" != -d ]; do shift; done
		(cd "$2" && find . | sort) >"$3"
	END
	tool mkswap </dev/null
	for name in fakeroot newuidmap; do tool $name </dev/null; done
	# shellcheck disable=SC2016
	tool fakeroot <<-'END'
		while [ "$1" != -- ]; do shift; done
		shift
		exec "$@"
	END
}

# run STATUS OPTION...: makes guest g with these tools and the system's own
run() {
	expected=$1
	shift
	PATH=$bin:$PATH timeout 60 "$mkguest" --parts "$parts" --output "$work/out" \
		--cache "$work/cache" --mirror http://mirror.example/debian "$@" >"$work/stdout" 2>"$work/err"
	status=$?
	check "exit status $status, not $expected, with: $*" [ $status -eq "$expected" ]
}

says() { grep -q -e "$1" "$work/err"; }
called() { grep -q -e "$1" "$work/calls"; }
not() { ! "$@"; }
made() { [ -e "$work/out/g/$1" ]; }
nothing_made() { [ ! -e "$work/out/g" ]; }
no_partial() { [ ! -e "$work/out/g.partial" ]; }
holds() { grep -q -x -e "$1" "$work/out/g/root.ext4"; }
calls_of() { grep -c "^$1 " "$work/calls"; }

# --- options --------------------------------------------------------------------------------------
tools
run 0 --help
run 0 --version
run 2
says_usage() { says 'cagma-mkguest --help'; }
check "no name is told" says_usage
run 2 a b
run 2 --memory x g
check "a size that is none is told" says 'not a size: x'
run 2 --maxmem 100 g
check "sizes that contradict are told" says '--maxmem is less than --memory'
run 2 'g;x'
run 2 --nonsense g
run 2 --offline --download-only g
check "nothing was done" not test -s "$work/calls"
run 1 --mirror nonsense g
check "a mirror that is none is told" says 'neither a URI'

# --- a guest --------------------------------------------------------------------------------------
mkdir -p "$work/overlay/etc"
: >"$work/overlay/etc/mine"
echo key >"$work/key"
run 0 --overlay "$work/overlay" --ssh-key "$work/key" --packages vim g
for file in root.ext4 swap.img vmlinuz initrd g.cfg cagmad.entry; do
	check "$file is there" made $file
done
check "no work is left" not made work
check "nor a partial guest" no_partial
is_private() { [ "$(stat -c %a "$work/out/g")" = 700 ]; }
check "it is its owner's alone" is_private
prints_path() { [ "$(cat "$work/stdout")" = "$work/out/g/g.cfg" ]; }
check "its configuration is printed" prints_path
for file in etc/fstab etc/hostname etc/mine root/.ssh/authorized_keys \
	usr/lib/modules/9/kernel/xen.ko usr/lib/systemd/system/cagma-agent.service \
	etc/systemd/system/multi-user.target.wants/cagma-agent.service; do
	check "$file is in the root" holds "./$file"
done
check "modules for hardware are not" not holds ./usr/lib/modules/9/kernel/drivers/gpu/big.ko
check "nor devices" not holds ./dev/null
check "packages are asked for" called 'mmdebstrap.*--include=.*libxenstore4,openssh-server,vim'
check "root is locked" called 'mmdebstrap.*passwd -l root'
check "progress is told" says '^\[3/9\] making the root.* s$'

run 1 g
check "a guest is not replaced unasked" says 'is there already; --force'
: >"$work/calls"
run 0 --force --swap 0 g
check "but when asked" not made swap.img
check "packages may be fetched" not called 'no-download'
: >"$work/calls"
run 0 --force --offline g
check "offline apt is told so" called 'apt-get.*--no-download'
check "and no index is fetched" not called 'apt-get.* update'
: >"$work/calls"
rm -rf "$work/out/g"
# Whoever may read the cache may lock its directory.
flock "$work/cache/bookworm" sleep 50 &
holder=$!
run 0 --download-only g
kill "$holder"
check "only the cache is filled" nothing_made
check "and nothing is left" no_partial
check "and nothing made" not called mmdebstrap
is_roots() { [ "$(stat -c %a "$work/cache/bookworm/lock")" = 600 ]; }
check "nobody else can lock the cache" is_roots

# --- what fails -------------------------------------------------------------------------------------
# failing TOOL MESSAGE: makes the tool print the message and fail
failing() {
	tools
	tool "$1" <<-END
		echo "$2" >&2
		exit 100
	END
}
failing apt-get "E: Failed to fetch http://x  Temporary failure resolving 'x'"
run 1 g
check "a missing network is told" says 'fetching packages: the network cannot be reached'
check "with the log" says '    E: Failed to fetch'
check "nothing looks like a guest" nothing_made
failing apt-get "E: Unable to locate package nonsense"
run 1 --packages nonsense g
check "a missing package is told" says 'no package of that name'
check "and which" says '    E: Unable to locate package nonsense'
failing mmdebstrap "tar: root.tar: Cannot write: No space left on device"
run 1 g
check "a full disk is told" says 'the disk is full'
failing mke2fs "mke2fs: Could not allocate block in ext2 filesystem while populating"
run 1 g
check "a disk that is too small is told" says 'give it more by --size'
failing dpkg-deb "something new"
rm -rf "$work/out/g.partial"
run 1 g
check "what is unknown is told as it is" says 'dpkg-deb failed with status 100'
tools
rm "$parts/cagma-guest-init"
run 1 g
check "a missing part is told" says 'cagma-guest-init: No such file.*--parts'
: >"$parts/cagma-guest-init"
run 1 --ssh-key "$work/nokey" g
check "a missing key is told" says 'nokey: No such file'

# Tools that are missing: a PATH without them.
mkdir "$work/few"
for name in tar xz cp; do ln -s "$(command -v $name)" "$work/few/$name"; done
env -i PATH="$work/few" "$mkguest" --parts "$parts" --output "$work/out" --cache "$work/cache" \
	--mirror http://m.example/d g2 2>"$work/err"
if [ -x /usr/sbin/mke2fs ] && [ -x /usr/sbin/modprobe ]; then
	check "a missing tool is told by its package" says 'apt-get install.* mmdebstrap'
fi

# A disk without room is a small tmpfs, if this user may mount one.
mkdir "$work/small"
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016
	PATH=$bin:$PATH unshare -m sh -c 'mount -t tmpfs -o size=20m none "$1"; shift; exec "$@"' sh \
		"$work/small" "$mkguest" --parts "$parts" --output "$work/small" \
		--cache "$work/cache" --mirror http://m.example/d g 2>"$work/err"
	check "room that is missing is told" says 'MiB free and 1500 are needed'
fi

# --- interruptions ----------------------------------------------------------------------------------
rm -rf "$work/out"
failing mke2fs "something"
run 1 g
tools
run 0 g
check "the root is as it was left" not called '^mmdebstrap'
check "and the kernel" not called '^dpkg-deb'
check "which is told" says 'making the root.*as it was left'
check "and the guest is whole" made root.ext4
rm -rf "$work/out"
failing mke2fs "something"
run 1 g
tools
run 0 --packages vim g
check "with other packages the root is made anew" called '^mmdebstrap.*vim'

# A signal in the middle of a tool ends the tool and cagma-mkguest at once.
rm -rf "$work/out"
tools
# shellcheck disable=SC2016
tool mmdebstrap <<-END
	trap 'echo ended >"$work/tool-ended"; exit 1' TERM
	: >"$work/tool-runs"
	while [ ! -e "$work/go" ]; do sleep 0.1; done
END
PATH=$bin:$PATH "$mkguest" --parts "$parts" --output "$work/out" --cache "$work/cache" \
	--mirror http://mirror.example/debian g 2>"$work/err" &
pid=$!
waited "the tool runs" 20 test -e "$work/tool-runs"
run 1 g
check "two do not make one guest" says 'is at work in'
kill "$pid"
is_gone() { ! kill -0 "$pid"; }
waited "it ends when told to" 20 is_gone
wait "$pid"
status=$?
pid=
check "with status 1, not $status" [ $status -eq 1 ]
check "the tool was ended" test -s "$work/tool-ended"
check "nothing looks like a guest" nothing_made

# If cagma-mkguest is killed, its tool goes on, and the next run does not interfere with it.
tools
rm -f "$work/tool-runs"
tool mmdebstrap <<-END
	: >"$work/tool-runs"
	while [ ! -e "$work/go" ]; do sleep 0.1; done
END
PATH=$bin:$PATH "$mkguest" --parts "$parts" --output "$work/out" --cache "$work/cache" \
	--mirror http://mirror.example/debian g 2>"$work/err" &
pid=$!
waited "the tool runs" 20 test -e "$work/tool-runs"
kill -9 "$pid"
wait "$pid" 2>/dev/null
pid=
run 1 g
check "what was left running is told" says 'what one left running'
: >"$work/go"
tools
again() {
	PATH=$bin:$PATH "$mkguest" --parts "$parts" --output "$work/out" --cache "$work/cache" \
		--mirror http://mirror.example/debian g >/dev/null 2>"$work/err"
}
waited "and when it has ended, the guest is made" 20 again
check "as a whole" made root.ext4
check "with nothing left" no_partial

echo "100%: Checks: $n_checks, Failures: 0"
