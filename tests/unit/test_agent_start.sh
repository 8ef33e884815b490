#!/bin/sh
# SPDX-License-Identifier: MIT
# cagma-agent before there is a xenstore, and at rest.
# shellcheck source-path=SCRIPTDIR source=agent-lib.sh
# shellcheck disable=SC2119
. tests/unit/agent-lib.sh

tree 6.12

# xenstore comes after the agent does.
store
: >"$FAKE_XENSTORE/absent"
start --verbose
waited "no xenstore is told of" 5 says 'cannot open xenstore'
sleep 1.5
check "once" says_times 'cannot open xenstore' 1
rm "$FAKE_XENSTORE/absent"
waited "it is found later" 15 has_key report
stop

# At rest it is quiet.
store
start
waited "the first report" 5 has_key report
sleep 5
check "nothing is written at rest" [ "$(wc -l <"$FAKE_XENSTORE/log")" -eq 2 ]
stop

passed
