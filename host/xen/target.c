/* SPDX-License-Identifier: MIT */
#include "host/xen/target.h"

#include "host/xen/store.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LIBXL_API_VERSION 0x041400
#include <libxl.h>
#include <libxl_utils.h>

/* Opening a context takes longer than a call, so a worker keeps its own. */
static libxl_ctx *context;
static xentoollog_logger_stdiostream *logger;

static int open_context(bool verbose)
{
	if (context)
		return 0;
	if (store_probe() < 0)
		return ERROR_FAIL;
	/* libxl would log a failure at every try; the daemon logs it once */
	logger = xtl_createlogger_stdiostream(stderr, verbose ? XTL_DETAIL : XTL_CRITICAL, 0);
	return libxl_ctx_alloc(&context, LIBXL_VERSION, 0, (xentoollog_logger *)logger);
}

/* A question about dom0, which is always there, makes libxl connect and load everything it
 * needs. */
void target_prepare(bool verbose)
{
	libxl_dominfo info;
	if (context)
		return;
	libxl_dominfo_init(&info);
	if (open_context(verbose) != 0 || libxl_domain_info(context, &info, 0) != 0)
		target_finish();
	libxl_dominfo_dispose(&info);
}

void target_finish(void)
{
	libxl_ctx_free(context);
	context = NULL;
	if (logger)
		xtl_logger_destroy((xentoollog_logger *)logger);
	logger = NULL;
}

/* 0, ERROR_DOMAIN_NOTFOUND when the domid is nobody's or another's, another ERROR_*. */
static int check_domain(const struct target_job *job)
{
	libxl_dominfo info;
	libxl_dominfo_init(&info);
	int r = libxl_domain_info(context, &info, job->domid);
	if (r == 0 && memcmp(info.uuid.uuid, job->uuid, sizeof(job->uuid)) != 0)
		r = ERROR_DOMAIN_NOTFOUND;
	libxl_dominfo_dispose(&info);
	return r;
}

static int apply(const struct target_job *job)
{
	if (job->is_pause)
		return libxl_domain_pause(context, job->domid, NULL);
	return libxl_set_memory_target(context, job->domid, (int64_t)job->target_kib, 0, 1);
}

static int try_to_set(const struct target_job *job, bool verbose)
{
	int r = open_context(verbose);
	if (r == 0)
		r = check_domain(job);
	if (r == 0)
		r = apply(job);
	/* a context that has met an error may meet it again for ever */
	if (r != 0 && r != ERROR_DOMAIN_NOTFOUND)
		target_finish();
	return r;
}

/* What an error of libxl_set_memory_target() means (libxl_mem.c of Xen 4.17). */
static const struct {
	int error;
	const char *cause;
} causes[] = {
	{ERROR_JSON_CONFIG_EMPTY, "libxl has no record of this guest below /var/lib/xen, as of one "
				  "that another toolstack made"},
	{ERROR_LOCK_FAIL, "libxl cannot lock its record of this guest below /var/lib/xen; is there "
			  "room, and may it write there?"},
	{ERROR_INVAL,
	 "the target is above memory/static-max, or dom0 would have less than 128 MiB"},
	{ERROR_NOMEM, "dom0 has too little memory"},
};

static void explain(int error, char why[TARGET_MAX_WHY])
{
	const char *name = libxl_error_to_string(error), *cause = "cagmad -v shows what libxl says";
	char word[64];
	snprintf(word, sizeof(word), "%s", name ? name : "unknown");
	for (char *c = word; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	for (unsigned i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i].error == error)
			cause = causes[i].cause;
	snprintf(why, TARGET_MAX_WHY, "ERROR_%s (%d): %s", word, error, cause);
}

enum target_outcome target_set(const struct target_job *job, bool verbose,
			       char ret_why[TARGET_MAX_WHY])
{
	bool is_kept = context != NULL; /* then its xenstored may be gone */
	int r = try_to_set(job, verbose);
	if (is_kept && !context)
		r = try_to_set(job, verbose);
	if (r == 0)
		return TARGET_DONE;
	if (r == ERROR_DOMAIN_NOTFOUND)
		return TARGET_GONE;
	explain(r, ret_why);
	return TARGET_REFUSED;
}
