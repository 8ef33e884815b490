/* SPDX-License-Identifier: MIT */
/*
 * stages.h - making a guest by a recipe: one table of stages, which are run in
 * order and reported with the seconds they took. (Edge.)
 */
#ifndef CAGMA_STAGES_H
#define CAGMA_STAGES_H

#include "guest/mkguest/recipe.h"

/* Runs all stages. 0; -ECANCELED if cagma-mkguest was told to end; another -errno after an error
 * that was logged. */
int stages_run(const struct recipe *recipe);

#endif
