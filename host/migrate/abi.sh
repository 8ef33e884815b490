#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Says which versions the symbols of the system's libxenctrl and libxenguest have: VERS_4.17.0 in both of
# Xen 4.17, libxenctrl_4.20.0 and libxenguest_4.20.0 in those of 4.20. A function that is to be bound in
# the place of one of these has its version.
#
# usage: abi.sh LIBRARY FUNCTION	the version of one function
#        abi.sh --map			the version script of libcagma-precopy.so
set -eu

abi() {
	readelf --dyn-syms -W "$(pkg-config --variable=libdir xencontrol)/$1.so" |
		sed -n "s/.* $2@@*\\([^ ]*\\).*/\\1/p" | head -n 1
}

if [ "$1" != --map ]; then
	abi "$1" "$2"
	exit
fi
control=$(abi libxenctrl xc_version)
guest=$(abi libxenguest xc_domain_save)
echo "/* Only what was built against this release of Xen's libraries is bound to us. */"
if [ "$control" = "$guest" ]; then
	echo "$control { global: xc_domain_save; xc_logdirty_control; xc__hypercall_buffer_alloc_pages; local: *; };"
else
	echo "$control { global: xc_logdirty_control; xc__hypercall_buffer_alloc_pages; local: *; };"
	echo "$guest { global: xc_domain_save; };"
fi
