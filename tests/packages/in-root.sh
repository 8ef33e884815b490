#!/bin/sh
# SPDX-License-Identifier: MIT
# in-root.sh - runs inside a small Debian that has apt and nothing else: installs the packages of before/, upgrades
# them to those of now/, removes and purges them, as an administrator would, and looks at what is there and what is
# not. Writes the fields of the result into the file "result". Runs in the directory that has all these.
set -u
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
cd "$(dirname "$0")" || exit 1
# shellcheck source-path=SCRIPTDIR source=../unit/check-lib.sh
. ./check-lib.sh

fail() {
	echo "in the root: $1" >&2
	[ ! -s apt.log ] || tail -n 30 apt.log >&2
	exit 1
}
apt() {
	apt-get -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >apt.log 2>&1
}
all_of() { # before | now
	ls ./"$1"/*.deb
}
says_version() { # PROGRAM VERSION
	[ "$("$1" --version | awk '{ print $NF }')" = "$2" ]
}
version_of() { # before | now
	dpkg-deb -f ./"$1"/cagma_*.deb Version
}
is_enabled() { # UNIT
	[ -L "/etc/systemd/system/multi-user.target.wants/$1" ]
}
is_gone() {
	for path in "$@"; do
		[ ! -e "$path" ] && [ ! -L "$path" ] || return 1
	done
}
installed_kib() {
	# shellcheck disable=SC2016 # dpkg's own words
	dpkg-query -W -f '${Installed-Size}\n' | awk '{ sum += $1 } END { print sum }'
}
# What these two say is by apt's own defaults, of which mmdebstrap changes one.
would_install() { # PACKAGE...: how many packages that adds
	apt-get install -s -o APT::Install-Recommends=true "$@" | grep -c '^Inst '
}
would_take() { # PACKAGE...: how much disk that takes, as apt says it
	apt-get install --assume-no -o APT::Install-Recommends=true "$@" 2>/dev/null | sed -n 's/^After this operation, \(.*\) of additional .*/\1/p' |
		tr -d ' '
}
before=$(version_of before) now=$(version_of now)

# --- a guest: what the agent adds to it, and what a compiler would
compiler_packages=$(would_install make gcc libxen-dev)
compiler_takes=$(would_take make gcc libxen-dev)
guest_packages=$(would_install ./now/cagma-agent_*.deb)
kib=$(installed_kib)
check "the agent is installed" apt install ./before/cagma-agent_*.deb
guest_kib=$(($(installed_kib) - kib))
check "the agent brings at most libxenstore and what that needs" [ "$guest_packages" -le 3 ]
check "the agent runs" says_version /usr/sbin/cagma-agent "$before"
check "its unit is enabled" is_enabled cagma-agent.service

# --- dom0
# shellcheck disable=SC2046 # names of files, without blanks
check "all are installed" apt install $(all_of before)
for program in cagmad cagmactl cagma-exporter cagma-ganeti cagma-migrate cagma-mkguest cagma-pacemaker cagma-sim; do
	check "$program is there" [ -x "/usr/sbin/$program" ]
done
check "the daemon runs" says_version /usr/sbin/cagmad "$before"
check "it takes its configuration" cagmad --check-config
check "its unit is enabled" is_enabled cagmad.service
check "what listens is not started unasked" is_gone /etc/systemd/system/multi-user.target.wants/cagma-exporter.service
check "there is the group for looking" grep -q ^cagma: /etc/group
check "the configuration is a conffile" grep -q /etc/xen/cagmad.conf /var/lib/dpkg/info/cagma.conffiles
check "the static agent needs nothing" says_version /usr/lib/cagma/static/cagma-agent "$before"
installed=1

# --- what an administrator did, and the daemon wrote, is there after the upgrade
echo '# mine' >>/etc/xen/cagmad.conf
mkdir -p /var/lib/cagma/guests/web /var/cache/cagma-mkguest
echo kept >/var/lib/cagma/history
rm /etc/systemd/system/multi-user.target.wants/cagma-agent.service
# shellcheck disable=SC2046
check "all are upgraded" apt install $(all_of now)
check "the daemon is the new one" says_version /usr/sbin/cagmad "$now"
check "the agent is the new one" says_version /usr/sbin/cagma-agent "$now"
check "the configuration is the administrator's" grep -qx '# mine' /etc/xen/cagmad.conf
check "the history is there" grep -qx kept /var/lib/cagma/history
check "what was enabled is enabled" is_enabled cagmad.service
check "what was disabled is not" is_gone /etc/systemd/system/multi-user.target.wants/cagma-agent.service
upgraded=1

# --- removed, and purged
check "all are removed" apt remove cagma cagma-agent cagma-agent-static cagma-engines cagma-exporter cagma-sim
check "no program is left" is_gone /usr/sbin/cagmad /usr/sbin/cagma-agent /usr/sbin/cagma-exporter /usr/lib/cagma /lib/systemd/system/cagmad.service
check "the configuration stays" grep -qx '# mine' /etc/xen/cagmad.conf
check "the history stays" grep -qx kept /var/lib/cagma/history
check "what left something behind is purged" apt purge cagma cagma-agent
check "no configuration is left" is_gone /etc/xen/cagmad.conf
check "no history is left, and no cache" is_gone /var/lib/cagma/history /var/cache/cagma-mkguest
check "the guests that were made stay" [ -d /var/lib/cagma/guests/web ]
rm -r /var/lib/cagma

# --- where systemd runs, units are started and stopped. It is played: what it is told is written down.
mkdir -p /run/systemd/system
cat >/usr/bin/systemctl <<END
#!/bin/sh
echo "\$*" >>$PWD/told
case \$* in
*is-enabled*) echo enabled ;;
*is-active*) [ -e $PWD/active ] ;;
esac
END
printf '#!/bin/sh\nexit 0\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/bin/systemctl /usr/sbin/policy-rc.d
told() { # VERB
	sed 's/--quiet //; s/--system //' told | grep -q "^$1 .*cagmad.service"
}
# shellcheck disable=SC2046
check "all are installed again" apt install $(all_of before)
check "cagmad was started" told start
rm told
touch active
# shellcheck disable=SC2046
check "all are upgraded again" apt install $(all_of now)
check "cagmad was started anew" told restart
rm told
mkdir -p /var/lib/cagma
check "all are purged at once" apt purge cagma cagma-agent cagma-agent-static cagma-engines cagma-exporter cagma-sim
check "cagmad was stopped" told stop
rm -r /run/systemd/system /usr/bin/systemctl
find /etc /usr /lib /var /run -xdev -name '*cagma*' ! -path '/var/log/*' ! -path '/var/cache/apt/*' ! -path "$PWD/*" >left
check "nothing is left: $(cat left)" [ ! -s left ]
purged=1

echo "installed=$installed upgraded=$upgraded purged=$purged checks=$n_checks guest_packages=$guest_packages" \
	"guest_kib=$guest_kib compiler_packages=$compiler_packages compiler_takes=$compiler_takes" >result
