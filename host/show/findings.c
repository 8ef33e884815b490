/* SPDX-License-Identifier: MIT */
#include "host/show/findings.h"

#include <string.h>

#define G(name) TOLD_GUEST_BIT(name)
#define H(name) TOLD_HOST_BIT(name)

/* --- the host ------------------------------------------------------------------ */

#define SILENT(function, kind)                                                                     \
	static bool function(const struct findings_host *h)                                        \
	{                                                                                          \
		return !h->has_daemon && h->silence == (kind);                                     \
	}
SILENT(has_no_daemon, SILENCE_ABSENT)
SILENT(is_denied, SILENCE_DENIED)
SILENT(is_broken, SILENCE_BROKEN)
SILENT(refuses, SILENCE_REFUSED)

static bool has_more_daemons(const struct findings_host *h)
{
	return h->n_cagmads > 1;
}

static bool is_mode(const struct findings_host *h, const char *mode)
{
	return h->has_daemon && strcmp(h->told.mode, mode) == 0;
}

static bool is_paused(const struct findings_host *h)
{
	return is_mode(h, told_mode_words[TOLD_PAUSED]);
}

static bool is_dry(const struct findings_host *h)
{
	return is_mode(h, told_mode_words[TOLD_DRY_RUN]);
}

static bool has_no_store(const struct findings_host *h)
{
	return h->has_daemon && !h->told.is_connected;
}

/* A daemon that is well makes a pass each period. */
static bool has_stopped(const struct findings_host *h)
{
	enum { PERIODS = 10 };
	return h->has_daemon && h->told.is_connected &&
	       (!TOLD_HAS(&h->told, H(pass_age_ms)) ||
		h->told.pass_age_ms > PERIODS * h->told.period_ms);
}

/* --- dom0_mem, as xl reads it: MEM, min:MEM and max:MEM, with commas between them --- */

static bool takes_word(struct text *part, const char *word)
{
	size_t len = strlen(word);
	if (part->len < len || memcmp(part->at, word, len) != 0)
		return false;
	*part = (struct text){part->at + len, part->len - len};
	return true;
}

/* True if the part is an amount that xl knows. */
static bool is_amount(struct text part)
{
	uint64_t number;
	if (!text_take_number(&part, &number))
		return false;
	return part.len == 0 || (part.len == 1 && strchr("bBkKmMgG", part.at[0]));
}

/* What one word of Xen's command line says of dom0's memory. */
struct dom0_mem {
	bool is_there, is_fixed; /* a minimum alone fixes nothing */
	bool is_known_to_xl;     /* otherwise xl takes dom0's memory as it likes */
};

static struct dom0_mem read_dom0_mem(struct text word)
{
	struct dom0_mem dom0 = {.is_there = takes_word(&word, "dom0_mem="), .is_known_to_xl = true};
	struct text part;
	bool is_minimum, has_part = false;
	while (dom0.is_there && text_cut(&word, ',', &part)) {
		is_minimum = takes_word(&part, "min:");
		if (!is_minimum)
			takes_word(&part, "max:");
		dom0.is_fixed |= !is_minimum && part.len;
		dom0.is_known_to_xl &= is_amount(part);
		has_part = true;
	}
	dom0.is_known_to_xl &= has_part;
	return dom0;
}

/* Of Xen's command line, with all its words. One that was cut may have had it behind the cut. */
static struct dom0_mem find_dom0_mem(const struct findings_host *h)
{
	size_t len = strlen(h->told.xen_options);
	struct text options = {h->told.xen_options, len}, word;
	struct dom0_mem dom0 = {false, false, false};
	if (!h->has_daemon || !TOLD_HAS(&h->told, H(xen_options)) ||
	    len == sizeof(h->told.xen_options) - 1)
		return (struct dom0_mem){true, true, true};
	while (text_cut(&options, ' ', &word)) {
		struct dom0_mem found = read_dom0_mem(word);
		if (found.is_there)
			dom0 = (struct dom0_mem){true, found.is_fixed,
						 dom0.is_known_to_xl || found.is_known_to_xl};
	}
	return dom0;
}

