/* SPDX-License-Identifier: MIT */
/*
 * stages.h - from a recipe to a guest: one table of stages, run in order, each
 * told of with its seconds. (Edge.)
 */
#ifndef CAGMA_STAGES_H
#define CAGMA_STAGES_H

#include "guest/mkguest/recipe.h"

/* 0, or -errno after an error that was told; -ECANCELED when we were told to end. */
int stages_run(const struct recipe *recipe);

#endif
