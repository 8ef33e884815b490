#!/bin/bash
# SPDX-License-Identifier: MIT
# pacemaker.sh BUILD - has Pacemaker's own programs place the guests of two played hosts, by what cagma-pacemaker writes
# into a CIB in a file, and says how many guests move:
#
#	RESULT pacemaker-advice short_moved=1 moved=NAME settled_moved=0 calm_moved=0 burst_moved=0 raw_burst_moved=N …
#
# raw_burst_moved is the control: with the want of the moment as hv_memory, a burst of 20 s moves a guest.
set -eu
export LC_ALL=C
build=$1
unpacked=$PWD/build/pacemaker
export PATH=$unpacked/usr/sbin:$PATH PCMK_schema_directory=$unpacked/usr/share/pacemaker
libraries=$unpacked/usr/lib/$(gcc -dumpmachine):$unpacked/usr/lib
export LD_LIBRARY_PATH=$libraries
room=$(mktemp -d)
trap 'stop_host; rm -rf "$room"' EXIT
mkdir "$room/shadow"
export CIB_shadow_dir=$room/shadow CIB_file=$room/cib.xml
capacity=6144
host=''

# --- the cluster: xen1 has the guests that are named, xen2 has x1; all figures are those of `make_cib NAME=MIB…`

operation() { # RESOURCE NODE RUNS-ON
	local code=7
	[ "$2" != "$3" ] || code=0
	cat <<END
<lrm_resource id="$1" class="ocf" provider="heartbeat" type="Xen"><lrm_rsc_op id="$1_last_0"
 operation_key="$1_monitor_0" operation="monitor" crm_feature_set="3.16.1" transition-key="1:0:7:00000000-0000-0000-0000-000000000000"
 transition-magic="0:$code;1:0:7:00000000-0000-0000-0000-000000000000" call-id="1" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"
 rc-code="$code" op-status="0" interval="0"/></lrm_resource>
END
}
# make_cib [RESOURCE=NODE=MIB[=PARAMETER]]...
make_cib() {
	local node resource rest on mib parameter
	{
		cat <<END
<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0" crm_feature_set="3.16.1" have-quorum="1" dc-uuid="1">
<configuration><crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/>
<nvpair id="o2" name="placement-strategy" value="balanced"/></cluster_property_set></crm_config><nodes>
END
		for node in 1 2; do
			echo "<node id=\"$node\" uname=\"xen$node\"><utilization id=\"u$node\"><nvpair id=\"u${node}m\"" \
				"name=\"hv_memory\" value=\"$capacity\"/></utilization></node>"
		done
		echo "</nodes><resources>$extra"
		for resource in "$@"; do
			IFS='=' read -r resource on mib parameter <<<"$resource"
			cat <<END
<primitive id="$resource" class="ocf" provider="heartbeat" type="Xen"><meta_attributes id="$resource-m">
<nvpair id="$resource-m1" name="allow-migrate" value="true"/><nvpair id="$resource-m2" name="resource-stickiness" value="100"/>
</meta_attributes>
END
			[ -z "$parameter" ] || echo "<instance_attributes id=\"$resource-i\"><nvpair id=\"$resource-i1\"" \
				"name=\"$parameter\" value=\"true\"/></instance_attributes>"
			cat <<END
<utilization id="$resource-u"><nvpair id="$resource-u1" name="hv_memory" value="$mib"/></utilization>
<operations><op id="$resource-mon" name="monitor" interval="10s"/></operations></primitive>
END
		done
		echo '</resources><constraints/></configuration><status>'
		for node in 1 2; do
			echo "<node_state id=\"$node\" uname=\"xen$node\" in_ccm=\"true\" crmd=\"online\" join=\"member\"" \
				"expected=\"member\"><lrm id=\"$node\"><lrm_resources>"
			for resource in "$@"; do
				IFS='=' read -r resource on rest <<<"$resource"
				operation "$resource" "xen$node" "$on"
			done
			echo '</lrm_resources></lrm></node_state>'
		done
		echo '</status></cib>'
	} >"$CIB_file"
}
extra=''
calm_cib() {
	make_cib web=xen1=1800 db=xen1=1800 ci=xen1=1800 x1=xen2=900
}
# moves: the resources that Pacemaker would move now, a line each
moves() {
	crm_simulate -x "$CIB_file" -S 2>"$room/simulated" >"$room/simulation" || {
		cat "$room/simulation" "$room/simulated" >&2
		exit 1
	}
	sed -n 's/^ *[*] *\(Migrate\|Move\|Restart\|Stop\|Start\) *\([^ ]*\) .*/\2/p' "$room/simulation"
}
figure() { # RESOURCE
	crm_resource --resource "$1" --utilization --get-parameter hv_memory --quiet
}