static bool has_no_dom0_mem(const struct findings_host *h)
{
	return !find_dom0_mem(h).is_fixed;
}

/* xl's `auto` means off if xl finds a dom0_mem that it knows, and on otherwise. */
static bool autoballoons(const struct findings_host *h)
{
	return h->autoballoon == AUTOBALLOON_ON ||
	       (h->autoballoon == AUTOBALLOON_AUTO && !find_dom0_mem(h).is_known_to_xl);
}

static bool has_squeezed(const struct findings_host *h)
{
	return h->has_squeezed;
}

static bool has_qmemman(const struct findings_host *h)
{
	return h->has_qmemman;
}

static bool has_oxenstored(const struct findings_host *h)
{
	return h->has_oxenstored;
}

/* If all guests are in alarm at once, each of them should get a step of what of the reserve is
 * lent: all but the floor. */
static bool has_small_reserve(const struct findings_host *h)
{
	uint64_t lent_kib = h->told.reserve_kib - h->told.reserve_kib / MODEL_FLOOR_SHARE;
	return h->has_daemon && lent_kib < h->told.managed * h->told.step_kib;
}

static bool is_short(const struct findings_host *h)
{
	enum { LONG_MS = 60000 };
	return h->has_daemon && TOLD_HAS(&h->told, H(short_ms)) && h->told.short_ms >= LONG_MS;
}

static bool was_cut(const struct findings_host *h)
{
	return h->has_daemon && h->told.cuts > 0 && strcmp(h->told.policy, "cagma") == 0;
}

/* --- a guest ------------------------------------------------------------------- */

static bool is_held(const struct told_guest *g, enum guest_hold hold)
{
	return TOLD_HAS(g, G(state)) && strcmp(g->state, model_hold_word(hold)) == 0;
}

#define HELD(function, hold)                                                                       \
	static bool function(const struct findings_host *h, const struct told_guest *g)            \
	{                                                                                          \
		(void)h;                                                                           \
		return is_held(g, hold);                                                           \
	}
HELD(has_no_agent, HOLD_NO_AGENT)
HELD(is_silent, HOLD_SILENT)
HELD(reports_badly, HOLD_BAD_REPORT)
HELD(is_stuck, HOLD_STUCK)
HELD(is_foreign, HOLD_FOREIGN)
HELD(is_refused, HOLD_CALL_FAILED)
HELD(is_asked, HOLD_ASKED)
HELD(is_by_hand, HOLD_BY_HAND)
HELD(is_unarrived, HOLD_UNARRIVED)
HELD(is_old, HOLD_OLD)
HELD(has_passthrough, HOLD_PASSTHROUGH)

static bool has_agent(const struct told_guest *g)
{
	return TOLD_HAS(g, G(source)) && strcmp(g->source, "agent") == 0;
}

static bool has_other_version(const struct findings_host *h, const struct told_guest *g)
{
	return has_agent(g) && TOLD_HAS(g, G(agent_version)) &&
	       strcmp(g->agent_version, h->told.version) != 0;
}

static bool has_no_alarm(const struct findings_host *h, const struct told_guest *g)
{
	(void)h;
	return has_agent(g) && TOLD_HAS(g, G(can_alarm)) && !g->can_alarm;
}

static bool has_no_credit(const struct findings_host *h, const struct told_guest *g)
{
	return has_agent(g) && g->can_alarm && !g->can_grow_itself && g->is_trusted &&
	       h->told.credit_kib > 0;
}

static bool has_no_swap(const struct findings_host *h, const struct told_guest *g)
{
	(void)h;
	return TOLD_HAS(g, G(swap_total_kib)) && g->swap_total_kib == 0;
}

/* It is wanted to hold all that it may, and still has too little available. */
static bool has_small_max(const struct findings_host *h, const struct told_guest *g)
{
	(void)h;
	return TOLD_HAS(g, G(want_kib)) && g->max_kib > 0 && g->want_kib >= g->max_kib &&
	       told_is_short(g);
}

