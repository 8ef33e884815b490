/* SPDX-License-Identifier: MIT */
/*
 * exhibit calm|hostile SPEED SECONDS: plays a host with cagmad and cagma-exporter for a browser to
 * look at. Time runs SPEED times as fast. When SECONDS of the host's time have passed, it prints
 * the exporter's port, and goes on until its standard input ends. A line `stop` ends cagmad, and
 * `start` starts it again; each is repeated on stdout when it is done.
 *
 * The guests of a hostile host have names that would be markup, script or an address if a page took
 * them for that.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/toolstack/result.h"

struct part {
	const char *name;
	unsigned memory_mib, max_mib;
	const char *demand;
	bool has_agent;
};

static const struct part calm[] = {
	{"web", 256, 768, "spikes 90 420 140 45", true},
	{"db", 384, 1024, "diurnal 160 520 700", true},
	{"build", 256, 640, "random 60 480 60 7", true},
	{"shop", 256, 448, "0:120 200:120 420:440 800:440 900:150", true},
	{"mail", 256, 512, "0:90 300:170", true},
	{"proxy", 192, 384, "random 40 150 90 3", true},
	{"legacy", 256, 512, "0:80", false},
};

static const struct part hostile[] = {
	{"<img src=x onerror=\"window.pwned=1\">", 128, 256, "0:40", true},
	{"<script>window.pwned=1</script>", 128, 256, "0:40", true},
	{"</script><script>window.pwned=1</script>", 128, 256, "0:40", true},
	{"</title></style><svg onload=window.pwned=1>", 128, 256, "0:40", true},
	{"\"><iframe srcdoc='<script>parent.pwned=1</script>'>", 128, 256, "0:40", true},
	{"' onmouseover='window.pwned=1' x='", 128, 256, "0:40", true},
	{"javascript:window.pwned=1", 128, 256, "0:40", true},
	{"&lt;b&gt;&amp;&#60;i&#62;", 128, 256, "0:40", true},
	{"\\u003cb\\u003e\\\"};window.pwned=1;//", 128, 256, "0:40", true},
	{"${window.pwned=1}{{pwned}}`", 128, 256, "0:40", true},
	{"__proto__", 128, 256, "0:40", true},
	{"constructor", 128, 256, "0:40", false},
	{"a\033[31m\n# EOF\ncagma_up 7\n", 128, 256, "0:40", true},
	{"\xc3\xa4\xf0\x9f\x92\xa3\xff", 128, 256, "0:40", true},
	{"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", 128, 256, "0:40", true},
};

enum {
	FREE_CALM_MIB = 2400,
	FREE_HOSTILE_MIB = 4096,
};
#define LOG "toolstack/exhibit/exporter.log"

static const char config[] = "reserve_mib = 64\ndefault_min_mib = 96\n"
			     "guests = [ \"name=db, min_mib=256, max_mib=1024, weight=512\" ]\n";

static struct lab *lab;
static pid_t cagmad;

/* The name is written when the guest is there: files of the lab are called by the first one. */
static void boot(unsigned i, const struct part *p)
{
	struct lab_guest_options options = LAB_GUEST;
	struct lab_guest *guest;
	char path[64];
	snprintf(options.name, sizeof(options.name), "g%u", i);
	options.memory_kib = p->memory_mib * MIB;
	options.max_kib = p->max_mib * MIB;
	options.has_agent = p->has_agent;
	options.demand = lab_demand(p->demand);
	guest = result_boot(lab, &options);
	snprintf(path, sizeof(path), "/local/domain/%u/name", lab_guest_domid(guest));
	if (!xs_write(lab_store(lab), XBT_NULL, path, p->name, (unsigned)strlen(p->name)))
		result_fail("cannot write %s", path);
}

static void start_cagmad(void)
{
	if (lab_cagmad_start(lab, config, NULL, &cagmad) != 0)
		result_fail("%s", lab_error());
}

static bool port_is_known(void *arg)
{
	char line[512];
	FILE *log = fopen(result_built(LOG), "re");
	while (log && fgets(line, sizeof(line), log)) {
		const char *at = strstr(line, "http://127.0.0.1:");
		if (at)
			*(unsigned *)arg = (unsigned)atoi(at + strlen("http://127.0.0.1:"));
	}
	if (log)
		fclose(log);
	return *(unsigned *)arg != 0;
}

static unsigned start_exporter(void)
{
	const char *const argv[] = {result_built("host/cagma-exporter"), "--listen", "127.0.0.1:0",
				    NULL};
	unsigned port = 0;
	pid_t pid;
	if (lab_spawn(lab, LAB_ROLE_DOM0, NULL, argv, "exporter", false, &pid) != 0)
		result_fail("%s", lab_error());
	if (!lab_wait(port_is_known, &port, RESULT_SOON_MS))
		result_fail("the exporter does not listen; see %s", result_built(LOG));
	return port;
}

static void hold(const char *name)
{
	const char *const argv[] = {result_built("host/cagmactl"), "hold", name, NULL};
	pid_t pid;
	if (lab_spawn(lab, LAB_ROLE_DOM0, NULL, argv, "cagmactl", true, &pid) != 0 ||
	    lab_end(pid, 0, RESULT_SOON_MS) != 0)
		result_fail("%s cannot be held", name);
}

static void take_orders(void)
{
	char line[16];
	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "stop\n") == 0)
			lab_end(cagmad, SIGTERM, RESULT_SOON_MS);
		if (strcmp(line, "start\n") == 0)
			start_cagmad();
		fputs(line, stdout);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	bool is_calm = argc == 4 && strcmp(argv[1], "calm") == 0;
	unsigned n =
		is_calm ? sizeof(calm) / sizeof(calm[0]) : sizeof(hostile) / sizeof(hostile[0]);
	const struct part *part = is_calm ? calm : hostile;
	if (argc != 4) {
		fputs("usage: exhibit calm|hostile SPEED SECONDS\n", stderr);
		return 2;
	}
	result_init("exhibit", 1, argv);
	if (unshare(CLONE_NEWUTS) < 0 || sethostname("xen1", 4) < 0)
		result_fail("the host cannot have a name of its own: %s", strerror(errno));
	lab = result_lab(is_calm ? FREE_CALM_MIB : FREE_HOSTILE_MIB, (uint32_t)atoi(argv[2]));
	for (unsigned i = 0; i < n; i++)
		boot(i, &part[i]);
	start_cagmad();
	unsigned port = start_exporter();
	if (lab_begin(lab) != 0)
		result_fail("%s", lab_error());
	uint64_t until_ms = lab_clock_ms() + (uint64_t)atoi(argv[3]) * 1000;
	while (lab_clock_ms() < until_ms)
		usleep(10000);
	if (is_calm)
		hold("proxy");
	printf("%u\n", port);
	fflush(stdout);
	take_orders();
	lab_stop(lab);
	return 0;
}
