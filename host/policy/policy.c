/* SPDX-License-Identifier: MIT */
#include "host/policy/policy.h"

#include <string.h>

static const struct policy policies[] = {
	{"cagma", "guarantees every guest its critical amount of available memory", policy_cagma,
	 true},
	{"cagma-2017", "as CAGMA was published, with its release step: for comparison",
	 policy_cagma2017, false},
	{"coordinator", "as the memory coordinator's README says: for comparison",
	 policy_coordinator, false},
	{"coordinator-program", "as the memory coordinator's program does: for comparison",
	 policy_coordinator_program, false},
	{"mom", "as oVirt's MoM does: for comparison", policy_mom, false},
	{"proxmox", "as Proxmox VE's ballooning does: for comparison", policy_proxmox, false},
	{"qmemman", "as Qubes OS's balancer does: for comparison", policy_qmemman, false},
	{"squeezed", "as XenServer's squeezed does: for comparison", policy_squeezed, false},
	{"static", "changes nothing: the control", policy_static, false},
};

enum { N_POLICIES = sizeof(policies) / sizeof(policies[0]) };

const struct policy *policy_at(unsigned i)
{
	return i < N_POLICIES ? &policies[i] : NULL;
}

const struct policy *policy_find(const char *name)
{
	for (unsigned i = 0; i < N_POLICIES; i++)
		if (strcmp(policies[i].name, name) == 0)
			return &policies[i];
	return NULL;
}
