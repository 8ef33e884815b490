# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Where the packages of the Xen lab's images come from.

SUITE=bookworm

# The machine's own Debian sources as one-line entries; whatever else apt knows is left out.
debian_sources() {
	local suites="$SUITE $SUITE-updates $SUITE-security"

	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		awk -v suites=" $suites " '$1 == "deb" && / main( |$)/ {
			for (i = 2; i <= NF; i++)
				if (index(suites, " " $i " ")) { print; next }
		}' || true
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		awk -v suites=" $suites " -v RS= -F'\n' '{
			uri = suite = component = key = type = ""
			for (i = 1; i <= NF; i++) {
				value = $i
				sub(/^[^:]*:[ \t]*/, "", value)
				if ($i ~ /^Types:/) type = value
				if ($i ~ /^URIs:/) uri = value
				if ($i ~ /^Suites:/) suite = value
				if ($i ~ /^Components:/) component = value
				if ($i ~ /^Signed-By:/) key = value
				if ($i ~ /^Enabled:[ \t]*no/) type = ""
			}
			if (type !~ /(^| )deb( |$)/ || component !~ /(^| )main( |$)/)
				next
			option = key ~ /^\// ? " [signed-by=" key "]" : ""
			n = split(uri, uris, /[ \t]+/)
			m = split(suite, names, /[ \t]+/)
			for (u = 1; u <= n; u++)
				for (s = 1; s <= m; s++)
					if (index(suites, " " names[s] " "))
						print "deb" option " " uris[u] " " names[s] " main"
		}' "$file"
	done
}
