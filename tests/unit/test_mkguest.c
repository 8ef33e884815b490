/* SPDX-License-Identifier: MIT */
/* cagma-mkguest's words, sizes and texts; the sources of packages; and the diagnosis of logs. */
#include "guest/mkguest/diagnosis.h"
#include "guest/mkguest/newc.h"
#include "guest/mkguest/recipe.h"
#include "guest/mkguest/sources.h"
#include "guest/mkguest/workshop.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct recipe sane(void)
{
	struct recipe r;
	recipe_init(&r);
	r.name = "web";
	r.output = "/o";
	r.cache = "/c";
	r.parts = "/p";
	return r;
}

START_TEST(sizes_are_read_or_refused)
{
	static const struct {
		const char *text;
		bool is_fine;
		uint64_t mib;
	} cases[] = {
		{"", false, 0},       {"m", false, 0},    {"-1", false, 0},
		{" 1", false, 0},     {"1k", false, 0},   {"1gg", false, 0},
		{"1.5g", false, 0},   {"0x10", false, 0}, {"99999999999999999999g", false, 0},
		{"16385g", false, 0}, {"0", true, 0},     {"512", true, 512},
		{"512m", true, 512},  {"2g", true, 2048}, {"16384g", true, 16384 * 1024},
	};
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t mib = 77;
		ck_assert_msg(recipe_read_mib(cases[i].text, &mib) == cases[i].is_fine, "%s",
			      cases[i].text);
		ck_assert_uint_eq(mib, cases[i].is_fine ? cases[i].mib : 77);
	}
}
END_TEST

/* Words that a shell, xl or apt would take for more than a word are refused. */
START_TEST(hostile_words_are_refused)
{
	static const char *const words[] = {"",     "-x",  "a b",  "a;b",  "$(x)",
					    "a\"b", "a'b", "a\nb", "../a", "a/b"};
	char why[256];
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct recipe r = sane();
		r.name = words[i];
		ck_assert_msg(!recipe_complete(&r, why, sizeof(why)), "name %s", words[i]);
		r = sane();
		r.suite = words[i];
		ck_assert_msg(!recipe_complete(&r, why, sizeof(why)), "suite %s", words[i]);
		r = sane();
		r.bridge = words[i];
		ck_assert_msg(!recipe_complete(&r, why, sizeof(why)), "bridge %s", words[i]);
		r = sane();
		r.packages = words[i];
		ck_assert_msg(!recipe_complete(&r, why, sizeof(why)), "packages %s", words[i]);
		if (strchr(words[i], '/'))
			continue;
		r = sane();
		r.output = words[i];
		ck_assert_msg(!recipe_complete(&r, why, sizeof(why)), "output %s", words[i]);
	}
	static const char *const packages[] = {"nano,-t,sid", "nano,",   ",nano",  "nano,,vim",
					       "nano,vim-",   "nano,+x", "nano,.x"};
	for (unsigned i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		struct recipe wrong = sane();
		wrong.packages = packages[i];
		ck_assert_msg(!recipe_complete(&wrong, why, sizeof(why)), "packages %s",
			      packages[i]);
	}
	struct recipe r = sane();
	ck_assert(recipe_complete(&r, why, sizeof(why)));
	r.packages = "g++,libc6-dev,python3.11";
	ck_assert_msg(recipe_complete(&r, why, sizeof(why)), "%s", why);
	r.name = NULL;
	ck_assert(!recipe_complete(&r, why, sizeof(why)));
}
END_TEST

START_TEST(sizes_must_go_together)
{
	char why[256];
	struct recipe r = sane();
	ck_assert(recipe_complete(&r, why, sizeof(why)));
	ck_assert_uint_eq(r.maxmem_mib, 1024);
	ck_assert_uint_eq(r.min_mib, 256);
	r = sane();
	r.maxmem_mib = 511;
	ck_assert(!recipe_complete(&r, why, sizeof(why)));
	ck_assert(strstr(why, "--maxmem"));
	r = sane();
	r.min_mib = 513;
	ck_assert(!recipe_complete(&r, why, sizeof(why)));
	ck_assert(strstr(why, "--min"));
	r = sane();
	r.memory_mib = 127;
	ck_assert(!recipe_complete(&r, why, sizeof(why)));
	r = sane();
	r.size_mib = 511;
	ck_assert(!recipe_complete(&r, why, sizeof(why)));
	r = sane();
	r.vcpus = 0;
	ck_assert(!recipe_complete(&r, why, sizeof(why)));
	r = sane();
	r.is_offline = r.is_download_only = true;
	ck_assert(!recipe_complete(&r, why, sizeof(why)));
}
END_TEST

static char text[8192];

static FILE *open_text(void)
{
	memset(text, 0, sizeof(text));
	return fmemopen(text, sizeof(text), "w");
}