node_figure() { # NODE
	crm_attribute --type nodes --node "$1" --utilization --name hv_memory --query --quiet
}

# --- a host

start_host() { # GUEST=STATE=MIB*S,…
	stop_host
	rm -f "$room/control"
	coproc HOST { exec "$build/tests/engines/played" "$room/control" "$capacity" "$@"; }
	host=$HOST_PID
	host_in=${HOST[1]}
	read -r _ <&"${HOST[0]}"
}
stop_host() {
	[ -n "$host" ] || return 0
	eval "exec $host_in>&-"
	wait "$host" || true
	host=''
}
tell() { # NODE [OPTION...]
	local node=$1
	shift
	"$build/host/cagma-pacemaker" --once --node "$node" --control "$room/control" "$@" 2>>"$room/log"
}
# play GUEST…: what xen1's host says of these goes into the CIB
play() {
	start_host "$@"
	tell xen1
}
fail() {
	echo "pacemaker.sh: $1" >&2
	tail -n 20 "$room/log" >&2
	exit 1
}

# --- short: one guest is moved, and then no other
calm_cib
play web=managed=1800*300,2600*100 db=managed=1800*300,2200*100 ci=managed=1800*400
short=$(moves)
[ "$(figure web)" = 2600 ] || fail "web's figure is $(figure web)"
make_cib "web=xen1=$(figure web)" "db=xen1=$(figure db)" "ci=xen2=$(figure ci)" x1=xen2=900
# the guest that came is known for half a minute, and keeps its figure
start_host ci=managed=1800*30 x1=managed=900*400
tell xen2
play web=managed=2600*400 db=managed=2200*400
settled=$(moves)

# --- while it is migrated, its figure stays
calm_cib
play web=managed=1800*300,2600*100 db=managed=1800*300,2200*100 ci=migrating=900*400
[ "$(figure ci)" = 1800 ] || fail "a guest that is migrated has another figure: $(figure ci)"
# --- what comes is counted by its resource, and not as a guest that the cluster does not know
calm_cib
start_host x1=managed=900*400 ci--incoming=building=1800*400
tell xen2
[ "$(node_figure xen2)" = "$capacity" ] || fail "a guest that comes is taken off the node: $(node_figure xen2)"
start_host x1=managed=900*400 stranger=managed=1800*400
tell xen2
[ "$(node_figure xen2)" = $((capacity - 1800)) ] || fail "a guest that is no resource is not taken off the node"

# --- when cagmad has just been started, figures stay
calm_cib
play web=managed=2600*50 db=managed=2200*50 ci=managed=1800*50
[ "$(figure web)" = 1800 ] || fail "a cagmad that has just been started changes a figure to $(figure web)"

# --- neither does a guest that is no resource change the node's, though it holds much
start_host web=managed=1800*50 stranger=managed=1800*50
tell xen1
[ "$(node_figure xen1)" = "$capacity" ] || fail "a guest that has just come is taken off the node: $(node_figure xen1)"

# --- calm for ten minutes, each minute
calm_moved=0
calm_cib
for s in 60 120 180 240 300 360 420 480 540 600; do
	play "web=managed=1800*$s" "db=managed=1800*$s" "ci=managed=1700*$s"
	calm_moved=$((calm_moved + $(moves | wc -l)))
done

# --- a burst of 20 s, looked at every 5 s until two minutes later; and the same as it would look raw
burst_moved=0 raw_burst_moved=0
calm_cib
for s in 5 10 15 20 25 30 40 50 60 70 80 100 120 140; do
	burst=$((s < 20 ? s : 20))
	play "web=managed=1800*300,2600*$burst,1800*$((s - burst))" "db=managed=1800*300,2200*$burst,1800*$((s - burst))" \
		"ci=managed=1800*$((300 + s))"
	burst_moved=$((burst_moved + $(moves | wc -l)))
