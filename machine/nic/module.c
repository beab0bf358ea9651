// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading: the interface first, so that a control device always has one. */
#include <linux/module.h>

#include "nic.h"

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("osext: a simulated NIC whose packets arrive at exact instants");

static int __init nic_init(void)
{
	int error = nic_netdev_init();

	if (error)
		return error;
	error = nic_control_init();
	if (error)
		nic_netdev_exit();
	return error;
}

static void __exit nic_exit(void)
{
	nic_control_exit();
	nic_netdev_exit();
}

module_init(nic_init);
module_exit(nic_exit);
