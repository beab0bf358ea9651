/* SPDX-License-Identifier: GPL-2.0 */
/* The simulated NIC's parts, as they see each other. */
#ifndef OSEXT_MACHINE_NIC_H
#define OSEXT_MACHINE_NIC_H

#include <linux/hrtimer.h>
#include <linux/netdevice.h>

#include <osext/nic.h>

/* A packet in the receive ring: enough to build it when it is polled. */
struct nic_slot {
	u32 stream;
	u64 serial;
};

/*
 * The wire and the receive ring.  Nothing runs when a packet arrives: who looks
 * at the ring brings it up to date.  Touched by the poll alone once started.
 */
struct nic_wire {
	struct osext_nic_plan plan;
	u64 cursor[OSEXT_NIC_STREAMS];	/* next packet to arrive */
	struct nic_slot *ring;		/* OSEXT_NIC_MAX_RING slots */
	u32 head, used;
	struct osext_nic_counters counters;
};

/* The instant of the next arrival, U64_MAX if there is none. */
u64 nic_wire_next_ns(const struct nic_wire *wire);
/* Everything that arrives by now_ns goes into the ring, or is lost where that is full. */
void nic_wire_sync(struct nic_wire *wire, u64 now_ns);
/* Takes the oldest packet out of the ring; false if it is empty. */
bool nic_wire_take(struct nic_wire *wire, struct nic_slot *slot);

struct nic {
	struct napi_struct napi;
	struct hrtimer interrupt;
	u64 last_interrupt_ns;
	struct nic_wire wire;
};

/* The one NIC; NULL before init and after exit. */
extern struct net_device *nic_device;

/* Builds packet `serial` of a stream.  NULL without memory.  Softirq context. */
struct sk_buff *nic_build_packet(struct net_device *device, struct napi_struct *napi,
				 const struct osext_nic_stream *stream, u64 serial);

/* Replaces the plan.  -ENETDOWN unless the interface is up.  May sleep. */
int nic_start(const struct osext_nic_plan *plan);
/* A copy of the counters, exact while nothing arrives.  May sleep. */
void nic_read_counters(struct osext_nic_counters *counters);

int nic_netdev_init(void);
void nic_netdev_exit(void);
int nic_control_init(void);
void nic_control_exit(void);

#endif
