# SPDX-License-Identifier: MIT
# picture.awk - a frame of `cagmactl top` as SVG. The signs in bars have the colours of host/ctl/top.c. Browsers make
# one space of several, so spaces are such as are not to be broken.
function escaped(c) {
	return c == "&" ? "&amp;" : c == "<" ? "&lt;" : c == " " ? "&#160;" : c == ">" ? "&gt;" : c
}
function flush_run() {
	if (run != "")
		text = text sprintf("<tspan%s>%s</tspan>", fill == "" ? "" : " fill=\"" fill "\"", run)
	run = ""
}
BEGIN {
	colour["#"] = "#6ea8fe"; colour["+"] = "#5dd39e"; colour["="] = "#56c8d8"
	colour["!"] = "#ff6b6b"; colour["|"] = "#f2c14e"; colour["<"] = "#d78bf0"
	head = 4 # lines above the guests
}
{
	is_bar = 0; fill = ""; run = ""; text = ""
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		if (c == "]" || c == "[") is_bar = c == "[" && NR > head
		is = is_bar && c in colour ? colour[c] : ""
		if (is != fill) { flush_run(); fill = is }
		run = run escaped(c)
	}
	flush_run()
	line[NR] = text
}
END {
	columns = 80; wide = 8.4; high = 18
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"cagmactl top\">\n",
		columns * wide + 24, NR * high + 24
	print "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#15181d\"/>"
	print "<g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" fill=\"#d8dee6\">"
	for (i = 1; i <= NR; i++)
		printf "<text x=\"12\" y=\"%d\"%s>%s</text>\n", 12 + i * high - 4, i == head ? " font-weight=\"bold\"" : "", line[i]
	print "</g>\n</svg>"
}
