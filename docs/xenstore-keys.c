/* SPDX-License-Identifier: MIT */
/*
 * xenstore-keys - prints docs/xenstore-keys.md from the tables of keys.h and toolkeys.h.
 *
 * Run by `make docs`; `make check-docs` fails when the document differs.
 */
#include "common/keys.h"
#include "host/reserve/toolkeys.h"

#include <inttypes.h>
#include <stdio.h>

static const char intro[] =
	"# What CAGMA keeps in xenstore\n"
	"\n"
	"<!-- Made from common/keys.h and host/reserve/toolkeys.h by `make docs`. Do not edit. "
	"-->\n"
	"\n"
	"`cagma-agent` in a guest and `cagmad` on the host talk through a few keys of xenstore. "
	"Nothing else connects them: no network, no channel, no change to the toolstack. "
	"This page is for people who look at those keys or write a program that does.\n"
	"\n"
	"To see all of them for the guest with domain id 5, on the host:\n"
	"\n"
	"    xenstore-ls -f /local/domain/5/data/cagma\n"
	"    xenstore-ls -f /local/domain/5/cagma\n"
	"\n"
	"(Without `-f`, `xenstore-ls` cuts long values at the width of the terminal.) "
	"The domain id changes when a guest reboots or migrates; `xl domid NAME` prints it.\n"
	"\n"
	"## The keys\n"
	"\n"
	"Paths are below `/local/domain/N`, N being the guest's domain id. Sizes are in KiB.\n"
	"\n"
	"| Key | Written by | Longest, bytes | What it says |\n"
	"| --- | --- | ---: | --- |\n";

static const char who[] =
	"\n"
	"The guest's keys are below `data/`, which every toolstack lets the guest write. The "
	"guest can read the host's keys, and cannot change them.\n"
	"\n"
	"**A guest is not trusted.** `cagmad` reads these keys of the guest and no others, bounds "
	"their length, and treats a value that breaks this page in any way as absent. The numbers "
	"of a guest are checked against those of the hypervisor. How often a guest writes does "
	"not decide how often `cagmad` works.\n"
	"\n"
	"**When the keys are there.** The agent writes `data/cagma/agent` and then the first "
	"report when it starts, after the guest was migrated or restored (xenstore forgets a "
	"guest's own keys then), and when somebody has removed them. When the agent is stopped "
	"it removes `data/cagma/agent` and `data/cagma/alarm`; the last report stays, for people "
	"to read. `cagmad` writes its keys when they change and removes them when it stops.\n";

static const char lines[] =
	"\n"
	"## Lines\n"
	"\n"
	"Each of the guest's keys holds one line: words `name=value`, separated by single spaces, "
	"in any order, each name at most once. A value is a decimal number (no sign, no leading "
	"zero), or a word of `a-z 0-9 . , + ~ -`. There is no end of line. One line is one write, "
	"so its numbers always belong together.\n"
	"\n"
	"A reader passes over names that it does not know, so that newer agents can say more. "
	"A name whose meaning changes raises the protocol version, which is now %d. A number that "
	"the guest's kernel does not offer is left out; it is never given as 0.\n";

static void print_keys(void)
{
	fputs(intro, stdout);
	for (unsigned i = 0; i < KEY_COUNT_; i++)
		printf("| `%s` | %s | %zu | %s |\n", keys_table[i].path,
		       keys_table[i].writer == KEY_WRITER_GUEST ? "guest" : "host",
		       keys_table[i].max_bytes, keys_table[i].about);
	fputs(who, stdout);
	printf(lines, KEYS_PROTOCOL);
}

static void print_table(const struct line_format *format)
{
	fputs("| Name | Always there | Unit | Largest | What it says |\n"
	      "| --- | --- | --- | ---: | --- |\n",
	      stdout);
	for (unsigned i = 0; i < format->n_fields; i++) {
		const struct line_field *field = &format->field[i];
		printf("| `%s` | %s | %s | %" PRIu64 "%s | %s |\n", field->name,
		       field->required ? "yes" : "no",
		       field->kind == LINE_WORD ? "word" : field->unit, field->max,
		       field->kind == LINE_WORD ? " bytes" : "", field->about);
	}
}

static void print_fields(enum key_id id, const char *text)
{
	printf("\n## %s\n\n%s\n", keys_table[id].path, text);
	print_table(keys_format(id));
}

