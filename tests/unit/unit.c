/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

int unit_run(const char *name, const TTest *const *test, size_t n_tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	for (size_t i = 0; i < n_tests; i++)
		tcase_add_test(tcase, test[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct text unit_file(const char *path)
{
	static char buf[65536];
	char full[256];
	snprintf(full, sizeof(full), "tests/data/%s", path);
	FILE *file = fopen(full, "r");
	ck_assert_msg(file != NULL, "there is no %s; run the tests at the top of the tree", full);
	size_t len = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	return unit_exact((struct text){buf, len});
}

struct text unit_exact(struct text text)
{
	char *copy = malloc(text.len ? text.len : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text.at, text.len);
	return (struct text){copy, text.len};
}
