// SPDX-License-Identifier: GPL-2.0
// udp_qos: which policy keeps reservations when more packets come in than can be worked on? (Hijack
// paper, section 3.3, figures 7 to 10; slides, the same experiment at 44,000 packets/s.)
//
//   measures: four tasks, four streams of 16-byte packets at 42,000/s; per task and window of time:
//             packets offered, delivered and dropped a second, and the jitter of each pair of
//             packets received one after the other; policy=uls is same_prio with an extension that
//             classifies and counts each packet as it arrives, in whatever task runs;
//             policy=safex is same_prio with an extension in the kernel that accounts each packet as
//             it arrives, takes a token of its stream's reservation for it, or one that the link can
//             spare, or drops it.  Task3's stream starts first, then Task2's,
//             Task1's, Task0's, a step apart (paper: 5 s; here 1 s in a full run, 0.2 s in a quick
//             one); a window is half a step.  nic_receive: what a packet costs until it is queued
//   excludes: sending: a simulated card, not four hosts.  On native a sender on another CPU, through
//             the loopback interface, whose receiving side runs on that CPU, too (osext-udp sends
//             from another computer)
//   expected: same_prio shares equally; diff_prio serves Task0, what is left goes to Task1, the
//             others starve; only a policy that knows reservations delivers 35,000, 20,000 and
//             10,000 packets a second to Task0, Task1 and Task2
//   confounders: time is virtual: an instruction takes 1 ns, TLB misses and mode switches nothing;
//             each task's work on a packet (workloads/udp_task.h) is chosen so that about half of
//             what is offered can be delivered; 8000 interrupts a second at most; ksoftirqd runs
//             above the tasks
#include "benchmarks/experiments/experiments.h"

namespace osext {

Experiment udp_qos() {
  Experiment experiment;
  experiment.id = "udp_qos";
  experiment.question = "Which policy keeps reservations when packets come in faster than the CPU?";

  Row streams;
  streams.workload = "udp_stream";
  streams.needs = Capability::packets;
  streams.variants = {{{"streams", "paper"}}, {{"streams", "slides"}}};
  streams.reports = {"offered_pps", "delivered_pps", "dropped_pps", "jitter_ns"};
  streams.labels = {"task", "window"};
  streams.window_ms = {1000, 5000};
  streams.module = "osext_nic";
  streams.without_module_natively = true;

  Row receive;
  receive.workload = "nic_receive";
  receive.needs = Capability::baseline;
  receive.variants = {{{"load", "single"}}, {{"load", "burst"}}};
  receive.reports = {"time_ns"};
  receive.count = {5, 20};
  receive.module = "osext_nic";

  experiment.rows = {receive, streams};
  return experiment;
}

}  // namespace osext
