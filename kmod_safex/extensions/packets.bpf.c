// SPDX-License-Identifier: GPL-2.0
/*
 * An example for packets: accounts those of each stream, and holds reservations.  A packet for
 * which its stream has a token is let through.  Any other is if the link has tokens to spare; else
 * it is dropped.  The link pays for reserved packets too, several at a time.
 */
#include "safex.h"

#define STREAM 0	/* slots; the sets are the streams */
#define LINK 1
#define STREAMS 16	/* a power of 2 */

#define PAID_AT_ONCE 8
#define KEPT 32	/* tokens of the link that are for reserved packets only */

#define DROP 1

SAFEX_ATTRIBUTE(tokens);

/* By stream; packets of one come in one after the other. */
safex_u64 packets[STREAMS], dropped[STREAMS];
safex_s64 last[STREAMS];
safex_u32 owed[STREAMS];

static int take_of_stream(void)
{
	safex_capability *stream = safex_acquire(STREAM);
	int error;

	if (!stream)
		return 0;
	error = safex_set_attribute(stream, tokens, 1);
	safex_release(stream);
	return !error;
}

static int take_of_link(int number, int kept)
{
	safex_capability *link = safex_acquire(LINK);
	int error;

	if (!link)
		return 0;
	error = safex_get_attribute(link, tokens) < kept || safex_set_attribute(link, tokens, number);
	safex_release(link);
	return !error;
}

SAFEX_EXTENSION(packets_of_streams)
{
	safex_u32 stream = safex_event_set() & (STREAMS - 1);

	packets[stream]++;
	last[stream] = safex_event_value();
	if (take_of_stream()) {
		if (++owed[stream] == PAID_AT_ONCE) {
			owed[stream] = 0;
			take_of_link(PAID_AT_ONCE, 0);
		}
	} else if (!take_of_link(1, KEPT)) {
		dropped[stream]++;
		safex_answer(DROP);
	}
	return 0;
}
