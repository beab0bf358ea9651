// SPDX-License-Identifier: GPL-2.0
// osext-udp send ADDRESS | receive: the packet streams of udp_qos between two computers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>

#include "measure/affinity.h"
#include "workloads/instant.h"
#include "workloads/udp_sender.h"
#include "workloads/udp_stream.h"

namespace osext {
namespace {

struct Arguments {
  UdpSchedule schedule;
  std::uint64_t step_ms = 1000;
  std::string address, policy = "same_prio";
  bool local = false;
};

void add_schedule(CLI::App& command, Arguments& arguments) {
  command.add_option("--rate", arguments.schedule.rate_pps, "packets a second of each stream")
      ->check(CLI::Range(1U, OSEXT_NIC_MAX_RATE_PPS))
      ->capture_default_str();
  command.add_option("--step", arguments.step_ms, "ms between the starts of two streams")
      ->check(CLI::Range(2, 60000))
      ->capture_default_str();
  command.add_option("--seed", arguments.schedule.seed, "draws the streams' phases")
      ->capture_default_str();
  command.add_option("--port", arguments.schedule.port, "UDP port of Task0; the others follow")
      ->check(CLI::Range(1, 65535 - kUdpTasks))
      ->capture_default_str();
}

void send(const Arguments& arguments) {
  constexpr std::uint64_t kLeadNs = 10'000'000;
  const UdpStreams streams = streams_of(arguments.schedule, monotonic_ns() + kLeadNs);
  const SendingResult result = send_streams(parse_address(arguments.address.c_str()), streams);
  fmt::print("{} packets sent, at most {} us late\n", result.packets, result.latest_ns / 1000);
}

void print_task(int task, const UdpTaskResult& result) {
  fmt::print("Task{}: {} offered, {} delivered, {} lost on the way, {} dropped by the socket\n",
             task, result.offered, result.delivered, result.lost_on_the_way,
             result.dropped_by_socket);
  for (std::size_t i = 0; i < result.windows.size(); ++i) {
    const WindowFigures& window = result.windows[i];
    if (window.offered == 0 && window.delivered == 0) continue;
    fmt::print("  window {:2}: {:7} offered {:7} delivered {:7} dropped", i, window.offered,
               window.delivered, window.dropped);
    if (const auto& jitter = window.jitter_ns; jitter.empty())
      fmt::print(", jitter infinite\n");
    else
      fmt::print(", jitter mean {:.1f} us, maximum {:.1f} us\n",
                 static_cast<double>(std::accumulate(jitter.begin(), jitter.end(), 0LL)) / 1e3 /
                     static_cast<double>(jitter.size()),
                 static_cast<double>(*std::max_element(jitter.begin(), jitter.end())) / 1e3);
  }
}

void receive(const Arguments& arguments) {
  pin_to_one_cpu();
  UdpStreamPlan plan{};
  plan.schedule = arguments.schedule;
  plan.origin = arguments.local ? PacketOrigin::local : PacketOrigin::remote;
  plan.priority = arguments.policy == "diff_prio" ? different_priorities() : same_priorities();
  const UdpStreamResult result = udp_stream(plan);
  for (int task = kUdpTasks - 1; task >= 0; --task)
    print_task(task, result.tasks[static_cast<std::size_t>(task)]);
}

}  // namespace
}  // namespace osext

int main(int argc, char** argv) {
  osext::Arguments arguments;
  CLI::App app("the packet streams of the experiment udp_qos, between two computers");
  app.require_subcommand(1);
  CLI::App* send = app.add_subcommand("send", "send the four streams");
  send->add_option("address", arguments.address, "IPv4 address of the receiver")->required();
  CLI::App* receive = app.add_subcommand("receive", "four tasks on one CPU receive them; as root");
  receive->add_option("--policy", arguments.policy, "SCHED_RR priorities of the tasks")
      ->check(CLI::IsMember({"same_prio", "diff_prio"}))
      ->capture_default_str();
  receive->add_flag("--local", arguments.local, "send from another CPU of this computer, too");
  for (CLI::App* command : {send, receive}) osext::add_schedule(*command, arguments);
  CLI11_PARSE(app, argc, argv);
  arguments.schedule.step_ns = arguments.step_ms * 1'000'000;
  try {
    if (*send)
      osext::send(arguments);
    else
      osext::receive(arguments);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext-udp: {}\n", error.what());
    return 1;
  }
}
