# SPDX-License-Identifier: MIT
# cagma-exporter before real readers: Chromium, and Prometheus' own tools. Part of the top Makefile.
#
#: make result-page      shows the live page with hostile names to Chromium: 2 min
#: make result-exporter  has Prometheus' promtool and its Python client judge metrics and alerts: 1 min
#: make page-pictures    makes docs/page.png and docs/page-phone.png, with Chromium: 4 min

PAGE_DEPS     = chromium chromium-driver fonts-dejavu-core curl jq
EXPORTER_DEPS = python3-prometheus-client curl
EXHIBIT       = $B/tests/toolstack/exhibit

.PHONY: result-page result-exporter page-pictures page-deps exporter-deps
page-deps exporter-deps: %-deps:
	+$Q$(MAKE) --no-print-directory deps DEPS='$($(if $(filter page,$*),PAGE,EXPORTER)_DEPS)'
result-page: $(EXHIBIT) all page-deps
	@mkdir -p $(RESULTS)
	$Qsh tests/exporter/page.sh $B check > $(RESULTS)/page.txt; r=$$?; cat $(RESULTS)/page.txt; exit $$r
page-pictures: $(EXHIBIT) all page-deps
	$Qsh tests/exporter/page.sh $B pictures
result-exporter: $(EXHIBIT) all exporter-deps
	@mkdir -p $(RESULTS)
	$Qsh tests/exporter/promtool.sh $B > $(RESULTS)/exporter.txt; r=$$?; cat $(RESULTS)/exporter.txt; exit $$r
