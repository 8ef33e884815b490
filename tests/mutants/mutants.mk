# SPDX-License-Identifier: MIT
# Safety nets, taken out one by one. Part of the top Makefile.
#
#: make mutants          takes each safety net of tests/mutants/nets out, and looks that a unit test fails: 10 min;
#:                       NET= names those whose name has these words

.PHONY: mutants
mutants:
	+$Q$(MAKE) --no-print-directory $(UNIT_TESTS)
	@mkdir -p $(RESULTS)
	$Qsh tests/mutants/mutants.sh $B '$(NET)' | sed -u 's/^nets=/RESULT mutants nets=/' | tee $(RESULTS)/mutants.txt
	$Qgrep -q ' survived=0$$' $(RESULTS)/mutants.txt
