# SPDX-License-Identifier: MIT
# The tests that docs/security.md names, run as its tables have them. Part of the top Makefile.
#
#: make result-hostile  runs every attempt of docs/security.md: 5 min
#: make result-faults   runs every fault of docs/security.md: 5 min

.PHONY: result-hostile result-faults
result-hostile: SECURITY_ROWS = Attempts
result-hostile: SECURITY_COUNT = breached
result-faults: SECURITY_ROWS = Faults
result-faults: SECURITY_COUNT = lost
result-hostile result-faults: result-%: all test-programs
	@mkdir -p $(RESULTS)
	$Qsh tests/security/cases.sh $B $(SECURITY_ROWS) | \
	  sed 's/^cases=/RESULT $* cases=/; s/failed=/$(SECURITY_COUNT)=/' | tee $(RESULTS)/$*.txt
	$Qgrep -q ' $(SECURITY_COUNT)=0$$' $(RESULTS)/$*.txt
