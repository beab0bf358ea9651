// SPDX-License-Identifier: GPL-2.0
// QEMU's machine protocol; see qmp.h.
#include "machine/vm/qmp.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace osext {
namespace {

// No message of QEMU's is near this; what is longer is not QEMU.
constexpr size_t message_limit = 16U << 20;

void wait_for(int fd, short events, Deadline deadline) {
  pollfd watched{fd, events, 0};
  for (;;) {
    int ready = poll(&watched, 1, remaining_ms(deadline));
    if (ready > 0) return;
    if (ready == 0) throw QmpTimeout("QEMU did not answer in time");
    if (errno != EINTR) throw QmpError(fmt::format("poll: {}", strerror(errno)));
  }
}

}  // namespace

void Qmp::write_line(const std::string& line, Deadline deadline) {
  size_t done = 0;
  while (done < line.size()) {
    wait_for(socket_.get(), POLLOUT, deadline);
    ssize_t n =
        send(socket_.get(), line.data() + done, line.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) throw QmpClosed("QEMU has ended");
    done += static_cast<size_t>(n);
  }
}

nlohmann::json Qmp::read_message(Deadline deadline) {
  for (;;) {
    size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      auto message = nlohmann::json::parse(line, nullptr, false);
      if (!message.is_object()) throw QmpError("QEMU sent something that is not a QMP message");
      return message;
    }
    if (buffer_.size() > message_limit) throw QmpError("QEMU sent an endless message");
    wait_for(socket_.get(), POLLIN, deadline);
    char bytes[4096];
    ssize_t n = recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) throw QmpClosed("QEMU has ended");
    buffer_.append(bytes, static_cast<size_t>(n));
  }
}

void Qmp::greet(Deadline deadline) {
  if (!read_message(deadline).contains("QMP")) throw QmpError("QEMU sent no QMP greeting");
  execute("qmp_capabilities", nlohmann::json::object(), deadline);
}

nlohmann::json Qmp::execute(const std::string& command, const nlohmann::json& arguments,
                            Deadline deadline) {
  nlohmann::json request = {{"execute", command}};
  if (!arguments.empty()) request["arguments"] = arguments;
  write_line(request.dump() + "\n", deadline);
  for (;;) {
    auto message = read_message(deadline);
    if (message.contains("event")) {
      events_.push_back(std::move(message));
    } else if (message.contains("error")) {
      throw QmpError(fmt::format("QEMU refused {}: {}", command,
                                 message["error"].value("desc", "no reason given")));
    } else if (message.contains("return")) {
      return message["return"];
    }
  }
}

std::optional<nlohmann::json> Qmp::wait_event(const std::vector<std::string>& names,
                                              Deadline deadline) {
  for (;;) {
    while (!events_.empty()) {
      auto event = std::move(events_.front());
      events_.pop_front();
      if (std::find(names.begin(), names.end(), event.value("event", "")) != names.end())
        return event;
    }
    try {
      auto message = read_message(deadline);
      if (message.contains("event")) events_.push_back(std::move(message));
    } catch (const QmpTimeout&) {
      return std::nullopt;
    }
  }
}

}  // namespace osext
