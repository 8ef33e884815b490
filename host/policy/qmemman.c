/* SPDX-License-Identifier: MIT */
#include "host/policy/qmemman.h"

#include "common/amount.h"
#include "host/policy/policy.h"

#define MIB INT64_C(1048576)

/* The original's constants, under its names if it has any. MIN_PREFMEM is how the original reads
 * the "200M" of its configuration file. */
#define CACHE_FACTOR        1.3
#define MEM_OVERHEAD_FACTOR (1.0 / 1.00781)
#define ROUNDING_FACTOR     0.999
#define MIN_PREFMEM         INT64_C(200000000)
#define DOM0_MEM_BOOST      (350 * MIB)
#define XEN_FREE_MEM_LEFT   (50 * MIB)
#define LEAST_FREE          (45 * MIB) /* must stay free when a guest gets memory */
#define MIN_TRANSFER        (150 * MIB)
#define MIN_CHANGE          (15 * MIB)
#define MIN_SURPLUS         (10 * MIB)
#define BALLOON_DELAY_MS    100
#define BALLOON_TRIES       5

/* If a target is not in force after so long, it has failed or was cut. */
#define SET_MS 5000

/* How soon to look again if a target waits until another one is in force. */
#define CALL_MS 20

#define MAX_EVENTS 1000 /* of one guest, that wait to be balanced for */

/* 64 TiB: amounts are cut to it, so that no sum of bytes overflows. */
#define MAX_KIB (UINT64_C(1) << 36)

/* One call of the policy. */
struct pass {
	const struct snapshot *snap;
	struct qmemman_guest *guest;
	struct qmemman_host *host;
	int64_t free_b; /* memory that is assigned to no guest */
	bool has_set;   /* a guest was told its size in this pass */
};

static int64_t bytes(uint64_t kib)
{
	return (int64_t)amount_min(kib, MAX_KIB) * 1024;
}

static bool is_ours(const struct guest_view *view)
{
	return view->hold == HOLD_NONE;
}

static bool is_live(const struct pass *p, unsigned i)
{
	return is_ours(&p->snap->guest[i]) && p->guest[i].has_used && !p->guest[i].no_progress;
}

static int64_t pref_b(const struct qmemman_guest *q)
{
	double pref = (double)q->used_b * CACHE_FACTOR + (double)(q->is_dom0 ? DOM0_MEM_BOOST : 0);
	if (pref > (double)q->max_b)
		pref = (double)q->max_b;
	return q->is_dom0 || pref > (double)MIN_PREFMEM ? (int64_t)pref : MIN_PREFMEM;
}

static int64_t need_b(const struct qmemman_guest *q)
{
	return pref_b(q) - q->actual_b;
}

/* Memory that the guest was assigned and does not hold yet. */
static int64_t pending_b(const struct qmemman_guest *q)
{
	return q->assigned_b > q->current_b ? q->assigned_b - q->current_b : 0;
}

/* --- events -------------------------------------------------------------- */

/* `used` by this report. A negative number means that the original's agent would not have sent
 * it. */
static int64_t used_b(const struct report *r)
{
	uint64_t total_kib = r->balloon_current_kib ? r->balloon_current_kib : r->total_kib;
	return bytes(total_kib) - bytes(r->buffers_kib) - bytes(r->cached_kib) -
	       bytes(r->free_kib) + bytes(r->swap_total_kib) - bytes(r->swap_free_kib);
}

static void take_report(struct qmemman_guest *q, const struct guest_view *view)
{
	bool is_event = view->has_report && (!q->has_report || view->report.seq != q->seq);
	if (!is_event || used_b(&view->report) < 0)
		return;
	q->has_report = true;
	q->seq = view->report.seq;
	q->reported_b = used_b(&view->report);
	if (q->n_events < MAX_EVENTS)
		q->n_events++;
}

/* If somebody else has set the guest's target, or the contract has cut it, the guest counts as
 * assigned to the target that is in force. */
static void take_target(struct qmemman_guest *q, const struct guest_view *view, uint64_t now_ms)
{
	bool is_on_its_way = q->is_known && is_ours(view) && now_ms < q->set_ms + SET_MS;
	if (view->target_kib == q->target_kib || is_on_its_way)
		return;
	q->target_kib = view->target_kib;
	q->assigned_b = bytes(model_reach_kib(view, view->target_kib));
}

