/* SPDX-License-Identifier: MIT */
/* What a worker has libxl do, and what it makes of libxl's answers: libxl is played. */
#include "host/xen/store.h"
#include "host/xen/target.h"
#include "tests/unit/suite.h"

#include <libxl.h>
#include <string.h>

enum { DOMID = 7, CONTEXTS = 4, UUID_BYTES = 16 };

static const uint8_t ours[UUID_BYTES] = {1}, anothers[UUID_BYTES] = {2};

/* --- libxl and xenstored, as far as target.c calls them ------------------- */

static struct {
	bool has_no_store;
	int info_error, set_error;
	int context_error[CONTEXTS]; /* of a call with the n-th context; 0: as above */
	uint8_t uuid[UUID_BYTES];
	unsigned n_contexts, n_open, n_set, n_paused;
	int64_t set_kib;
} played;

int store_probe(void)
{
	return played.has_no_store ? -1 : 0;
}

int libxl_ctx_alloc(libxl_ctx **ret, int version, unsigned flags, xentoollog_logger *logger)
{
	(void)version;
	(void)flags;
	(void)logger;
	*ret = (libxl_ctx *)&played;
	played.n_contexts++;
	played.n_open++;
	return 0;
}

int libxl_ctx_free(libxl_ctx *context)
{
	played.n_open -= context != NULL;
	return 0;
}

int libxl_domain_info(libxl_ctx *context, libxl_dominfo *info, uint32_t domid)
{
	(void)context;
	if (domid == 0)
		return 0;
	memcpy(info->uuid.uuid, played.uuid, sizeof(played.uuid));
	return played.info_error;
}

int libxl_set_memory_target(libxl_ctx *context, uint32_t domid, int64_t kib, int relative,
			    int enforce)
{
	(void)context;
	ck_assert_uint_eq(domid, DOMID);
	ck_assert_int_eq(relative, 0);
	ck_assert_int_eq(enforce, 1);
	played.n_set++;
	played.set_kib = kib;
	int error = played.context_error[played.n_contexts % CONTEXTS];
	return error ? error : played.set_error;
}

int libxl_domain_pause(libxl_ctx *context, uint32_t domid, const libxl_asyncop_how *how)
{
	(void)context;
	(void)how;
	ck_assert_uint_eq(domid, DOMID);
	played.n_paused++;
	return 0;
}

/* --- a worker's calls ------------------------------------------------------ */

static char why[TARGET_MAX_WHY];

static void begin(void)
{
	memset(&played, 0, sizeof(played));
	memcpy(played.uuid, ours, sizeof(ours));
	why[0] = '\0';
}

static enum target_outcome set(bool is_pause)
{
	struct target_job job = {.target_kib = 123456, .domid = DOMID, .is_pause = is_pause};
	memcpy(job.uuid, ours, sizeof(ours));
	return target_set(&job, false, why);
}

static void end(void)
{
	target_finish();
	ck_assert_uint_eq(played.n_open, 0);
}

START_TEST(a_target_is_set)
{
	begin();
	ck_assert_int_eq(set(false), TARGET_DONE);
	ck_assert_int_eq(set(false), TARGET_DONE);
	ck_assert_uint_eq(played.n_set, 2);
	ck_assert_uint_eq(played.n_contexts, 1);
	ck_assert_int_eq(played.set_kib, 123456);
	ck_assert_int_eq(set(true), TARGET_DONE);
	ck_assert_uint_eq(played.n_paused, 1);
	ck_assert_uint_eq(played.n_set, 2);
	end();
}
END_TEST

/* Xen gives a number to another guest once it has given all. */
START_TEST(another_guest_that_has_the_number_now_is_told_nothing)
{
	begin();
	memcpy(played.uuid, anothers, sizeof(anothers));
	ck_assert_int_eq(set(_i), TARGET_GONE);
	ck_assert_uint_eq(played.n_set + played.n_paused, 0);
	end();
}
END_TEST

START_TEST(a_guest_that_is_gone_is_no_error)
{
	begin();
	played.info_error = ERROR_DOMAIN_NOTFOUND;
	ck_assert_int_eq(set(_i), TARGET_GONE);
	ck_assert_uint_eq(played.n_set + played.n_paused, 0);
	end();
}
END_TEST

/* xenstored was started anew since the first call. */
START_TEST(a_context_that_was_kept_is_opened_anew_once)
{
	begin();
	ck_assert_int_eq(set(false), TARGET_DONE);
	played.context_error[1] = ERROR_FAIL;
	ck_assert_int_eq(set(false), TARGET_DONE);
	ck_assert_uint_eq(played.n_contexts, 2);
	ck_assert_uint_eq(played.n_set, 3);
	played.set_error = ERROR_FAIL;
	ck_assert_int_eq(set(false), TARGET_REFUSED);
	ck_assert_uint_eq(played.n_set, 5);
	end();
}
END_TEST

static const struct {
	int error;
	const char *says;
} refusals[] = {
	{ERROR_INVAL, "static-max"},       {ERROR_NOMEM, "dom0 has too little memory"},
	{ERROR_LOCK_FAIL, "/var/lib/xen"}, {ERROR_JSON_CONFIG_EMPTY, "another toolstack"},
	{ERROR_FAIL, "cagmad -v"},         {-12345, "ERROR_UNKNOWN (-12345)"},
};

START_TEST(a_refusal_is_explained)
{
	begin();
	played.set_error = refusals[_i].error;
	ck_assert_int_eq(set(false), TARGET_REFUSED);
	ck_assert_msg(strstr(why, refusals[_i].says) != NULL, "%s", why);
	ck_assert_uint_eq(played.n_set, 1);
	end();
}
END_TEST

START_TEST(without_xenstored_libxl_is_not_asked)
{
	begin();
	played.has_no_store = true;
	target_prepare(false);
	ck_assert_int_eq(set(false), TARGET_REFUSED);
	ck_assert_uint_eq(played.n_contexts + played.n_set, 0);
	played.has_no_store = false;
	target_prepare(false);
	ck_assert_uint_eq(played.n_contexts, 1);
	ck_assert_int_eq(set(false), TARGET_DONE);
	end();
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, a_target_is_set);
	tcase_add_loop_test(tests, another_guest_that_has_the_number_now_is_told_nothing, 0, 2);
	tcase_add_loop_test(tests, a_guest_that_is_gone_is_no_error, 0, 2);
	tcase_add_test(tests, a_context_that_was_kept_is_opened_anew_once);
	tcase_add_loop_test(tests, a_refusal_is_explained, 0, N_ROWS(refusals));
	tcase_add_test(tests, without_xenstored_libxl_is_not_asked);
}

int main(void)
{
	return suite_run("target", add_tests);
}
