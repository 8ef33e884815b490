# SPDX-License-Identifier: MIT
# What the policies come to on the simulator's workloads. Part of the top Makefile.
#
#: make result-sim-suite     plays every policy on every workload, with twelve seeds that nothing is tuned on: 20 min;
#:                           a run that was interrupted goes on, SIM_JOBS= are played at a time (2)
#: make result-policy-scale  measures a decision of cagma, by the number of guests
#: make bench                writes a page with the matrix, plots and sweeps of the defaults: build/bench/index.html,
#:                           in 2 min; make bench-quick: under a minute, with one seed and no sweeps
#: make result-sim-vs-real   plays what the last run of the Xen lab recorded, beside that record
#: make result-precopy-sim   plays live migrations by every algorithm, on seeds that nothing is tuned on
#: make result-precopy-cost  measures a decision of pre-copy, by the size of the guest
#: make result-sim-need      plays guests whose numbers mislead, each beside the same guests with numbers that are right
#: make result-density      searches how many guests fit on each of four hosts, with fixed memory, moves, balloons and
#:                           both, with seeds that nothing is tuned on: 12 min; DENSITY_HOSTS=, DENSITY_SEEDS=
#: make result-decide-equal  has cagmad's loop and cagma-sim decide decide on the same random states
#: make check-sim            plays one seed: no run comes below the bound, no page is lost, the same seed gives the
#:                           same bytes, moves carry what balloons alone cannot, no plan of cagma is cut, a jump is seen before it
#:                           swaps, slow balloons are told few targets, cold pages
#:                           are given, pre-copy meets its goals

