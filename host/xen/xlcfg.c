/* SPDX-License-Identifier: MIT */
#include "host/xen/xlcfg.h"

#include "common/system/apart.h"
#include "common/system/file.h"

#include <errno.h>
#include <libxlutil.h>
#include <string.h>

#define KIB_PER_MIB UINT64_C(1024)
#define MAX_MIB     (1L << 30)

/* A file that is being read. */
struct reading {
	const char *path;
	FILE *messages;
	XLU_Config *file;
	bool failed;
};

static void complain(struct reading *r, const char *what, const char *wrong)
{
	fprintf(r->messages, "%s: %s%s\n", r->path, what, wrong);
	r->failed = true;
}

/* `standard` if the file does not have the option, or has a value that is complained about. */
static uint64_t read_number(struct reading *r, const char *name, long least, uint64_t standard)
{
	long value;
	int e = xlu_cfg_get_long(r->file, name, &value, 1);
	if (e == ESRCH)
		return standard;
	if (e || value < least || value > MAX_MIB) {
		complain(r, name, " is not a number in its range");
		return standard;
	}
	return (uint64_t)value;
}

/* In MiB; NEED_STANDARD_KIB if the file does not have the option. */
static uint64_t read_amount(struct reading *r, const char *name)
{
	uint64_t mib = read_number(r, name, 0, UINT64_MAX);
	return mib == UINT64_MAX ? NEED_STANDARD_KIB : mib * KIB_PER_MIB;
}

static const char *read_string(struct reading *r, const char *name)
{
	const char *value;
	return xlu_cfg_get_string(r->file, name, &value, 1) == 0 ? value : NULL;
}

static void read_identity(struct reading *r, struct xlcfg *cfg)
{
	const char *name = read_string(r, "name"), *uuid = read_string(r, "uuid");
	if (!name || !toolkeys_is_name((struct text){name, strlen(name)}))
		complain(r, "name", " is missing or is none");
	else
		memcpy(cfg->name, name, strlen(name) + 1);
	cfg->has_uuid = uuid != NULL;
	if (uuid && !uuid_read(uuid, cfg->uuid))
		complain(r, "uuid", " is not a UUID");
}

/* Of a table of words, the value of the one that the option has; -1 if the option is not there, or
 * has another, which is complained about. */
struct xlcfg_word {
	const char *option, *word;
	int value;
};

static int read_word(struct reading *r, const char *option, const struct xlcfg_word *words,
		     unsigned n_words)
{
	const char *word = read_string(r, option);
	for (unsigned i = 0; word && i < n_words; i++)
		if (strcmp(words[i].option, option) == 0 && strcmp(words[i].word, word) == 0)
			return words[i].value;
	if (word)
		complain(r, option, " is none that xl knows");
	return -1;
}

static void read_type(struct reading *r, struct xlcfg *cfg)
{
	static const struct xlcfg_word words[] = {
		{"type", "pv", NEED_PV},         {"type", "pvh", NEED_PVH},
		{"type", "hvm", NEED_HVM},       {"builder", "hvm", NEED_HVM},
		{"builder", "generic", NEED_PV},
	};
	const char *option = read_string(r, "type") ? "type" : "builder";
	int type = read_word(r, option, words, sizeof(words) / sizeof(words[0]));
	cfg->need.type = type < 0 ? NEED_PV : (enum need_type)type;
}

/* xl's own rules: `vga` goes before `stdvga`, and a stub domain has the traditional device model
 * unless another one is asked for. */
static void read_stub(struct reading *r, struct need_stub *stub)
{
	static const struct xlcfg_word words[] = {
		{"vga", "none", NEED_VGA_NONE},
		{"vga", "cirrus", NEED_VGA_CIRRUS},
		{"vga", "stdvga", NEED_VGA_STD},
		{"vga", "qxl", NEED_VGA_QXL},
		{"device_model_version", "qemu-xen", 0},
		{"device_model_version", "qemu-xen-traditional", 1},
	};
	enum { N_WORDS = sizeof(words) / sizeof(words[0]) };
	bool is_std = read_number(r, "stdvga", 0, 0) != 0;
	int vga = read_word(r, "vga", words, N_WORDS);
	*stub = (struct need_stub){
		.is_there = read_number(r, "device_model_stubdomain_override", 0, 0) != 0,
		.is_traditional = read_word(r, "device_model_version", words, N_WORDS) != 0,
		.memory_kib = read_amount(r, "stubdomain_memory"),
		.vga = vga >= 0 ? (enum need_vga)vga
		       : is_std ? NEED_VGA_STD
				: NEED_VGA_CIRRUS,
		.video_kib = read_amount(r, "videoram"),
	};
}

static void read_memory(struct reading *r, struct xlcfg *cfg)
{
	struct need_guest *need = &cfg->need;
	uint64_t memory_mib = read_number(r, "memory", 1, 0);
	if (!memory_mib && !r->failed)
		complain(r, "memory", " is missing");
	need->memory_kib = memory_mib * KIB_PER_MIB;
	need->maxmem_kib = read_number(r, "maxmem", 1, memory_mib) * KIB_PER_MIB;
	need->max_vcpus = read_number(r, "maxvcpus", 1, read_number(r, "vcpus", 1, 1));
	need->shadow_kib = read_number(r, "shadow_memory", 0, 0) * KIB_PER_MIB;
	need->has_hap = read_number(r, "hap", 0, 1) != 0;
	int n_pci = 0;
	need->has_passthrough = xlu_cfg_get_list(r->file, "pci", NULL, &n_pci, 1) == 0 && n_pci > 0;
}

/* Reads the file, in the child, which gives up its memory as it ends. */
static bool read_file(void *arg, FILE *messages, void *ret_result)
{
	struct xlcfg *cfg = ret_result;
	struct reading r = {.path = arg, .messages = messages};
	enum { MAX_BYTES = 1 << 22 };
	char *text;
	size_t len;
	const char *wrong = file_load(r.path, MAX_BYTES, &text, &len);
	if (wrong) {
		complain(&r, wrong, "");
		return false;
	}
	r.file = xlu_cfg_init(messages, r.path);
	if (!r.file || xlu_cfg_readdata(r.file, text, (int)len) != 0)
		complain(&r, "is not in xl.cfg's syntax", "");
	if (!r.failed) {
		read_identity(&r, cfg);
		read_type(&r, cfg);
		read_memory(&r, cfg);
		read_stub(&r, &cfg->need.stub);
	}
	return !r.failed;
}

bool xlcfg_read(const char *path, FILE *messages, struct xlcfg *ret_cfg)
{
	struct apart apart;
	char why[APART_MAX_WHY], *arg = (char *)path;
	int r = apart_begin(&apart, read_file, arg, sizeof(*ret_cfg), APART_TIMEOUT_MS);
	if (r < 0) {
		fprintf(messages, "%s: cannot be read: %s\n", path, strerror(-r));
		return false;
	}
	enum apart_outcome outcome = apart_end(&apart, messages, ret_cfg, why);
	if (outcome == APART_BROKEN)
		fprintf(messages, "%s: cannot be read: the process that reads it %s\n", path, why);
	return outcome == APART_DONE;
}
