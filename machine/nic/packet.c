// SPDX-License-Identifier: GPL-2.0
/* Building a packet as a card with checksum offload would leave it in memory. */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/ip.h>

#include "nic.h"

#define SOURCE_PORT 9	/* discard: nobody is to answer */
#define UDP_BYTES (sizeof(struct udphdr) + sizeof(struct osext_nic_payload))
#define IP_BYTES (sizeof(struct iphdr) + UDP_BYTES)
#define FRAME_BYTES (ETH_HLEN + IP_BYTES)

static void put_ethernet(struct sk_buff *skb, struct net_device *device)
{
	static const u8 sender[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };	/* locally administered */
	struct ethhdr *header = skb_put(skb, ETH_HLEN);

	ether_addr_copy(header->h_dest, device->dev_addr);
	ether_addr_copy(header->h_source, sender);
	header->h_proto = htons(ETH_P_IP);
}

static void put_ip(struct sk_buff *skb)
{
	struct iphdr *header = skb_put_zero(skb, sizeof(*header));

	header->version = 4;
	header->ihl = sizeof(*header) / 4;
	header->ttl = 64;
	header->protocol = IPPROTO_UDP;
	header->tot_len = htons(IP_BYTES);
	header->frag_off = htons(IP_DF);
	header->saddr = htonl(OSEXT_NIC_SOURCE_ADDRESS);
	header->daddr = htonl(OSEXT_NIC_TARGET_ADDRESS);
	ip_send_check(header);
}

static void put_udp(struct sk_buff *skb, u32 port)
{
	struct udphdr *header = skb_put_zero(skb, sizeof(*header));

	header->source = htons(SOURCE_PORT);
	header->dest = htons(port);
	header->len = htons(UDP_BYTES);
}

struct sk_buff *nic_build_packet(struct net_device *device, struct napi_struct *napi,
				 const struct osext_nic_stream *stream, u64 serial)
{
	struct sk_buff *skb = napi_alloc_skb(napi, FRAME_BYTES);
	struct osext_nic_payload *payload;

	if (!skb)
		return NULL;
	put_ethernet(skb, device);
	put_ip(skb);
	put_udp(skb, stream->port);
	payload = skb_put(skb, sizeof(*payload));
	payload->serial = serial;
	payload->sent_ns = osext_nic_arrival_ns(stream, serial);
	skb->protocol = eth_type_trans(skb, device);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}
