#!/bin/sh
# SPDX-License-Identifier: MIT
#
# page.sh DIRECTORY - the report on stdout, of what bench.sh has put there.
set -eu
dir=$1 work=$1/work here=$(dirname "$0")

# A TSV on stdin, its first line the head; of the columns named in $1 the least is marked, and with it
# the lines whose last column is not "-".
table() {
	awk -F '\t' -v policies=" ${1:-} " '
		NR == 1 {
			printf "<div class=wide><table><tr>"
			for (i = 1; i <= NF; i++) {
				text = $i
				is_policy[i] = index(policies, " " text " ")
				gsub("_", " ", text)
				printf "<th>%s</th>", text
			}
			print "</tr>"
			n = NF
			next
		}
		{
			is_judged = policies != "  " && $1 !~ /^(cuts|of static|targets a minute)/
			least = -1
			for (i = 1; i <= n; i++)
				if (is_policy[i] && $i !~ /!/ && (least < 0 || $i + 0 < least)) least = $i + 0
			printf "<tr%s>", is_judged && $n != "-" ? " class=lost" : ""
			for (i = 1; i <= n; i++) {
				is_least = is_judged && is_policy[i] && $i !~ /!/ && $i + 0 == least
				text = $i
				if (text ~ /^[0-9]+!?$/)
					while (text ~ /[0-9][0-9][0-9][0-9]/)
						text = with_comma(text)
				printf "<td%s>%s</td>", is_least ? " class=best" : "", text
			}
			print "</tr>"
		}
		function with_comma(s,    at) {
			match(s, /[0-9]+/)
			at = RSTART + RLENGTH - 3
			while (at > RSTART && substr(s, at - 1, 1) !~ /[0-9]/) at -= 3
			return substr(s, 1, at - 1) "," substr(s, at)
		}
		END { print "</table></div>" }'
}

# What judge.awk has written with the gains before the policies.
gains_first() {
	awk -F '\t' -v OFS='\t' '{
		line = $1 OFS $2 OFS $3 OFS $(NF - 2) OFS $(NF - 1)
		for (i = 4; i < NF - 2; i++) line = line OFS $i
		print line, $NF
	}'
}

about() { # what a workload is for: the comment at its head
	sed -n -e '/SPDX/d' -e 's/^# *//p' -e '/^\[/q' "$here/workloads/$1.scn" | tr '\n' ' '
}

cat <<'EOF'
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>CAGMA: policies on simulated hosts</title>
<style>
EOF
cat "$here/page.css"
cat <<'EOF'
</style></head><body>
<h1>Policies on simulated hosts</h1>
<p>Pages swapped in and out by all guests, each policy with the agent and the period of its own
system, summed over the seeds. <em>bound</em>: no allocator could come to less. <em>gain</em>:
(static − cagma) / (static − bound). <em>knowing</em> and <em>of knowing</em>: the same for an
allocator that sees every demand before it is there and moves memory at once. A figure with ! is of a policy that let a guest be killed for
memory, or not be started. The least of a line is bold; a line where a policy was better than cagma
by more than 5 % is marked. All of this is simulated: docs/simulator.md says how.</p>
EOF
printf '<p><code>%s</code></p>\n' "$(head -n 1 "$dir/summary.txt")"
echo '<div class=plot>'
cat "$work/summary.svg"
echo '</div>'
policies=$(awk -F '\t' '$1 == "workload" { for (i = 4; i < NF - 2; i++) print $i }' "$dir/summary.txt")
tail -n +2 "$dir/summary.txt" | gains_first | table "$(echo "$policies" | tr '\n' ' ')"
echo '<h2>The defaults</h2><p>Each option of cagmad.conf by itself, the others at their defaults'
echo '(*); all workloads but the largest, on seeds that nothing above is of.</p>'
echo '<p>Better and worse: workloads on which 5 % fewer or more pages were swapped.</p>'
table <"$dir/sweeps.tsv"
echo '<h2>Over time</h2><p>Above, under cagma: what guests hold (thin: are told to), and dotted what'
echo 'their programs want. Below: what is in swap under each policy.</p>'
for svg in "$work"/plot-*.svg; do
	w=${svg##*/plot-}
	w=${w%.svg}
	printf '<h3 id="%s">%s</h3><p>%s</p>\n<div class="plot time">' "$w" "$w" "$(about "$w")"
	cat "$svg"
	echo '</div>'
done
echo '</body></html>'