static void refresh(struct pass *p)
{
	const struct host_view *host = &p->snap->host;
	unsigned n_known = 0;
	int64_t free_b = bytes(amount_less(host->free_kib, model_kept_kib(host)));
	p->free_b = (int64_t)((double)free_b * MEM_OVERHEAD_FACTOR);
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		struct qmemman_guest *q = &p->guest[i];
		n_known += q->is_known;
		take_target(q, view, host->now_ms);
		take_report(q, view);
		q->is_known = true;
		q->is_dom0 = view->domid == 0;
		q->current_b = bytes(view->alm_kib);
		q->actual_b = q->current_b + pending_b(q);
		q->max_b = bytes(view->max_kib);
		p->free_b -= pending_b(q);
	}
	if (n_known != p->host->n_guests || n_known != p->snap->n_guests)
		p->host->guests_changed = true;
	p->host->n_guests = p->snap->n_guests;
}

static bool has_events(const struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++)
		if (p->guest[i].n_events)
			return true;
	return p->host->guests_changed;
}

/* The guest whose report is taken next; guests take turns. At least one guest has an event. */
static unsigned next_reporter(const struct pass *p)
{
	unsigned first = p->snap->n_guests;
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		if (!p->guest[i].n_events)
			continue;
		if (p->snap->guest[i].domid > p->host->last_domid)
			return i;
		if (first == p->snap->n_guests)
			first = i;
	}
	return first;
}

static void take_event(struct pass *p)
{
	if (p->host->guests_changed) {
		p->host->guests_changed = false;
		return;
	}
	unsigned i = next_reporter(p);
	struct qmemman_guest *q = &p->guest[i];
	p->host->last_domid = p->snap->guest[i].domid;
	q->n_events--;
	q->has_used = true;
	q->used_b = q->reported_b;
}

/* --- what everybody is to be assigned ------------------------------------ */

static void forget_requests(struct pass *p)
{
	p->host->is_waiting = false;
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		p->guest[i].role = QMEMMAN_NONE;
		p->guest[i].is_set = false;
	}
}

static void request(struct qmemman_guest *q, enum qmemman_role role, int64_t request_b)
{
	q->role = role;
	q->request_b = request_b;
}

/* Memory that did not fit under some guests' max goes to the others in even parts. */
static void divide_evenly(struct pass *p, int64_t left_b, int n_takers)
{
	while (left_b > 0 && n_takers > 0) {
		int64_t bonus_b = (int64_t)(ROUNDING_FACTOR * ((double)left_b / n_takers));
		left_b = 0;
		for (unsigned i = 0; i < p->snap->n_guests; i++) {
			struct qmemman_guest *q = &p->guest[i];
			if (!is_live(p, i) || q->request_b >= q->max_b)
				continue;
			q->request_b += bonus_b;
			if (q->request_b < q->max_b)
				continue;
			left_b += q->request_b - q->max_b;
			q->request_b = q->max_b;
			n_takers--;
		}
	}
}

static void divide_plenty(struct pass *p, int64_t sum_pref_b, int64_t plenty_b)
{
	int64_t left_b = 0;
	int n_takers = 0;
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		struct qmemman_guest *q = &p->guest[i];
		if (!is_live(p, i))
			continue;
		double pref = (double)pref_b(q);
		double share = pref / (double)sum_pref_b;
		int64_t give_b = (int64_t)(ROUNDING_FACTOR * (pref + share * (double)plenty_b));
		n_takers += give_b <= q->max_b;
		if (give_b > q->max_b) {
			left_b += give_b - q->max_b;
			give_b = q->max_b;
		}
		q->request_b = give_b;
	}
	divide_evenly(p, left_b, n_takers);
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		struct qmemman_guest *q = &p->guest[i];
		if (is_live(p, i))
			q->role = q->request_b < q->actual_b ? QMEMMAN_GIVES : QMEMMAN_TAKES;
	}
}

static bool is_donor(const struct qmemman_guest *q)
{
	return need_b(q) < 0 || q->actual_b >= q->max_b;
}

