// SPDX-License-Identifier: GPL-2.0
// What the agent does once, before the machine is frozen for its snapshot.
#pragma once

namespace osext::agent {

// Prints "osext-agent: ..." with the errno's text on the serial console.
void complain(const char* what, const char* object);

void mount_file_systems();
void bring_up_loopback();

// Real-time settings that no experiment has to change later.  Each is printed as
// "osext-agent: setting NAME=VALUE", which the host keeps as part of the run's
// description.
void set_real_time_limits();

// Makes the kernel's random numbers ready, from a fixed seed: a program that asks
// for some must not wait, and two runs must get the same.  Nothing here is secret.
void seed_random_numbers();

// Maps the shared region (the ivshmem device's second resource).  Returns
// nullptr, with the reason on the console, if there is none.
void* map_shared_region();

}  // namespace osext::agent
