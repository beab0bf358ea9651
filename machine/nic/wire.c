// SPDX-License-Identifier: GPL-2.0
/*
 * The wire: which packets have arrived, and which of them found room in the
 * ring.  A pure function of the plan and of the instants at which the driver
 * looks.  Between two looks nothing leaves the ring, so that adding all arrivals
 * at the next look, oldest first, gives what adding each in its time would.
 */
#include "nic.h"

/* The stream whose next packet is the earliest; the lower number wins.  -1: none is left. */
static int earliest_stream(const struct nic_wire *wire, u64 *at_ns)
{
	int earliest = -1;
	u32 i;

	*at_ns = U64_MAX;
	for (i = 0; i < wire->plan.streams; i++) {
		const struct osext_nic_stream *stream = &wire->plan.stream[i];
		u64 next;

		if (wire->cursor[i] == stream->packets)
			continue;
		next = osext_nic_arrival_ns(stream, wire->cursor[i]);
		if (next < *at_ns) {
			*at_ns = next;
			earliest = i;
		}
	}
	return earliest;
}

u64 nic_wire_next_ns(const struct nic_wire *wire)
{
	u64 at_ns;

	earliest_stream(wire, &at_ns);
	return at_ns;
}

void nic_wire_sync(struct nic_wire *wire, u64 now_ns)
{
	u32 i;

	while (wire->used < wire->plan.ring_packets) {
		struct nic_slot *slot;
		u64 at_ns;
		int stream = earliest_stream(wire, &at_ns);

		if (stream < 0 || at_ns > now_ns)
			return;
		slot = &wire->ring[(wire->head + wire->used++) % OSEXT_NIC_MAX_RING];
		slot->stream = stream;
		slot->serial = wire->cursor[stream]++;
		wire->counters.stream[stream].offered++;
	}
	/* The ring is full: whatever else has arrived is lost. */
	for (i = 0; i < wire->plan.streams; i++) {
		u64 lost = osext_nic_arrived(&wire->plan.stream[i], now_ns) - wire->cursor[i];

		wire->cursor[i] += lost;
		wire->counters.stream[i].offered += lost;
		wire->counters.stream[i].ring_dropped += lost;
	}
}

bool nic_wire_take(struct nic_wire *wire, struct nic_slot *slot)
{
	if (!wire->used)
		return false;
	*slot = wire->ring[wire->head];
	wire->head = (wire->head + 1) % OSEXT_NIC_MAX_RING;
	wire->used--;
	return true;
}
