/* SPDX-License-Identifier: MIT */
#include "guest/mkguest/recipe.h"

#include "common/text.h"

#include <inttypes.h>
#include <string.h>

enum {
	MIN_SIZE_MIB = 512,   /* a root without anything added takes about 400 */
	MIN_MEMORY_MIB = 128, /* systemd does not come up in much less */
	MAX_MIB = 16 << 20,
	MAX_VCPUS = 128,
	MAX_BRIDGE = 15, /* bytes: IFNAMSIZ without its NUL */
};

/* systemd-resolved, dbus and openssh-server are added if the guest has a use for them. */
#define BASE_PACKAGES "systemd-sysv,udev,dbus,kmod,iproute2,procps,e2fsprogs,libxenstore4"

void recipe_init(struct recipe *recipe)
{
	*recipe = (struct recipe){
		.suite = "bookworm",
		.size_mib = 2048,
		.swap_mib = 512,
		.memory_mib = 512,
		.vcpus = 1,
	};
}

bool recipe_read_mib(const char *text, uint64_t *ret_mib)
{
	size_t len = strlen(text);
	uint64_t scale = 1, n;
	if (len > 0 && strchr("mMgG", text[len - 1])) {
		scale = text[len - 1] == 'g' || text[len - 1] == 'G' ? 1024 : 1;
		len--;
	}
	if (!text_number((struct text){text, len}, MAX_MIB / scale, &n))
		return false;
	*ret_mib = n * scale;
	return true;
}

/* --- what may be asked for --- */

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"
#define CAPITAL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Words that reach a shell, apt or xl have no character that these could take for their syntax. */
static bool is_of(const char *text, const char *allowed, size_t max_bytes)
{
	size_t len = strlen(text);
	return len > 0 && len <= max_bytes && text[0] != '-' && strspn(text, allowed) == len;
}

static bool is_path(const char *text)
{
	return is_of(text, LETTERS DIGITS CAPITAL "/._+-", RECIPE_MAX_PATH);
}

/* Each name is an argument of apt, which would take one that begins with "-" as an option, and one
 * that ends with "-" as a package to be removed. */
static bool are_packages(const char *text)
{
	enum { MAX_BYTES = 1023 };
	if (!is_of(text, LETTERS DIGITS "+.,-", MAX_BYTES))
		return false;
	for (const char *at = text;; at++) {
		size_t len = strcspn(at, ",");
		if (!len || !strchr(LETTERS DIGITS, at[0]) || at[len - 1] == '-')
			return false;
		at += len;
		if (!*at)
			return true;
	}
}

/* What is wrong with the words, or NULL. */
static const char *words_wrong(const struct recipe *r)
{
	const struct {
		const char *text, *allowed, *wrong;
		size_t max_bytes;
	} words[] = {
		{r->name, LETTERS DIGITS CAPITAL "-",
		 "a name has letters, digits and '-', and is at most 63 long", RECIPE_MAX_NAME},
		{r->suite, LETTERS DIGITS "-", "a suite is a name like bookworm", 31},
		{r->bridge, LETTERS DIGITS CAPITAL "._-", "a bridge is a name like xenbr0",
		 MAX_BRIDGE},
	};
	if (!r->name)
		return "the guest needs a name";
	if (r->packages && !are_packages(r->packages))
		return "--packages: these are Debian's names, which begin with a letter or a "
		       "digit, "
		       "separated by commas";
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].text && !is_of(words[i].text, words[i].allowed, words[i].max_bytes))
			return words[i].wrong;
	const char *paths[] = {r->output, r->cache, r->parts};
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!is_path(paths[i]))
			return "a directory's path may have letters, digits and /._+- only";
	return NULL;
}

/* What is wrong with the sizes, or NULL. */
static const char *sizes_wrong(const struct recipe *r)
{
	if (r->size_mib < MIN_SIZE_MIB)
		return "--size: a root takes 512 MiB at least";
	if (r->memory_mib < MIN_MEMORY_MIB)
		return "--memory: 128 MiB at least, or the guest does not come up";
	if (r->maxmem_mib < r->memory_mib)
		return "--maxmem is less than --memory";
	if (r->min_mib > r->memory_mib)
		return "--min is more than --memory";
	if (r->vcpus < 1 || r->vcpus > MAX_VCPUS)
		return "--vcpus: 1 to 128";
	if (r->is_offline && r->is_download_only)
		return "--offline and --download-only exclude each other";
	return NULL;
}

