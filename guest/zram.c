/* SPDX-License-Identifier: MIT */
#include "guest/zram.h"

#include "common/amount.h"
#include "common/keys.h"
#include "common/system/file.h"
#include "guest/core/swaps.h"

#include <stdio.h>

enum { MAX_SWAPS_BYTES = 4096, MAX_STAT_BYTES = 256 };

static uint64_t old_device_kib(int root_fd, unsigned number)
{
	char path[48], used[MAX_STAT_BYTES];
	uint64_t bytes = 0;
	snprintf(path, sizeof(path), "sys/block/zram%u/mem_used_total", number);
	ssize_t len = file_read_at(root_fd, path, used, sizeof(used));
	struct text rest = {used, len > 0 ? (size_t)len : 0};
	return text_take_number(&rest, &bytes) ? bytes / 1024 : 0;
}

static uint64_t device_kib(int root_fd, unsigned number)
{
	char path[48], stat[MAX_STAT_BYTES];
	uint64_t kib = 0;
	snprintf(path, sizeof(path), "sys/block/zram%u/mm_stat", number);
	ssize_t len = file_read_at(root_fd, path, stat, sizeof(stat));
	if (len > 0)
		swaps_zram_kib((struct text){stat, (size_t)len}, &kib);
	else /* before Linux 4.1 */
		kib = old_device_kib(root_fd, number);
	return amount_min(kib, KEYS_MAX_KIB);
}

uint64_t zram_kib(int root_fd)
{
	char swaps[MAX_SWAPS_BYTES];
	ssize_t len = file_read_at(root_fd, "proc/swaps", swaps, sizeof(swaps));
	struct text rest = {swaps, len > 0 ? (size_t)len : 0};
	uint64_t sum_kib = 0;
	unsigned number;
	while (swaps_next_zram(&rest, &number))
		sum_kib += device_kib(root_fd, number);
	return amount_min(sum_kib, KEYS_MAX_KIB);
}
