# SPDX-License-Identifier: MIT
# Engines that move guests, before the real ones. Part of the top Makefile.
#
#: make result-pacemaker-advice  has Pacemaker's own crm_simulate place the guests of played hosts, by what
#:                               cagma-pacemaker writes: 1 min
#: make result-ganeti-advice     has Ganeti's own hbal advise on three hosts of the toolstack lab, by what
#:                               cagma-ganeti writes: 4 min

ENGINES_PLAYED = $B/tests/engines/played
$(ENGINES_PLAYED): LDLIBS = -ljson-c
$(ENGINES_PLAYED): %: %.o $(HOST_LIBS)
	$(link)
.PHONY: result-pacemaker-advice result-ganeti-advice
result-pacemaker-advice: $(ENGINES_PLAYED) all
	@mkdir -p $(RESULTS)
	$Qsh tests/engines/unpack.sh
	$Qbash tests/engines/pacemaker.sh $B > $(RESULTS)/pacemaker-advice.txt; r=$$?; cat $(RESULTS)/pacemaker-advice.txt; exit $$r
result-ganeti-advice: $B/tests/toolstack/play all
	+$Q$(MAKE) --no-print-directory deps DEPS=ganeti-htools
	@mkdir -p $(RESULTS)
	$Qbash tests/engines/ganeti.sh $B > $(RESULTS)/ganeti-advice.txt; r=$$?; cat $(RESULTS)/ganeti-advice.txt; exit $$r