START_TEST(the_configuration_says_what_was_asked)
{
	char why[256];
	struct recipe r = sane();
	r.memory_mib = 300;
	r.maxmem_mib = 900;
	r.min_mib = 200;
	recipe_complete(&r, why, sizeof(why));
	FILE *out = open_text();
	recipe_write_xlcfg(&r, "/guests/web", out);
	fclose(out);
	ck_assert(strstr(text, "\nmemory = 300\nmaxmem = 900\n"));
	ck_assert(strstr(text, "\nkernel = \"/guests/web/vmlinuz\"\n"));
	ck_assert(strstr(text, "vdev=xvda,access=w,target=/guests/web/root.ext4\""));
	ck_assert(strstr(text, "vdev=xvdb,access=w,target=/guests/web/swap.img\""));
	ck_assert(strstr(text, "psi=1"));
	ck_assert(!strstr(text, "vif"));
	r.swap_mib = 0;
	r.bridge = "xenbr0";
	out = open_text();
	recipe_write_xlcfg(&r, "/guests/web", out);
	fclose(out);
	ck_assert(!strstr(text, "xvdb"));
	ck_assert(strstr(text, "vif = [ \"bridge=xenbr0\" ]"));
	out = open_text();
	recipe_write_entry(&r, out);
	fclose(out);
	ck_assert_str_eq(text, "\"name=web, min_mib=200, max_mib=900\"\n");
}
END_TEST

/* Somebody else may have put a symbolic link where the guest is to be made. */
START_TEST(a_link_in_place_of_the_partial_guest_is_not_followed)
{
	char room[] = "/tmp/cagma-mkguest-XXXXXX", link[64], target[64];
	struct workshop shop;
	struct stat about;
	ck_assert_ptr_nonnull(mkdtemp(room));
	snprintf(target, sizeof(target), "%s/victim", room);
	snprintf(link, sizeof(link), "%s/web.partial", room);
	ck_assert_int_eq(mkdir(target, 0755), 0);
	ck_assert_int_eq(symlink(target, link), 0);
	ck_assert_int_lt(workshop_open(&shop, room, "web", "inputs", false), 0);
	ck_assert_int_eq(stat(target, &about), 0);
	ck_assert_uint_eq(about.st_mode & 0777, 0755);
	ck_assert_int_eq(rmdir(target), 0); /* nothing was put into it */
	unlink(link);
	rmdir(room);
}
END_TEST

START_TEST(packages_follow_from_what_is_asked)
{
	struct recipe r = sane();
	FILE *out = open_text();
	recipe_write_packages(&r, out);
	fclose(out);
	ck_assert(strstr(text, "libxenstore4"));
	ck_assert(!strstr(text, "ssh") && !strstr(text, "resolved"));
	r.ssh_key = "/k";
	r.bridge = "b";
	r.packages = "vim,less";
	out = open_text();
	recipe_write_packages(&r, out);
	fclose(out);
	ck_assert(strstr(text, ",openssh-server,vim,less"));
	ck_assert(strstr(text, ",systemd-resolved"));
}
END_TEST

/* --- sources --- */

static struct sources sources;

static void begin(const char *codename, const char *suite, const char *file)
{
	memset(&sources, 0, sizeof(sources));
	sources.codename = codename;
	sources.suite = suite;
	snprintf(text, sizeof(text), "%s", file);
}

START_TEST(lines_of_other_archives_are_left_out)
{
	begin("bookworm", "trixie",
	      "# deb http://a.example bookworm main\n"
	      "deb-src http://a.example bookworm main\n"
	      "deb http://a.example/debian bookworm main contrib # here\n"
	      "deb [arch=amd64 signed-by=/k.gpg] http://a.example/sec bookworm-security main\n"
	      "deb http://b.example cloud-bookworm main\n"
	      "deb http://b.example bookworm-backports main\n"
	      "deb http://b.example bookworm contrib\n"
	      "deb http://a.example/debian bookworm main\n"
	      "deb\ndeb [\ndeb x\n");
	sources_take_list(&sources, text);
	ck_assert_uint_eq(sources.n, 2);
	ck_assert_str_eq(sources.line[0], "deb http://a.example/debian trixie main");
	ck_assert_str_eq(sources.line[1], "deb [arch=amd64 signed-by=/k.gpg] http://a.example/sec "
					  "trixie-security main");
}
END_TEST

START_TEST(stanzas_are_read_as_apt_does)
{
	begin("bookworm", "bookworm",
	      "Types: deb\n# a comment\nURIs: http://a.example/d\n"
	      "Suites: bookworm bookworm-updates sid\nComponents: contrib main\n"
	      "Signed-By: /k.gpg\n\n"
	      "Types: deb-src\nURIs: http://s.example\nSuites: bookworm\nComponents: main\n\n"
	      "Types: deb\nURIs: http://n.example\nSuites: bookworm\nComponents: main\n"
	      "Enabled: no\n\n\n"
	      "Types: deb\nURIs: http://x.example\nSuites: nodistro\nComponents: main\n\n"
	      "types: deb\nuris: http://e.example\nsuites: bookworm-security\ncomponents: main");
	sources_take_deb822(&sources, text);
	ck_assert_uint_eq(sources.n, 3);
	ck_assert_str_eq(sources.line[0],
			 "deb [signed-by=/k.gpg] http://a.example/d bookworm main");
	ck_assert_str_eq(sources.line[1],
			 "deb [signed-by=/k.gpg] http://a.example/d bookworm-updates main");
	ck_assert_str_eq(sources.line[2], "deb http://e.example bookworm-security main");
}
END_TEST