SIM_PROG      = $B/host/cagma-sim
SIM_WORKLOADS = $(sort $(wildcard tests/sim/workloads/*.scn))
# What check-sim plays is quick; a workload that joins the suite is not in it by itself.
SIM_CHECKED   = $(patsubst %,tests/sim/workloads/%.scn,boot-ramp boot-storm breath cache capped container coordinator-1 coordinator-2 coordinator-3 demo \
                  diurnal-4 diurnal-40 foreign-ramp heat jump killer leak liar peaks-together published ramp \
                  ramps random reader shortage slow-balloons spikes squeezed-a squeezed-b squeezed-c squeezed-d \
                  squeezed-e squeezed-h stuck tune weights zfs zswap)
# Options are tried on seeds 1 to 16; what is reported is of others.
SIM_SEEDS     = 101,102,103
SIM_SUITE_SEEDS ?= 201,202,203,204,205,206,207,208,209,210,211,212
SIM_JOBS      ?= 2
PRECOPY_SEEDS = 101,102,103,104,105,106,107,108
PRECOPY_LINKS = --bandwidth 50,100,300,1000,10000
# Algorithms without a model, in rounds as short as ar's: what the model itself is worth.
PRECOPY_SLICED = --algorithm stock,hold --set slice_ms=200,slice_pages=64

# Of what is there of the Xen lab's last run; it runs none.
XEN_OUT ?= build/xen/run/out

.PHONY: result-density result-sim-need result-decide-equal result-sim-suite result-policy-scale result-sim-vs-real result-precopy-sim result-precopy-cost bench bench-quick check-sim
result-sim-suite: $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Qsh tests/sim/suite.sh $(SIM_PROG) $(SIM_SUITE_SEEDS) $B/sim-suite $(SIM_JOBS) >$(RESULTS)/sim-suite.txt
	$Qcat $(RESULTS)/sim-suite.txt
DENSITY_HOSTS ?= 4
DENSITY_SEEDS ?= $(SIM_SEEDS)
result-density: $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Q$(SIM_PROG) density --hosts $(DENSITY_HOSTS) --seed $(DENSITY_SEEDS) tests/sim/fleet/day.scn | \
	  tee $B/density.log
	$Qgrep ^RESULT $B/density.log >$(RESULTS)/density.txt
# Guests whose numbers mislead, beside the same guests with numbers that are right.
result-sim-need: $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Qsh tests/sim/kinds.sh $(SIM_PROG) $(SIM_SUITE_SEEDS) $B/sim-kinds >$(RESULTS)/sim-need.txt; r=$$?; \
	  cat $(RESULTS)/sim-need.txt; exit $$r
# The daemon's side is its loop over the unit tests' played world.
DECIDE_EQUAL = $B/tests/sim/decide_equal
$(DECIDE_EQUAL): $(addprefix $B/tests/sim/,decide_equal.o random_state.o) $B/tests/unit/libunit.a $(HOST_LIBS)
	@echo "  LD      $@"
	$Q$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(CHECK_LIBS)
result-decide-equal: $(DECIDE_EQUAL) $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Q$(DECIDE_EQUAL) $(SIM_PROG) >$B/decide-equal.log || { cat $B/decide-equal.log; exit 1; }
	$Qgrep ^RESULT $B/decide-equal.log | tee $(RESULTS)/decide-equal.txt
result-policy-scale: $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Q$(SIM_PROG) scale | tee $(RESULTS)/policy-scale.txt
result-sim-vs-real: $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Qfor s in tests/sim/xen/*.scn; do n=$$(basename $$s .scn); \
	  for r in $(XEN_OUT)/$$n/cagma*.record $(XEN_OUT)/$$n/static*.record; do \
	    [ ! -e $$r ] || sh tests/sim/versus.sh $(SIM_PROG) $$s $$r || exit 1; \
	  done; done >$(RESULTS)/sim-vs-real.txt
	$Qcat $(RESULTS)/sim-vs-real.txt
result-precopy-sim: $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Q$(SIM_PROG) precopy --tsv $(PRECOPY_LINKS) --seed $(PRECOPY_SEEDS) >$B/precopy-sim.tsv
	$Q$(SIM_PROG) precopy --tsv $(PRECOPY_LINKS) --seed $(PRECOPY_SEEDS) $(PRECOPY_SLICED) >$B/precopy-sliced.tsv
	$Qawk -f tests/sim/precopy.awk label= $B/precopy-sim.tsv label=-sliced $B/precopy-sliced.tsv \
	  >$(RESULTS)/precopy-sim.txt; r=$$?; cat $(RESULTS)/precopy-sim.txt; exit $$r
result-precopy-cost: $(SIM_PROG)
	@mkdir -p $(RESULTS)
	$Q$(SIM_PROG) precopy --cost | tee $(RESULTS)/precopy-cost.txt
bench bench-quick: $(SIM_PROG)
	$Qsh tests/sim/bench.sh $(SIM_PROG) build/bench $(if $(filter bench-quick,$@),quick,full)
# It ends with an error when pages do not add up, or fewer are swapped than the bound says.
check-sim: $(SIM_PROG) $(DECIDE_EQUAL)
	@echo "  TEST    $(DECIDE_EQUAL)"
	$Q$(DECIDE_EQUAL) $(SIM_PROG)
	@echo "  TEST    $(SIM_PROG)"
	$Qtimeout 600 $(SIM_PROG) run --tsv --seed 1 $(filter-out $(if $(SAN),%-40.scn),$(SIM_CHECKED)) \
	  >$B/check-sim.tsv
	$Q$(SIM_PROG) run --tsv --seed 1,2,3,4,5,6 --policy cagma tests/sim/workloads/jump.scn | \
	  awk -F '\t' '$$3 == "cagma" { n++; sum += $$4 } END { if (n != 6 || sum) { \
	    print "check-sim: a guest at rest that jumps is seen late:", sum, "pages swapped"; exit 1 } }'
	$Q$(SIM_PROG) run --tsv --seed 1,2,3,4,5,6 --policy cagma tests/sim/workloads/slow-balloons.scn | \
	  awk -F '\t' '$$3 == "cagma" { n++; sum += $$9 } END { if (n != 6 || sum > n * 200) { \
	    print "check-sim: guests with slow balloons are told too many targets:", sum; exit 1 } }'
	$Q{ cat $B/check-sim.tsv; $(SIM_PROG) run --tsv --seed 1,101 --policy cagma tests/sim/workloads/ci.scn; } | \
	  awk -F '\t' '$$3 == "cagma" { n++; sum += $$8 } END { if (n < 3 || sum) { \
	    print "check-sim: plans of cagma break the contract, and were cut:", sum; exit 1 } }'
	$Qsh tests/sim/kinds.sh $(SIM_PROG) 1,2,3,4,5,6,7,8,9,10,11,12 $B/check-kinds >$B/check-kinds.txt || { cat $B/check-kinds.txt; exit 1; }
	$Q$(SIM_PROG) run --tsv --policy cagma,static tests/sim/xen/cold.scn | \
	  awk -F '\t' '{ sum[$$3] += $$4 } END { if (!sum["cagma"] || sum["cagma"] > sum["static"] / 3) { \
	    print "check-sim: what is not touched again is not given:", sum["cagma"], "pages swapped, static", \
	      sum["static"]; exit 1 } }'
	$(if $(SAN),,$Qtimeout 600 $(SIM_PROG) density --guests 32 --seed 3 --policy balloon,move tests/sim/fleet/day.scn | \
	  awk '/^balloon / { alone = $$4 } /^move / { both = $$4; moves = $$6 } END { if (!moves || both < 95 || alone >= both) { \
	    print "check-sim: a day that balloons alone cannot carry is not carried with moves:", alone, both, moves; exit 1 } }')
	$Qfor i in 1 2; do $(SIM_PROG) trace --seed 2 tests/sim/workloads/random.scn >$B/check-sim-$$i.tsv; done
	$Qcmp $B/check-sim-1.tsv $B/check-sim-2.tsv
	$Qfor i in 1 2; do timeout 600 $(SIM_PROG) precopy --tsv --seed 11,12 --bandwidth 100,1000 >$B/check-precopy-$$i.tsv; done
	$Qcmp $B/check-precopy-1.tsv $B/check-precopy-2.tsv
	$Qawk -f tests/sim/precopy.awk label= $B/check-precopy-1.tsv >$B/check-precopy.txt || { tail -1 $B/check-precopy.txt; exit 1; }
