/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sched_setattr(2) and sched_getattr(2) take: Linux's struct sched_attr, its
 * first version.  Its header and the C library's exclude each other.
 */
#ifndef OSEXT_EXECUTIVE_SCHEDULING_ATTRIBUTES_H
#define OSEXT_EXECUTIVE_SCHEDULING_ATTRIBUTES_H

#include <cstdint>

namespace osext::executive {

constexpr uint32_t kSchedDeadline = 6;

struct SchedulingAttributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns, deadline_ns, period_ns;
};
static_assert(sizeof(SchedulingAttributes) == 48);

}  // namespace osext::executive

#endif