static void divide_shortage(struct pass *p, int64_t pool_b)
{
	int64_t sum_pref_b = 0; /* of the guests that take */
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		struct qmemman_guest *q = &p->guest[i];
		if (!is_live(p, i))
			continue;
		if (!is_donor(q)) {
			sum_pref_b += pref_b(q);
		} else if (-need_b(q) >= MIN_SURPLUS) {
			/* the need is negative: as in the original, the pool shrinks */
			pool_b += need_b(q);
			request(q, QMEMMAN_GIVES, pref_b(q));
		}
	}
	for (unsigned i = 0; i < p->snap->n_guests && pool_b >= 0; i++) {
		struct qmemman_guest *q = &p->guest[i];
		if (!is_live(p, i) || is_donor(q))
			continue;
		double share = (double)pref_b(q) / (double)sum_pref_b;
		double give = (double)q->actual_b + share * (double)pool_b;
		int64_t give_b = (int64_t)(ROUNDING_FACTOR * give);
		request(q, QMEMMAN_TAKES, give_b < q->max_b ? give_b : q->max_b);
	}
}

static void divide(struct pass *p)
{
	int64_t sum_pref_b = 0, pool_b = p->free_b - XEN_FREE_MEM_LEFT, plenty_b = pool_b;
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		if (!is_live(p, i))
			continue;
		sum_pref_b += pref_b(&p->guest[i]);
		plenty_b -= need_b(&p->guest[i]);
	}
	if (plenty_b > 0)
		divide_plenty(p, sum_pref_b, plenty_b);
	else
		divide_shortage(p, pool_b);
}

static bool is_worth_it(const struct pass *p)
{
	int64_t over_b = p->free_b - XEN_FREE_MEM_LEFT;
	int64_t sum_b = over_b < 0 ? -over_b : over_b;
	if (-over_b > MIN_CHANGE)
		return true;
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct qmemman_guest *q = &p->guest[i];
		if (q->role == QMEMMAN_NONE)
			continue;
		int64_t change_b = q->request_b - q->assigned_b;
		sum_b += change_b < 0 ? -change_b : change_b;
		if (q->assigned_b > 0 && q->assigned_b < pref_b(q) && change_b > MIN_CHANGE)
			return true;
	}
	return sum_b > MIN_TRANSFER;
}

/* Guests that came near to the size they were assigned, or need memory themselves, count again. */
static void clear_no_progress(struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		struct qmemman_guest *q = &p->guest[i];
		if (q->actual_b <= q->assigned_b + XEN_FREE_MEM_LEFT / 2 ||
		    (q->has_used && need_b(q) > 0))
			q->no_progress = false;
	}
}

static void balance(struct pass *p)
{
	clear_no_progress(p);
	divide(p);
	if (!is_worth_it(p)) {
		forget_requests(p);
		return;
	}
	for (unsigned i = 0; i < p->snap->n_guests; i++)
		p->guest[i].at_start_b = p->guest[i].actual_b;
	p->host->tries = BALLOON_TRIES;
}

/* --- telling them, one after the other ----------------------------------- */

static void set(struct pass *p, unsigned i, int64_t give_b)
{
	const struct guest_view *view = &p->snap->guest[i];
	struct qmemman_guest *q = &p->guest[i];
	if (give_b > q->max_b)
		give_b = q->max_b;
	p->free_b += pending_b(q);
	q->assigned_b = give_b > 0 ? give_b : 0;
	p->free_b -= pending_b(q);
	q->target_kib = model_target_kib(view, (uint64_t)q->assigned_b / 1024);
	q->set_ms = p->snap->host.now_ms;
	q->is_set = p->has_set = true;
	p->host->tries = BALLOON_TRIES;
}

static bool is_to_be_told(const struct pass *p, unsigned i, enum qmemman_role role)
{
	const struct qmemman_guest *q = &p->guest[i];
	return q->role == role && !q->is_set && is_ours(&p->snap->guest[i]);
}

static bool can_afford(const struct pass *p, const struct qmemman_guest *q)
{
	return p->free_b - (q->request_b - q->actual_b) >= LEAST_FREE;
}

