/* SPDX-License-Identifier: MIT */
/*
 * monitoring - prints docs/monitoring.md, its table of metrics from host/exposition/metrics.h.
 *
 * Run by `make docs`; `make check-docs` fails when the document differs.
 */
#include "host/exposition/metrics.h"

#include <stdio.h>

static const char intro[] =
	"# Metrics and the live page\n"
	"\n"
	"<!-- Made from host/exposition/metrics.h by `make docs`. Do not edit. -->\n"
	"\n"
	"[cagma-exporter(8)](man/cagma-exporter.8) asks cagmad on its control socket and answers "
	"over HTTP, in a process of its own without rights. It is off and on loopback unless you "
	"say otherwise:\n"
	"\n"
	"    sudo make install-exporter\n"
	"    sudo systemd-sysusers && sudo systemctl daemon-reload && sudo systemctl restart "
	"cagmad\n"
	"    sudo systemctl enable --now cagma-exporter\n"
	"\n"
	"`systemd-sysusers` makes the group `cagma`, whose members may ask cagmad for what changes "
	"nothing; cagmad looks for the group when it starts.\n"
	"\n"
	"## The live page\n"
	"\n"
	"http://localhost:9849/ shows the host, each guest's bar, the last quarter of an hour, and "
	"why each was last changed. From another computer: `ssh -L 9849:localhost:9849 "
	"xen1.example.org`.\n"
	"\n"
	"![The live page: guests as bars of used and available memory, with their history]"
	"(page.png)\n"
	"\n"
	"The page is one file without anything from elsewhere. Names of guests are put into it as "
	"text alone, and its Content-Security-Policy lets nothing run but its own script, by its "
	"checksum. `make result-page` shows it to Chromium with hostile names.\n"
	"\n"
	"## Prometheus\n"
	"\n"
	"    scrape_configs:\n"
	"      - job_name: cagma\n"
	"        static_configs:\n"
	"          - targets: [\"localhost:9849\"]\n"
	"    rule_files:\n"
	"      - /usr/local/share/cagma/cagma.rules.yml\n"
	"\n"
	"A Prometheus on another machine needs `--listen` in `/etc/default/cagma-exporter`, and "
	"`IPAddressAllow=` in a drop-in for the unit. There is no password and no encryption; "
	"where "
	"that is not enough, put a proxy in front.\n"
	"\n"
	"The alerts are in `host/exporter/prometheus/cagma.rules.yml`: the exporter or its host "
	"is gone; cagmad does not answer, "
	"makes no passes, has lost xenstored or was paused and forgotten; a plan was refused; "
	"calls of libxl fail; the host or a guest is short of memory; an agent is stale; a balloon "
	"is stuck. A guest has one sample of `cagma_guest_state`, for the state it is in: a sample "
	"for "
	"each of the 18 states would be more than half as many series again, and alerts on a state "
	"need none. `host/exporter/prometheus/cagma-dashboard.json` is a dashboard for Grafana "
	"(*Dashboards*, *Import*). `make result-exporter` has Prometheus' own promtool judge "
	"metrics and alerts.\n"
	"\n"
	"## The metrics\n"
	"\n"
	"Amounts are in bytes, times in seconds. A moment is a timestamp, so its age is `time()` "
	"less the metric. While cagmad does not answer, `cagma_up` is 0 and only the first part of "
	"the table is there. What is not known is left out.\n";

static const struct {
	enum metrics_scope scope;
	const char *about;
} parts[] = {
	{METRICS_OF_EXPORTER, "**Of the exporter itself**"},
	{METRICS_OF_HOST, "**Of cagmad and the host**"},
	{METRICS_OF_STATE, "**Of all guests**, a sample for each `state`"},
	{METRICS_OF_GUEST, "**Of each guest**, with the labels `guest` (its name) and `domid`"},
};

static const char *const types[] = {
	[METRICS_GAUGE] = "gauge", [METRICS_COUNTER] = "counter", [METRICS_INFO] = "info"};

int main(void)
{
	const struct metrics_row *row;
	fputs(intro, stdout);
	for (unsigned k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
		printf("\n%s\n\n| Metric | Type | What it says |\n| --- | --- | --- |\n",
		       parts[k].about);
		for (unsigned i = 0; (row = metrics_at(i)); i++)
			if (row->scope == parts[k].scope)
				printf("| `%s` | %s | %s |\n", row->name, types[row->type],
				       row->help);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
