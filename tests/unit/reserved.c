/* SPDX-License-Identifier: MIT */
#include "tests/unit/reserved.h"

#include "tests/unit/suite.h"

struct reservation_list list;
uint64_t free_kib;

struct reservation *reserved_put(uint32_t id, uint64_t mib, const char *name)
{
	struct toolkeys_request r = {.size_kib = mib * MIB,
				     .wait_until_ms = NOW + TIMEOUT,
				     .until_ms = NOW + 6 * TIMEOUT};
	struct reservation *l = reservation_put(&list, id, &r, name, FIRST_NEW);
	ck_assert_ptr_nonnull(l);
	return l;
}

struct reservation_domain reserved_building(unsigned n, const char *name, uint64_t mib)
{
	return (struct reservation_domain){
		.domid = n, .uuid = {(uint8_t)n}, .name = name, .serial = n, .cap_kib = mib * MIB};
}

struct reservation_room reserved_room(uint64_t free_mib, uint64_t give_mib)
{
	return (struct reservation_room){.free_kib = free_mib * MIB, .give_kib = give_mib * MIB};
}

void reserved_follow(const struct reservation_domain *domain, unsigned n)
{
	reservation_follow(&list, NOW, free_kib, domain, n);
}

void reserved_judge(uint64_t free_mib, uint64_t give_mib)
{
	free_kib = free_mib * MIB;
	struct reservation_room r = reserved_room(free_mib, give_mib);
	reservation_judge(&list, NOW, &r);
}

void reserved_pass(const struct reservation_domain *domain, unsigned n, uint64_t free_mib,
		   uint64_t give_mib)
{
	free_kib = free_mib * MIB;
	reserved_follow(domain, n);
	reserved_judge(free_mib, give_mib);
}

void reserved_assert_state(uint32_t id, enum reservation_state state, uint64_t kept_mib)
{
	const struct reservation *l = reservation_find(&list, id);
	ck_assert_ptr_nonnull(l);
	ck_assert_msg(l->state == state, "reservation %u is %s, not %s", id,
		      reservation_state_word(l->state), reservation_state_word(state));
	ck_assert_uint_eq(l->kept_kib, kept_mib * MIB);
}

void reserved_begin(void)
{
	list = (struct reservation_list){.n = 0};
}

void reserved_begin_for_web(void)
{
	reserved_begin();
	reserved_put(1, 256, "web");
	reserved_pass(NULL, 0, 300, 0);
}
