/* SPDX-License-Identifier: MIT */
#include "host/migrate/holes.h"

#include "common/amount.h"
#include "host/precopy/bitmap.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH_PAGES = 1024, /* the most that Xen answers at a time */
	FEW_SHARE = 16,     /* fewer holes than such a share of the pages are not looked for */
};

/* The save helper has loaded libxenctrl; the library that this is a part of is not linked with it.
 */
static struct {
	int (*domains)(xc_interface *, uint32_t, unsigned, xc_domaininfo_t *);
	int (*types)(xc_interface *, uint32_t, unsigned, xen_pfn_t *);
} control;

static bool find(void *ret_function, const char *name)
{
	void *function = dlsym(RTLD_DEFAULT, name);
	memcpy(ret_function, &function, sizeof(function));
	return function != NULL;
}

static bool has_many(xc_interface *xch, uint32_t domid, uint64_t n_pages)
{
	xc_domaininfo_t info;
	if (control.domains(xch, domid, 1, &info) != 1 || info.domain != domid)
		return false;
	return info.flags & XEN_DOMINF_hvm_guest &&
	       amount_less(n_pages, info.tot_pages) > n_pages / FEW_SHARE;
}

/* libxc sends nothing of pages of these types. */
static bool is_hole(xen_pfn_t type)
{
	switch (type & XEN_DOMCTL_PFINFO_LTAB_MASK) {
	case XEN_DOMCTL_PFINFO_XTAB:
	case XEN_DOMCTL_PFINFO_XALLOC:
	case XEN_DOMCTL_PFINFO_BROKEN:
		return true;
	}
	return false;
}

static bool find_batch(xc_interface *xch, uint32_t domid, uint64_t first, unsigned n,
		       unsigned long *holes)
{
	xen_pfn_t page[BATCH_PAGES];
	for (unsigned i = 0; i < n; i++)
		page[i] = (xen_pfn_t)(first + i);
	if (control.types(xch, domid, n, page) != 0)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (is_hole(page[i]))
			bitmap_add(holes, first + i);
	return true;
}

unsigned long *holes_find(xc_interface *xch, uint32_t domid, uint64_t n_pages)
{
	if (!find(&control.domains, "xc_domain_getinfolist") ||
	    !find(&control.types, "xc_get_pfn_type_batch") || !has_many(xch, domid, n_pages))
		return NULL;
	unsigned long *holes = calloc(1, bitmap_bytes(n_pages));
	for (uint64_t first = 0; holes && first < n_pages; first += BATCH_PAGES) {
		unsigned n = (unsigned)amount_min(n_pages - first, BATCH_PAGES);
		if (find_batch(xch, domid, first, n, holes))
			continue;
		free(holes);
		return NULL;
	}
	return holes;
}
