/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The simulated NIC: what its kernel module and the programs that use it agree
 * on.  A plan names streams of UDP packets; packet n of a stream is on the wire
 * at one exact instant (osext_nic_arrival_ns), whatever the machine does, and
 * carries its number and that instant as payload.  Nobody sends: the arrivals
 * cost the machine nothing, receiving them costs what it costs.
 *
 * OSEXT_NIC_START replaces the plan and zeroes the counters; without streams it
 * stops the NIC.  It needs CAP_NET_ADMIN and an interface that is up.
 */
#ifndef OSEXT_NIC_H
#define OSEXT_NIC_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define OSEXT_NIC_DEVICE "/dev/osext_nic"
#define OSEXT_NIC_INTERFACE "osext0"
/* Every packet comes from one address and goes to the other, which the interface must have. */
#define OSEXT_NIC_SOURCE_ADDRESS 0x0a090002U	/* 10.9.0.2 */
#define OSEXT_NIC_TARGET_ADDRESS 0x0a090001U	/* 10.9.0.1 */

#define OSEXT_NIC_STREAMS 8
#define OSEXT_NIC_MAX_RATE_PPS 1000000U
#define OSEXT_NIC_MAX_PACKETS 0xffffffffULL	/* of one stream */
#define OSEXT_NIC_MAX_RING 4096U
#define OSEXT_NIC_MAX_MODERATION_NS 1000000000U
#define OSEXT_NIC_MAX_LEAD_NS 3600000000000ULL	/* a first packet is at most an hour ahead */

#define OSEXT_NIC_NS_PER_S 1000000000ULL

struct osext_nic_stream {
	__u64 first_ns;		/* CLOCK_MONOTONIC when its first packet arrives */
	__u64 packets;		/* how many there are */
	__u32 rate_pps;
	__u32 port;		/* UDP port that they go to */
};

struct osext_nic_plan {
	__u32 streams;		/* 0: stop */
	__u32 ring_packets;	/* receive ring: packets that arrive when it is full are lost */
	__u32 moderation_ns;	/* least time between two interrupts */
	__u32 reserved;		/* 0 */
	struct osext_nic_stream stream[OSEXT_NIC_STREAMS];
};

/* offered = handed + ring_dropped + unbuilt + what still lies in the ring. */
struct osext_nic_stream_counters {
	__u64 offered;		/* arrived so far, as the NIC noticed at its last poll */
	__u64 handed;		/* given to the network stack */
	__u64 ring_dropped;	/* found the ring full */
	__u64 unbuilt;		/* no memory for a buffer */
};

struct osext_nic_counters {
	__u64 interrupts;
	__u64 polls;
	struct osext_nic_stream_counters stream[OSEXT_NIC_STREAMS];
};

/* The payload of a packet; CPU byte order. */
struct osext_nic_payload {
	__u64 serial;		/* from 0 */
	__u64 sent_ns;		/* when it was on the wire: CLOCK_MONOTONIC */
};

#define OSEXT_NIC_START _IOW('N', 0x60, struct osext_nic_plan)
#define OSEXT_NIC_GET_COUNTERS _IOR('N', 0x61, struct osext_nic_counters)

/* When packet `serial` arrives. */
static inline __u64 osext_nic_arrival_ns(const struct osext_nic_stream *stream, __u64 serial)
{
	return stream->first_ns + serial * OSEXT_NIC_NS_PER_S / stream->rate_pps;
}

/* How many packets of the stream have arrived by `now_ns`, that instant included. */
static inline __u64 osext_nic_arrived(const struct osext_nic_stream *stream, __u64 now_ns)
{
	__u64 scaled;

	if (stream->packets == 0 || now_ns < stream->first_ns)
		return 0;
	if (now_ns >= osext_nic_arrival_ns(stream, stream->packets - 1))
		return stream->packets;
	/* Not the last packet yet, so the product is below packets * 10^9 and fits. */
	scaled = (now_ns - stream->first_ns + 1) * stream->rate_pps;
	return (scaled + OSEXT_NIC_NS_PER_S - 1) / OSEXT_NIC_NS_PER_S;
}

#endif