/* The wait has not helped, so guest `at` gets what is free, and the other requests are dropped. */
static void give_up(struct pass *p, unsigned at)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		struct qmemman_guest *q = &p->guest[i];
		if (q->is_set && q->actual_b > q->assigned_b + XEN_FREE_MEM_LEFT / 4 &&
		    q->actual_b == q->at_start_b)
			q->no_progress = true;
	}
	set(p, at, p->free_b + p->guest[at].actual_b - XEN_FREE_MEM_LEFT);
	forget_requests(p);
}

/* Tells the guests their new sizes, donors first, until there is not enough memory for the next
 * guest. If a wait has ended, it counts as a try for the first guest that is still to be told. */
static void tell(struct pass *p, bool has_waited)
{
	p->host->is_waiting = false;
	for (enum qmemman_role role = QMEMMAN_GIVES; role <= QMEMMAN_TAKES; role++)
		for (unsigned i = 0; i < p->snap->n_guests; i++) {
			if (!is_to_be_told(p, i, role))
				continue;
			if (has_waited && --p->host->tries == 0) {
				give_up(p, i);
				return;
			}
			has_waited = false;
			if (!can_afford(p, &p->guest[i])) {
				p->host->is_waiting = true;
				p->host->until_ms = p->snap->host.now_ms + BALLOON_DELAY_MS;
				return;
			}
			set(p, i, p->guest[i].request_b);
		}
	forget_requests(p);
}

/* --- the plan ------------------------------------------------------------ */

/* True if a guest is to lose memory that it was promised and does not hold yet. */
static bool takes_back(const struct pass *p)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		if (is_ours(view) && p->guest[i].target_kib < view->target_kib &&
		    model_pending_kib(view))
			return true;
	}
	return false;
}

/* Makes an action of every target that was set and is not in force yet. Memory that is taken back
 * can be given to another guest only once the lower target is in force. */
static void add_actions(const struct pass *p, struct plan *plan)
{
	bool shrinks_only = takes_back(p);
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct guest_view *view = &p->snap->guest[i];
		const struct qmemman_guest *q = &p->guest[i];
		if (is_ours(view) && q->target_kib != view->target_kib &&
		    !(shrinks_only && q->target_kib > view->target_kib))
			plan->action[plan->n_actions++] = (struct action){
				i, q->target_kib,
				q->assigned_b < q->actual_b ? REASON_GIVE : REASON_NEED};
		if (q->role == QMEMMAN_TAKES && !q->is_set && q->request_b > q->actual_b)
			plan->promised_kib += (uint64_t)(q->request_b - q->actual_b) / 1024;
	}
	plan_order(p->snap, plan);
	if (shrinks_only)
		plan->wake_ms = amount_min(plan->wake_ms, p->snap->host.now_ms + CALL_MS);
}

static void set_verdicts(const struct pass *p, struct plan *plan)
{
	for (unsigned i = 0; i < p->snap->n_guests; i++) {
		const struct qmemman_guest *q = &p->guest[i];
		struct verdict *v = &plan->verdict[i];
		if (q->has_used)
			v->want_kib = (uint64_t)pref_b(q) / 1024;
		v->goal_kib = (uint64_t)q->assigned_b / 1024;
	}
}

static void decide(const struct policy_conf *conf, const struct snapshot *snap,
		   struct memory *memory, struct plan *plan)
{
	struct pass p = {.snap = snap, .guest = memory_guests(memory), .host = memory_host(memory)};
	uint64_t now_ms = snap->host.now_ms;
	(void)conf;
	refresh(&p);
	if (!snap->host.xl_is_building) {
		if (p.host->is_waiting && now_ms >= p.host->until_ms)
			tell(&p, true);
		while (!p.host->is_waiting && !p.has_set && has_events(&p)) {
			take_event(&p);
			balance(&p);
			tell(&p, false);
		}
		if (p.host->is_waiting)
			plan->wake_ms = amount_min(plan->wake_ms, p.host->until_ms);
		else if (has_events(&p))
			plan->wake_ms = now_ms;
	}
	add_actions(&p, plan);
	set_verdicts(&p, plan);
}

const struct policy policy_qmemman = {
	.name = "qmemman",
	.about = "as Qubes OS's balancer does: for comparison",
	.decide = decide,
	.size = {MEMORY_OF_GUEST(struct qmemman_guest), MEMORY_OF_HOST(struct qmemman_host)},
};
