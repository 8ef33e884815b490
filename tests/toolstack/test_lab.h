/* SPDX-License-Identifier: MIT */
/* test_lab.h - shared by the files of test_lab: one lab with one guest, and questions about
 * them. */
#ifndef LAB_TEST_LAB_H
#define LAB_TEST_LAB_H

#include <check.h>
#include <libxl.h>

#include "tests/toolstack/lab.h"

#define SOON_MS 5000
#define MIB_KIB 1024u

#define must(call) ck_assert_msg((call) == 0, "%s: %s", #call, lab_error())

extern struct lab *lab;
extern struct lab_guest *guest; /* "a", of 256 MiB, without agent */
extern libxl_ctx *ctx;          /* made by set_target */

void lab_setup(void);
void lab_teardown(void);
void guest_setup(void);
void fast_guest_setup(void); /* time runs ten times faster */

/* The defaults without agent. */
struct lab_guest_options plain_guest(const char *name);
/* libxl_set_memory_target with enforce, on an absolute size. */
int set_target(const struct lab_guest *of, uint64_t kib);
struct fakexen_domain domain_of(const struct lab_guest *of);
struct simguest_stats stats_of(const struct lab_guest *of);
void key_is(const struct lab_guest *of, const char *key, const char *value);
bool can_write(struct xs_handle *xs, const char *path, size_t bytes);
bool can_read(struct xs_handle *xs, const char *path);
/* Takes events until this one comes; false if it does not. */
bool event_is(struct xs_handle *xs, const char *path, const char *token);

TCase *xen_case(void);   /* test_lab_xen.c */
TCase *fast_case(void);  /* test_lab_xen.c, with fast_guest_setup */
TCase *store_case(void); /* test_lab_store.c */

#endif