START_TEST(sources_are_bounded)
{
	begin("a", "a", "");
	for (unsigned i = 0; i < 3 * SOURCES_MAX; i++) {
		snprintf(text, sizeof(text), "deb http://m%u.example a main\n", i);
		sources_take_list(&sources, text);
	}
	ck_assert_uint_eq(sources.n, SOURCES_MAX);
	begin("a", "a", "");
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "deb http://", 11);
	memcpy(text + sizeof(text) - 10, " a main", 8);
	sources_take_list(&sources, text);
	ck_assert_uint_eq(sources.n, 0);
	begin("", "a", "deb http://m.example -updates main\n");
	sources_take_list(&sources, text);
	ck_assert_uint_eq(sources.n, 0);
}
END_TEST

START_TEST(mirrors_are_uris_or_lines)
{
	begin("bookworm", "trixie", "");
	ck_assert(!sources_take_mirror(&sources, "mirror"));
	ck_assert(!sources_take_mirror(&sources, "http://a b"));
	ck_assert(!sources_take_mirror(&sources, "deb x\ny"));
	ck_assert(sources_take_mirror(&sources, "http://a.example/debian"));
	ck_assert(sources_take_mirror(&sources, "deb http://s.example trixie-security main"));
	ck_assert_uint_eq(sources.n, 2);
	ck_assert_str_eq(sources.line[0], "deb http://a.example/debian trixie main");
	ck_assert_str_eq(sources.line[1], "deb http://s.example trixie-security main");
}
END_TEST

/* --- logs, and the archive --- */

START_TEST(logs_are_explained)
{
	static const struct {
		const char *log, *meaning;
	} cases[] = {
		{"E: Unable to locate package nonsense\n", "--packages"},
		{"Err:1 x\n  Temporary failure resolving 'x'\nE: Failed to fetch x\n", "network"},
		{"tar: write error: No space left on device\n", "full"},
		{"__populate_fs: Could not allocate block in ext2 filesystem\n", "--size"},
		{"cagma-agent: /lib/libc.so.6: version `GLIBC_2.34' not found\n", "build it there"},
		{"E: The repository 'x' does not have a Release file.\n", "--suite"},
	};
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *meaning = diagnosis_of(cases[i].log);
		ck_assert_msg(meaning && strstr(meaning, cases[i].meaning), "%s", cases[i].log);
	}
	ck_assert(!diagnosis_of(""));
	ck_assert(!diagnosis_of("all is well\n"));
}
END_TEST

START_TEST(the_archive_is_one)
{
	FILE *out = open_text();
	struct newc archive = {.out = out};
	ck_assert_int_eq(newc_add_directory(&archive, "dev"), 0);
	ck_assert_int_eq(newc_add_console(&archive, "dev/console"), 0);
	ck_assert_int_eq(newc_add_text(&archive, "list", "abcde"), 0);
	ck_assert_int_lt(newc_add_file(&archive, "x", 0755, "/nonexistent"), 0);
	ck_assert_int_eq(newc_end(&archive), 0);
	fclose(out);
	FILE *cpio = popen("cpio -tv --quiet 2>&1", "w");
	ck_assert_ptr_nonnull(cpio);
	/* 4 entries of 110 bytes, their names and the text, each padded to 4 */
	size_t len = (110 + 4 + 2) + (110 + 12 + 2) + (110 + 5 + 1 + 5 + 3) + (110 + 11 + 3);
	ck_assert_uint_eq(fwrite(text, 1, len, cpio), len);
	ck_assert_int_eq(pclose(cpio), 0);
	ck_assert_mem_eq(text + len - 14, "TRAILER!!!", 11);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, sizes_are_read_or_refused);
	tcase_add_test(tests, hostile_words_are_refused);
	tcase_add_test(tests, sizes_must_go_together);
	tcase_add_test(tests, the_configuration_says_what_was_asked);
	tcase_add_test(tests, a_link_in_place_of_the_partial_guest_is_not_followed);
	tcase_add_test(tests, packages_follow_from_what_is_asked);
	tcase_add_test(tests, lines_of_other_archives_are_left_out);
	tcase_add_test(tests, stanzas_are_read_as_apt_does);
	tcase_add_test(tests, sources_are_bounded);
	tcase_add_test(tests, mirrors_are_uris_or_lines);
	tcase_add_test(tests, logs_are_explained);
	tcase_add_test(tests, the_archive_is_one);
}

int main(void)
{
	return suite_run("mkguest", add_tests);
}