/* A guest whose entry in cagmad.conf has equal bounds is meant to stay as it is. */
static bool has_no_room(const struct findings_host *h, const struct told_guest *g)
{
	bool is_pinned = g->min_kib >= g->max_kib && g->max_kib < g->static_max_kib;
	return TOLD_HAS(g, G(built_kib)) && TOLD_HAS(g, G(max_kib)) && g->domid != 0 &&
	       g->built_kib > 0 && !is_pinned && g->max_kib < g->built_kib + h->told.step_kib;
}

static bool takes_nothing(const struct findings_host *h, const struct told_guest *g)
{
	(void)h;
	return g->does_not_take;
}

static bool has_flooded(const struct findings_host *h, const struct told_guest *g)
{
	(void)h;
	return g->floods > 0;
}

/* --- all kinds ------------------------------------------------------------------- */

#define HOST(name, rule, about, cure)                                                              \
	{                                                                                          \
		.word = name, .what = about, .mend = cure, .is_of_host = rule                      \
	}
#define HOST_WHY(name, rule, about, cure)                                                          \
	{                                                                                          \
		.word = name, .what = about, .mend = cure, .has_why = true, .is_of_host = rule     \
	}
#define HOST_NOTE(name, rule, about, cure)                                                         \
	{                                                                                          \
		.word = name, .what = about, .mend = cure, .is_note = true, .is_of_host = rule     \
	}
#define GUEST(name, rule, about, cure)                                                             \
	{                                                                                          \
		.word = name, .what = about, .mend = cure, .is_of_guest = rule                     \
	}
#define GUEST_NOTE(name, rule, about, cure)                                                        \
	{                                                                                          \
		.word = name, .what = about, .mend = cure, .is_note = true, .is_of_guest = rule    \
	}

