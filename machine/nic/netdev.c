// SPDX-License-Identifier: GPL-2.0
/*
 * The network device: a timer stands for the card's interrupt, NAPI polls the
 * ring as any driver's does.  The timer is armed for the next arrival only
 * while the poll is not scheduled, so under load nothing but the poll runs.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#include "nic.h"

struct net_device *nic_device;

/* Context: softirq, or process context with the poll disabled. */
static void arm_interrupt(struct nic *nic)
{
	u64 next_ns = nic_wire_next_ns(&nic->wire);

	if (next_ns == U64_MAX)
		return;
	next_ns = max(next_ns, nic->last_interrupt_ns + nic->wire.plan.moderation_ns);
	hrtimer_start(&nic->interrupt, ns_to_ktime(next_ns), HRTIMER_MODE_ABS_PINNED_HARD);
}

/* Context: hard interrupt. */
static enum hrtimer_restart on_interrupt(struct hrtimer *timer)
{
	struct nic *nic = container_of(timer, struct nic, interrupt);

	nic->last_interrupt_ns = ktime_get_ns();
	nic->wire.counters.interrupts++;
	napi_schedule(&nic->napi);
	return HRTIMER_NORESTART;
}

/* Context: softirq; the core sees to it that one runs at a time. */
static int poll(struct napi_struct *napi, int budget)
{
	struct nic *nic = container_of(napi, struct nic, napi);
	struct nic_wire *wire = &nic->wire;
	struct nic_slot slot;
	int done = 0;

	wire->counters.polls++;
	nic_wire_sync(wire, ktime_get_ns());
	while (done < budget && nic_wire_take(wire, &slot)) {
		struct osext_nic_stream_counters *counters = &wire->counters.stream[slot.stream];
		struct sk_buff *skb = nic_build_packet(napi->dev, napi, &wire->plan.stream[slot.stream],
						       slot.serial);

		done++;
		if (!skb) {
			counters->unbuilt++;
			continue;
		}
		counters->handed++;
		napi_gro_receive(napi, skb);
	}
	if (done < budget && napi_complete_done(napi, done))
		arm_interrupt(nic);
	return done;
}

/* Afterwards neither poll nor interrupt runs.  Context: rtnl lock, poll enabled. */
static void silence(struct nic *nic)
{
	napi_disable(&nic->napi);	/* first: the poll arms the interrupt */
	hrtimer_cancel(&nic->interrupt);
}

static int open_device(struct net_device *device)
{
	struct nic *nic = netdev_priv(device);

	nic->wire.plan.streams = 0;
	napi_enable(&nic->napi);
	netif_start_queue(device);
	return 0;
}

static int stop_device(struct net_device *device)
{
	netif_stop_queue(device);
	silence(netdev_priv(device));
	return 0;
}

/* There is nobody at the other end. */
static netdev_tx_t transmit(struct sk_buff *skb, struct net_device *device)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops operations = {
	.ndo_open = open_device,
	.ndo_stop = stop_device,
	.ndo_start_xmit = transmit,
};

int nic_start(const struct osext_nic_plan *plan)
{
	struct nic *nic = netdev_priv(nic_device);
	struct nic_wire *wire = &nic->wire;
	int error = -ENETDOWN;

	rtnl_lock();
	if (netif_running(nic_device)) {
		silence(nic);
		wire->plan = *plan;
		wire->head = 0;
		wire->used = 0;
		memset(wire->cursor, 0, sizeof(wire->cursor));
		memset(&wire->counters, 0, sizeof(wire->counters));
		nic->last_interrupt_ns = 0;
		napi_enable(&nic->napi);
		arm_interrupt(nic);
		error = 0;
	}
	rtnl_unlock();
	return error;
}

void nic_read_counters(struct osext_nic_counters *counters)
{
	struct nic *nic = netdev_priv(nic_device);

	rtnl_lock();
	*counters = nic->wire.counters;
	rtnl_unlock();
}

static void init_timer(struct hrtimer *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, on_interrupt, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	timer->function = on_interrupt;
#endif
}

int nic_netdev_init(void)
{
	static const u8 address[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };	/* locally administered */
	struct net_device *device = alloc_etherdev(sizeof(struct nic));
	struct nic *nic;
	int error = -ENOMEM;

	if (!device)
		return -ENOMEM;
	nic = netdev_priv(device);
	nic->wire.ring = vcalloc(OSEXT_NIC_MAX_RING, sizeof(*nic->wire.ring));
	if (!nic->wire.ring)
		goto free;
	strscpy(device->name, OSEXT_NIC_INTERFACE, sizeof(device->name));
	device->netdev_ops = &operations;
	device->flags |= IFF_NOARP;
	eth_hw_addr_set(device, address);
	init_timer(&nic->interrupt);
	netif_napi_add(device, &nic->napi, poll);
	error = register_netdev(device);
	if (error)
		goto free;
	nic_device = device;
	return 0;

free:
	vfree(nic->wire.ring);
	free_netdev(device);
	return error;
}

void nic_netdev_exit(void)
{
	struct nic *nic = netdev_priv(nic_device);

	unregister_netdev(nic_device);	/* stops it if it is up */
	vfree(nic->wire.ring);
	free_netdev(nic_device);	/* forgets the poll, too */
	nic_device = NULL;
}
