#!/bin/sh
# SPDX-License-Identifier: MIT
#
# inline-svg.sh - an SVG of gnuplot's, from stdin, made fit for a page with others: without an XML
# head and definitions that nothing here uses, and black in it is the colour of the text around it.
set -eu
sed -e '/^<?xml/d' -e '/^<!DOCTYPE/d' -e '/^ *"http.*dtd">/d' -e '/<defs>/,/<\/defs>/d' \
	-e '/<title>Gnuplot/d; /^<desc>/d; /^[[:space:]]*$/d' \
	-e 's/ color="[^"]*"//g; s/ id="gnuplot[^"]*"//g' \
	-e "s/=\"black\"/=\"currentColor\"/g; s/= *'black'/='currentColor'/g"