static const char reservations[] =
	"\n"
	"## Reservations\n"
	"\n"
	"`cagmactl`, `cagma-migrate` and `cagmad` talk below `/tool/cagma`, which only dom0 can "
	"read. "
	"Reservations stand there, so that they survive a restart of `cagmad`:\n"
	"\n"
	"    xenstore-ls -f /tool/cagma\n"
	"\n"
	"`last-reservation`, the name, `migrating/%%` and the host's amounts are plain values; the "
	"others are lines as above. No value is longer than %d bytes. %% is the number of a "
	"reservation, which is "
	"never given to another one. Removing `reservation/%%` releases the reservation. Times are "
	"milliseconds of `CLOCK_BOOTTIME`.\n"
	"\n"
	"In `migrating/%%`, %% is a domain id. The key holds the id of the process that migrates "
	"the guest, and the process writes it again every second. For three seconds from each "
	"write on, `cagmad` leaves the guest's target alone, whoever sets it, and gives the guest "
	"no credit: a guest that grows while it is migrated may not fit the memory that the other "
	"host has prepared.\n"
	"\n"
	"In `built/%%`, %% is a UUID. The memory that a guest was built with is its own "
	"(`guaranteed_permyriad` in cagmad.conf(5)). The key outlives `cagmad` and the "
	"guest's reboots, and is removed when the guest is destroyed. It is written anew when "
	"static-max changes while the guest runs, or the guest comes back as another domain.\n"
	"\n"
	"| Key | Written by | What it says |\n"
	"| --- | --- | --- |\n";

static const char *const examples[TOOLKEYS_KEYS_] = {
	[TOOLKEYS_DAEMON] = "protocol=1 pid=812 version=" CAGMA_VERSION,
	[TOOLKEYS_REQUEST] = "size_kib=528384 wait_until_ms=3684410 until_ms=3984410",
	[TOOLKEYS_STATE] = "state=waiting there_kib=131072",
	[TOOLKEYS_BUILT] = "built_kib=524288 max_kib=1048576 domid=7",
};

static void print_reservations(void)
{
	printf(reservations, TOOLKEYS_MAX_BYTES);
	for (unsigned i = 0; i < TOOLKEYS_KEYS_; i++)
		printf("| `" TOOLKEYS_ROOT "/%s` | %s | %s |\n", toolkeys_table[i].path,
		       toolkeys_table[i].writer, toolkeys_table[i].about);
	for (unsigned i = 0; i < TOOLKEYS_KEYS_; i++) {
		const struct line_format *format = toolkeys_format((enum toolkeys_key)i);
		if (!format)
			continue;
		printf("\n### %s\n\n    %s\n\n", toolkeys_table[i].path, examples[i]);
		print_table(format);
	}
}

int main(void)
{
	char text[1024];
	print_keys();
	print_fields(KEY_AGENT,
		     "    protocol=1 version=" CAGMA_VERSION " abilities=report,alarm,self-grow\n");
	snprintf(
		text, sizeof(text),
		"The agent writes a report when memory has changed enough to matter to this guest, "
		"at most ten times a second, and otherwise every %d seconds. `cagmad` treats a "
		"guest whose last report is older than %d seconds as silent. Counters count from "
		"the guest's boot and never go back.\n"
		"\n"
		"    seq=1 uptime_ms=81230 total_kib=404332 free_kib=281220 avail_kib=310480 …\n",
		KEYS_HEARTBEAT_MS / 1000, KEYS_STALE_MS / 1000);
	print_fields(KEY_REPORT, text);
	print_fields(
		KEY_ALARM,
		"An alarm is a short report, written at once when the guest is short of memory: "
		"AVM is below `cagma/cma_kib` and there is evidence of need, or AVM will be used "
		"up before `cagmad` would look. While the shortage lasts, the alarm is written "
		"anew, with the next number: at most five times a second when it has become "
		"worse, and otherwise at intervals that grow to a second. `cagmad` answers an "
		"alarm in a pass of its own.\n"
		"\n"
		"Reasons, the strongest first: `swap-in` and `anon-refault` (memory comes back "
		"from swap), `stall` (all tasks waited), `direct-reclaim`, `running-out`, "
		"`falling` (AVM is still being used up) and `kswapd`. Readers take any word.\n"
		"\n"
		"    seq=1 uptime_ms=81230 reason=direct-reclaim total_kib=404332 "
		"avail_kib=20480 fill_kib_s=61440 psi_some_us=91200 psi_full_us=40100\n");
	print_reservations();
	return fflush(stdout) == 0 ? 0 : 1;
}
