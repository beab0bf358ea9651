// SPDX-License-Identifier: GPL-2.0
/*
 * Arrival of UDP packets at a port, seen by a hook of netfilter behind its filters, where the
 * kernel is about to look for a socket.  The hook only looks: an upcall comes later, if soon,
 * and can neither stop a packet nor change it.
 */
#include <linux/capability.h>
#include <linux/ktime.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/nsproxy.h>
#include <linux/sched/task_stack.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "queue.h"
#include "uls.h"

/* Where the UDP header is, or -1. */
static int find_udp(const struct sk_buff *skb, u8 family, struct osext_uls_packet *packet)
{
	int at = skb_network_offset(skb);

	if (family == NFPROTO_IPV4) {
		const struct iphdr *ip = ip_hdr(skb);

		ipv6_addr_set_v4mapped(ip->saddr, (struct in6_addr *)packet->source);
		ipv6_addr_set_v4mapped(ip->daddr, (struct in6_addr *)packet->destination);
		return ip->protocol == IPPROTO_UDP ? at + ip_hdrlen(skb) : -1;
	}
	memcpy(packet->source, &ipv6_hdr(skb)->saddr, sizeof(packet->source));
	memcpy(packet->destination, &ipv6_hdr(skb)->daddr, sizeof(packet->destination));
	return ipv6_hdr(skb)->nexthdr == IPPROTO_UDP ? at + sizeof(struct ipv6hdr) : -1;
}

/* Context: a softirq, or a process that sends to itself. */
static void tell(struct uls_binding *binding, const struct osext_uls_packet *packet)
{
	struct uls_extension *extension = binding->extension;
	struct uls_host *host;
	unsigned long flags;
	bool direct;

	if (!READ_ONCE(binding->enabled))	/* it has no place in its extension yet */
		return;
	local_irq_save(flags);
	host = this_cpu_read(uls_cpu.host);
	/* A softirq does not know what its interrupt hit, but a system call it was not. */
	direct = host && host->place == ULS_OUT && (long)task_pt_regs(current)->orig_ax == -1;
	uls_mark(binding);
	uls_lock();
	if (uls_enqueue(binding, packet->bytes)) {
		uls_last_about(binding)->packet = *packet;
		if (direct)
			extension->statistics.direct++;
	}
	uls_unlock();
	if (direct)
		uls_arm_return();
	else if (host)
		uls_host_kick(host);
	else
		uls_interrupt_others();
	local_irq_restore(flags);
}

static unsigned int arrived(void *data, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct uls_binding *binding = data;
	struct osext_uls_packet packet = {};
	int at = find_udp(skb, state->pf, &packet);
	const struct udphdr *udp;
	struct udphdr copy;
	u32 bytes;

	if (at < 0)
		return NF_ACCEPT;
	udp = skb_header_pointer(skb, at, sizeof(copy), &copy);
	if (!udp || ntohs(udp->dest) != binding->port || ntohs(udp->len) < sizeof(*udp) ||
	    ntohs(udp->len) > skb->len - at)
		return NF_ACCEPT;
	bytes = ntohs(udp->len) - sizeof(*udp);
	packet.arrived_ns = ktime_get_ns();
	packet.source_port = ntohs(udp->source);
	packet.port = binding->port;
	packet.bytes = bytes;
	if (!skb_copy_bits(skb, at + sizeof(*udp), packet.data, min_t(u32, bytes, sizeof(packet.data))))
		tell(binding, &packet);
	return NF_ACCEPT;
}

/*
 * From now on packets at `port` in the caller's network namespace are events, if they
 * may be: it takes the right to receive all packets there.  -EPERM: the caller has
 * not.  May sleep.
 */
int uls_packet_begin(struct uls_binding *binding, u32 port)
{
	struct net *net = current->nsproxy->net_ns;
	int error;

	if (!ns_capable(net->user_ns, CAP_NET_RAW))
		return -EPERM;
	binding->port = port;
	binding->hook.hook = arrived;
	binding->hook.priv = binding;
	binding->hook.pf = NFPROTO_INET;	/* IPv4 and IPv6 */
	binding->hook.hooknum = NF_INET_LOCAL_IN;
	binding->hook.priority = NF_IP_PRI_LAST;
	error = nf_register_net_hook(net, &binding->hook);
	if (!error)
		binding->net = get_net(net);
	return error;
}

/* May sleep; nothing happens if it never began. */
void uls_packet_end(struct uls_binding *binding)
{
	if (!binding->net)
		return;
	nf_unregister_net_hook(binding->net, &binding->hook);
	synchronize_net();	/* those who are in the hook leave */
	put_net(binding->net);
	binding->net = NULL;
}
