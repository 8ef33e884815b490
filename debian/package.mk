# SPDX-License-Identifier: MIT
# Debian's packages. Part of the top Makefile.
#
#: make deb                builds the packages into build/deb; `apt-get build-dep ./` installs what that needs;
#:                         DEBEMAIL= and DEBFULLNAME= say who their maintainer is
#: make check-packages     looks that every installed file is in one package, and that every program's version is
#:                         that of debian/changelog
#: make result-packages    installs, upgrades, removes and purges the packages in a Debian of their own, and has lintian
#:                         judge them: up to half an hour (apt-get install debhelper lintian mmdebstrap)

DEB = $B/deb
.PHONY: deb check-packages result-packages $(PACKAGES:%=install-package-%)
deb:
	$Qsh debian/build.sh $(DEB) $(VERSION)
$(PACKAGES:%=install-package-%): install-package-%:
	+$Q$(MAKE) --no-print-directory $(PACKAGE_$*:%=install-%)
check-packages: all
	$Qsh tests/packages/consistent.sh $B
result-packages:
	@mkdir -p $(RESULTS)
	$Qbash tests/packages/result.sh $B $(RESULTS)/packages.txt