done
make_cib web=xen1=2600 db=xen1=2200 ci=xen1=1800 x1=xen2=900
raw_burst_moved=$(moves | wc -l)

# --- others that write hv_memory
refused=0
make_cib web=xen1=1800=autoset_utilization_hv_memory db=xen1=1800 ci=xen1=1800 x1=xen2=900
cp "$CIB_file" "$room/before"
start_host web=managed=2600*400 db=managed=2200*400 ci=managed=1800*400
tell xen1 || refused=$((refused + 1))
cmp -s "$CIB_file" "$room/before" || fail "it writes beside autoset"
extra='<primitive id="nu" class="ocf" provider="heartbeat" type="NodeUtilization"/>'
calm_cib
cp "$CIB_file" "$room/before"
tell xen1 || refused=$((refused + 1))
cmp -s "$CIB_file" "$room/before" || fail "it writes beside NodeUtilization"
extra=''
grep -q 'autoset_utilization_hv_memory, by which' "$room/log" || fail "it does not say what autoset does"
grep -q 'resource nu (NodeUtilization) writes' "$room/log" || fail "it does not name NodeUtilization"
make_cib web=xen1=1800=allow_mem_management db=xen1=1800 ci=xen1=1800 x1=xen2=900
tell xen1 || fail "it refuses beside allow_mem_management"
grep -q 'web has allow_mem_management' "$room/log" || fail "it does not warn of allow_mem_management"

# --- a guest by libvirt, whose agent writes hv_memory unless it is told not to
printf '<domain type="xen"><name>lib</name></domain>\n' >"$room/lib.xml"
libvirt() { # [NVPAIR]
	echo "<primitive id=\"r7\" class=\"ocf\" provider=\"heartbeat\" type=\"VirtualDomain\"><instance_attributes id=\"r7-i\">" \
		"<nvpair id=\"r7-c\" name=\"config\" value=\"$room/lib.xml\"/>${1:-}</instance_attributes></primitive>"
}
start_host web=managed=1800*400 db=managed=1800*400 ci=managed=1800*400 lib=managed=700*400
extra=$(libvirt)
calm_cib
tell xen1 || refused=$((refused + 1))
grep -q 'resource r7 has autoset_utilization_hv_memory, which is on unless' "$room/log" || fail "it does not name r7"
extra=$(libvirt '<nvpair id="r7-a" name="autoset_utilization_hv_memory" value="false"/>')
calm_cib
tell xen1 || fail "it refuses a guest by libvirt"
[ "$(figure r7) $(node_figure xen1)" = "700 $capacity" ] || fail "a guest by libvirt is counted $(figure r7) and $(node_figure xen1)"
extra=''

# --- an engine that is down: said once, tried again after 1, 2, 4 s
mkdir "$room/bin"
printf '#!/bin/sh\necho tried >>%s\nexit 1\n' "$room/tries" >"$room/bin/cibadmin"
chmod 755 "$room/bin/cibadmin"
PATH=$room/bin:$PATH timeout 6 "$build/host/cagma-pacemaker" --every 1 --node xen1 --control "$room/control" \
	2>"$room/down" || true
tries=$(wc -l <"$room/tries")
said=$(grep -c "Pacemaker's configuration cannot be read: cibadmin failed" "$room/down")
grep -q 'growing pauses' "$room/down" || fail "it does not say that it tries again"

count() {
	printf '%s' "$1" | grep -c . || true
}
result="short_moved=$(count "$short") moved=${short:-none} settled_moved=$(count "$settled") calm_moved=$calm_moved"
result="$result burst_moved=$burst_moved raw_burst_moved=$raw_burst_moved refused=$refused"
echo "RESULT pacemaker-advice $result down_tries=$tries down_said=$said"
[ "$(count "$short") $(count "$settled") $calm_moved $burst_moved $raw_burst_moved $refused $said" = "1 0 0 0 1 3 1" ]
[ "$tries" -ge 2 ] && [ "$tries" -le 4 ]
