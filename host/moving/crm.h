/* SPDX-License-Identifier: MIT */
/*
 * crm.h - asking and telling Pacemaker, by its own programs. (Edge: processes.)
 *
 * The environment is theirs: with CIB_file= they read and write a file in the place of a cluster.
 */
#ifndef CAGMA_MOVING_CRM_H
#define CAGMA_MOVING_CRM_H

#include <stddef.h>
#include <stdint.h>

enum {
	CRM_MAX_WHY = 256,
	CRM_TIMEOUT_S = 30, /* a program that takes longer is killed, and has failed */
};

/* Has cibadmin print the configuration as this node has it: *ret_text is the caller's to free, has
 * *ret_len bytes and a NUL behind them. 0; or -errno, and ret_why says what failed. */
int crm_query(char **ret_text, size_t *ret_len, char ret_why[CRM_MAX_WHY]);

/* Sets `hv_memory` of a resource, or of a node. 0; or -errno, and ret_why says what failed. */
int crm_set_resource(const char *resource, uint64_t mib, char ret_why[CRM_MAX_WHY]);
int crm_set_node(const char *node, uint64_t mib, char ret_why[CRM_MAX_WHY]);

#endif
