/* SPDX-License-Identifier: MIT */
/* What a child process has run (apart.h) is counted before it ends: linked with --wrap=_exit. */
void __gcov_dump(void) __attribute__((weak));
void __wrap__exit(int status) __attribute__((noreturn));
void __real__exit(int status) __attribute__((noreturn, weak));

void __wrap__exit(int status)
{
	if (__gcov_dump)
		__gcov_dump();
	__real__exit(status);
}
