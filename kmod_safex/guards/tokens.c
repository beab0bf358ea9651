// SPDX-License-Identifier: GPL-2.0
/*
 * The guard of a reservation of events: so many tokens a second, of which some can be saved.
 * Writing a number takes so many of them, or is refused; nobody can give any.  What is kept is
 * the time when the tokens were last used up, or would have been, by the time stamp counter.
 */
#include <linux/math64.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "../kmod.h"

/* `minimum` is the time between two tokens, `maximum` how many can be saved. */
static __always_inline s64 used_up(const struct safex_attribute *attribute, s64 now)
{
	return max(READ_ONCE(attribute->value), now - attribute->maximum * attribute->minimum);
}

static int set(struct safex_class *class, struct safex_attribute *attribute, s64 value)
{
	s64 now = rdtsc(), then;

	if (value < 0 || value > attribute->maximum)
		return -ERANGE;
	then = used_up(attribute, now) + value * attribute->minimum;
	if (then > now)
		return -EAGAIN;
	WRITE_ONCE(attribute->value, then);
	return 0;
}

/* How many there are. */
static s64 get(struct safex_class *class, const struct safex_attribute *attribute)
{
	s64 now = rdtsc();

	return div64_s64(now - used_up(attribute, now), attribute->minimum);
}

void safex_guard_tokens_begin(struct safex_attribute *attribute, u32 per_second)
{
	attribute->minimum = div_u64(tsc_khz * 1000ULL, per_second);
	attribute->value = (s64)rdtsc() - attribute->maximum * attribute->minimum;	/* negative, soon after the machine began */
}

const struct safex_guard safex_guard_tokens = { .name = "tokens", .set = set, .get = get };