bool recipe_complete(struct recipe *r, char *why, size_t size)
{
	if (r->maxmem_mib == 0)
		r->maxmem_mib = 2 * r->memory_mib;
	if (r->min_mib == 0)
		r->min_mib = r->memory_mib / 2;
	const char *wrong = words_wrong(r);
	if (!wrong)
		wrong = sizes_wrong(r);
	if (wrong)
		snprintf(why, size, "%s", wrong);
	return !wrong;
}

/* --- texts --- */

void recipe_write_packages(const struct recipe *r, FILE *out)
{
	fputs(BASE_PACKAGES, out);
	if (r->bridge)
		fputs(",systemd-resolved", out);
	if (r->ssh_key)
		fputs(",openssh-server", out);
	if (r->packages)
		fprintf(out, ",%s", r->packages);
}

void recipe_write_inputs(const struct recipe *r, FILE *out)
{
	fprintf(out, "version %s\nname %s\nsuite %s\npackages ", CAGMA_VERSION, r->name, r->suite);
	recipe_write_packages(r, out);
	fputc('\n', out);
}

void recipe_write_entry(const struct recipe *r, FILE *out)
{
	fprintf(out, "\"name=%s, min_mib=%" PRIu64 ", max_mib=%" PRIu64 "\"\n", r->name, r->min_mib,
		r->maxmem_mib);
}

void recipe_write_xlcfg(const struct recipe *r, const char *place, FILE *out)
{
	fprintf(out, "# Made by cagma-mkguest " CAGMA_VERSION
		     ". For guests = [ … ] of cagmad.conf:\n# ");
	recipe_write_entry(r, out);
	fprintf(out,
		"name = \"%s\"\n"
		"type = \"pv\"\n"
		"kernel = \"%s/vmlinuz\"\n"
		"ramdisk = \"%s/initrd\"\n"
		"# psi=1: Debian's kernels do not account for pressure unasked.\n"
		"extra = \"root=/dev/xvda ro console=hvc0 psi=1\"\n"
		"memory = %" PRIu64 "\n"
		"maxmem = %" PRIu64 "\n"
		"vcpus = %" PRIu64 "\n",
		r->name, place, place, r->memory_mib, r->maxmem_mib, r->vcpus);
	fprintf(out, "disk = [\n\t\"format=raw,vdev=xvda,access=w,target=%s/root.ext4\",\n", place);
	if (r->swap_mib > 0)
		fprintf(out, "\t\"format=raw,vdev=xvdb,access=w,target=%s/swap.img\",\n", place);
	fputs("]\n", out);
	if (r->bridge)
		fprintf(out, "vif = [ \"bridge=%s\" ]\n", r->bridge);
}

/* --- the guest's files --- */

static void write_fstab(const struct recipe *r, FILE *out)
{
	fputs("LABEL=" RECIPE_ROOT_LABEL " / ext4 errors=remount-ro 0 1\n", out);
	if (r->swap_mib > 0)
		fputs("LABEL=" RECIPE_SWAP_LABEL " none swap sw 0 0\n", out);
}

static void write_hostname(const struct recipe *r, FILE *out)
{
	fprintf(out, "%s\n", r->name);
}

static void write_hosts(const struct recipe *r, FILE *out)
{
	fprintf(out, "127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost\n", r->name);
}

static void write_network(const struct recipe *r, FILE *out)
{
	(void)r;
	fputs("[Match]\nName=e*\n\n[Network]\nDHCP=yes\n", out);
}

static bool has_network(const struct recipe *r)
{
	return r->bridge != NULL;
}

#define WANTS "etc/systemd/system/multi-user.target.wants/"

const struct recipe_file recipe_files[] = {
	{"etc/fstab", 0644, write_fstab, NULL, NULL},
	{"etc/hostname", 0644, write_hostname, NULL, NULL},
	{"etc/hosts", 0644, write_hosts, NULL, NULL},
	{"etc/systemd/network/80-dhcp.network", 0644, write_network, NULL, has_network},
	{WANTS "systemd-networkd.service", 0, NULL, "/lib/systemd/system/systemd-networkd.service",
	 has_network},
	{WANTS "cagma-agent.service", 0, NULL, "/lib/systemd/system/cagma-agent.service", NULL},
};
const unsigned n_recipe_files = sizeof(recipe_files) / sizeof(recipe_files[0]);