static const struct finding kinds[] = {
	HOST("no-daemon", has_no_daemon, "no cagmad answers: nothing is balanced",
	     "systemctl enable --now cagmad; its log says why it ended (journalctl -u cagmad)"),
	HOST_WHY("daemon-denied", is_denied, "cagmad could not be asked",
		 "run this as root, or as a member of the group cagma"),
	HOST_WHY("daemon-silent", is_broken, "cagmad could not be asked",
		 "see its log (journalctl -u cagmad); if it hangs, systemctl restart cagmad"),
	HOST_WHY("daemon-refuses", refuses, "cagmad has refused to answer",
		 "install cagmactl and cagmad of one version (cagmactl --version, cagmad "
		 "--version), and systemctl restart cagmad"),
	HOST("second-daemon", has_more_daemons, "more than one cagmad runs here",
	     "end all but the one of systemd (systemctl show -p MainPID cagmad): two of them pull "
	     "at "
	     "the same targets"),
	HOST("paused", is_paused, "cagmad is paused: no target is set", "cagmactl continue"),
	HOST("dry-run", is_dry, "cagmad runs dry: no target is set",
	     "start it without --dry-run (systemctl start cagmad)"),
	HOST("no-xenstored", has_no_store, "xenstored does not answer cagmad",
	     "look at xenstored; its guests have to be started anew if it was"),
	HOST("no-passes", has_stopped, "cagmad has made no pass for ten periods",
	     "see its log (journalctl -u cagmad), and whether xenstored or Xen hang"),
	HOST("no-dom0-mem", has_no_dom0_mem,
	     "dom0's memory is not fixed, so the toolstack takes it for guests",
	     "put dom0_mem=SIZE,max:SIZE on Xen's command line, and boot anew"),
	HOST("autoballoon", autoballoons, "xl shrinks dom0 by itself when memory is short",
	     "set autoballoon=\"off\" in /etc/xen/xl.conf"),
	HOST("squeezed", has_squeezed, "squeezed runs beside cagmad, and sets the same targets",
	     "systemctl disable --now squeezed: a host can have one balancer"),
	HOST("qmemman", has_qmemman, "qmemman runs beside cagmad, and sets the same targets",
	     "systemctl disable --now qubes-qmemman: a host can have one balancer"),
	HOST_NOTE("oxenstored", has_oxenstored,
		  "xenstored is the OCaml one, which limits what a guest may write",
		  "none, while agents report; if they fall silent, raise quota-transaction and the "
		  "rate limits in /etc/xen/oxenstored.conf"),
	HOST("small-reserve", has_small_reserve,
	     "the reserve is small for so many guests: if all are in alarm, it cannot give each "
	     "of them a step",
	     "raise reserve_mib in cagmad.conf, to four thirds of step_mib for each guest at least "
	     "(3 MiB with a step_mib of 2)"),
	HOST("overloaded", is_short, "guests have lacked memory for more than a minute",
	     "lower what guests use or their minimums, or move one away (cagmactl list)"),
	HOST("cuts", was_cut, "the safety contract had to cut what the policy wanted",
	     "this is a bug of CAGMA: please report it, with the record of the pass"),
	GUEST("no-agent", has_no_agent, "it has no agent, so it keeps what it holds",
	      "install cagma-agent in it, and start it (systemctl enable --now cagma-agent)"),
	GUEST("agent-silent", is_silent, "its agent has not reported for 45 s or longer",
	      "look in the guest: systemctl status cagma-agent"),
	GUEST("bad-report", reports_badly, "its reports make no sense, so it keeps what it holds",
	      "see cagmad's log for what is wrong, and update its agent"),
	GUEST("agent-version", has_other_version, "its agent is of another version than cagmad",
	      "update cagma-agent in it"),
	GUEST("no-alarm", has_no_alarm, "its agent raises no alarms, so help comes late",
	      "update cagma-agent in it"),
	GUEST("no-self-grow", has_no_credit, "its agent cannot use credit, so help comes later",
	      "let its agent write /sys/devices/system/xen_memory: see cagma-agent(8)"),
	GUEST("no-swap", has_no_swap, "it has no swap, so a peak that is too fast kills processes",
	      "give it swap, of a quarter of its memory for a start"),
	GUEST("small-max", has_small_max, "it is short, and holds all that it may",
	      "raise max_mib in cagmad.conf, or maxmem= in its xl.cfg and build it anew"),
	GUEST("balloon-stuck", is_stuck, "its balloon does not give what it is asked for",
	      "look in the guest for the xen-balloon driver, and for memory that it cannot free"),
	GUEST("foreign-balancer", is_foreign, "another balancer manages it",
	      "end that one, and remove its memory/dynamic-min from xenstore"),
	GUEST("libxl-failed", is_refused, "libxl refuses to set its target",
	      "see cagmad's log for libxl's reason"),
	GUEST("not-arriving", is_unarrived, "its kernel does not use memory that it was given",
	      "look in the guest for mem= on its kernel's command line, and for memory that is "
	      "not online"),
	GUEST("does-not-take", takes_nothing, "it does not take what it was promised",
	      "look in the guest: is the xen-balloon driver there, and does it log why"),
	GUEST("report-old", is_old, "what another's agent last told of it is too old",
	      "look at that agent in the guest, or install cagma-agent"),
	GUEST("no-room", has_no_room, "it can never hold more than it was built with",
	      "set maxmem= above memory= in its xl.cfg and build it anew; or raise its max_mib in "
	      "cagmad.conf, if there is one"),
	GUEST_NOTE("passthrough", has_passthrough,
		   "it has a PCI device passed through, so it keeps what it holds",
		   "none: Xen cannot move the memory of such a guest"),
	GUEST_NOTE("held", is_asked, "an administrator holds it",
		   "cagmactl resume, if that is over"),
	GUEST_NOTE("moved-by-hand", is_by_hand,
		   "somebody has set its target, so it is left alone for by_hand_s",
		   "cagmactl resume, if that is over"),
	GUEST("floods", has_flooded, "it has written its keys too fast",
	      "update its agent; or list it in cagmad.conf with untrusted=1"),
};

const struct finding *findings_at(unsigned i)
{
	return i < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[i] : NULL;
}
