// SPDX-License-Identifier: GPL-2.0
/*
 * For measuring (module parameter mark_timers): where an operation begins that
 * nobody in user mode can see begin, the expiry of a timer of the executive's
 * thread while a guest runs.
 *
 * A probe of the kernel's own tracepoint, before the timer's function is called:
 * a mark for the counting plugin, and the time stamp in the shared page.
 */
#include <linux/hrtimer.h>
#include <linux/posix-timers.h>
#include <linux/tracepoint.h>
#include <asm/msr.h>

#include <osext/marker.h>

#include "compat.h"
#include "hijack.h"

/* Context: hard interrupt. */
static void on_expiry(void *unused, struct hrtimer *timer, ktime_t *now)
{
	struct hijack_session *session = hijack_active;

	if (current != READ_ONCE(hijack_thread) || hijack_state(session) != STATE_GUEST ||
	    (unsigned long)timer->function != hijack_kernel.posix_timer_fn)
		return;
	/* Another process's may expire here, too. */
	if (container_of(timer, struct k_itimer, it.real.timer)->it_signal != current->signal)
		return;
	session->shared->timer_began = rdtsc();
	OSEXT_MARK(OSEXT_MARK_BEGIN);
}

/* May sleep.  -ENOENT: this kernel has no such tracepoint. */
int hijack_mark_init(void)
{
	if (!hijack_mark_timers)
		return 0;
	if (!hijack_kernel.timer_expiry || !hijack_kernel.posix_timer_fn)
		return -ENOENT;
	return tracepoint_probe_register(hijack_kernel.timer_expiry, on_expiry, NULL);
}

/* May sleep. */
void hijack_mark_exit(void)
{
	if (!hijack_mark_timers)
		return;
	tracepoint_probe_unregister(hijack_kernel.timer_expiry, on_expiry, NULL);
	tracepoint_synchronize_unregister();
}
