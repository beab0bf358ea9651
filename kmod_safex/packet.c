// SPDX-License-Identifier: GPL-2.0
/*
 * Arrival of UDP packets at a port, seen by a hook of netfilter behind its filters, where the
 * kernel is about to look for a socket: a packet that an extension does without costs no more
 * than it has until then.
 */
#include <linux/capability.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "kmod.h"

/* Where the UDP header is, or -1. */
static int find_udp(const struct sk_buff *skb, u8 family)
{
	int at = skb_network_offset(skb);

	if (family == NFPROTO_IPV4)
		return ip_hdr(skb)->protocol == IPPROTO_UDP ? at + ip_hdrlen(skb) : -1;
	return ipv6_hdr(skb)->nexthdr == IPPROTO_UDP ? at + (int)sizeof(struct ipv6hdr) : -1;
}

static bool is_dropped(struct safex_binding *binding, s64 value)
{
	struct safex_outcome outcome = {};

	local_bh_disable();	/* a process that sends to itself */
	safex_run_binding(binding, value, &outcome);
	local_bh_enable();
	return outcome.answer == OSEXT_SAFEX_DROP && !outcome.aborted;
}

static unsigned int arrived(void *data, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct safex_binding *binding = data;
	int at = find_udp(skb, state->pf);
	const struct udphdr *udp;
	struct udphdr copy;
	u32 bytes;
	s64 value = 0;

	if (at < 0)
		return NF_ACCEPT;
	udp = skb_header_pointer(skb, at, sizeof(copy), &copy);
	if (!udp || ntohs(udp->dest) != binding->port || ntohs(udp->len) < sizeof(*udp) ||
	    ntohs(udp->len) > skb->len - at)
		return NF_ACCEPT;
	bytes = ntohs(udp->len) - sizeof(*udp);
	if (skb_copy_bits(skb, at + sizeof(*udp), &value, min_t(u32, bytes, sizeof(value))))
		return NF_ACCEPT;
	return is_dropped(binding, value) ? NF_DROP : NF_ACCEPT;
}

int safex_packet_begin(struct safex_binding *binding, u64 port)
{
	struct net *net = current->nsproxy->net_ns;
	int error;

	if (!port || port > U16_MAX)
		return -EINVAL;
	if (!ns_capable(net->user_ns, CAP_NET_ADMIN) && safex_is_on(SAFEX_WATCHERS))
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

/* Who is in the hook still is in a grace period, which unloading waits for. */
void safex_packet_end(struct safex_binding *binding)
{
	nf_unregister_net_hook(binding->net, &binding->hook);
	put_net(binding->net);
}
