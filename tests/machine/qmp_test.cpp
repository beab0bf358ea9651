// SPDX-License-Identifier: GPL-2.0
// The protocol client against a server that answers, stalls, lies and dies.
#include "machine/vm/qmp.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

namespace osext {
namespace {

using std::chrono::milliseconds;

class QmpTest : public testing::Test {
 protected:
  QmpTest() : server_(-1), client_(Descriptor(-1)) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    server_ = Descriptor(ends[0]);
    client_ = Qmp(Descriptor(ends[1]));
  }
  void say(const std::string& text) {
    ASSERT_EQ(write(server_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string heard() {
    char bytes[4096];
    ssize_t n = recv(server_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    return n > 0 ? std::string(bytes, static_cast<size_t>(n)) : "";
  }
  Deadline soon() { return deadline_in(milliseconds(50)); }
  Deadline later() { return deadline_in(std::chrono::seconds(10)); }

  Descriptor server_;
  Qmp client_;
};

TEST_F(QmpTest, GreetsAndEntersCommandMode) {
  say("{\"QMP\": {\"version\": {}}}\r\n{\"return\": {}}\r\n");
  client_.greet(later());
  EXPECT_EQ(heard(), "{\"execute\":\"qmp_capabilities\"}\n");
}

TEST_F(QmpTest, RefusesAStranger) {
  say("{\"hello\": 1}\n");
  EXPECT_THROW(client_.greet(later()), QmpError);
}

TEST_F(QmpTest, SendsArgumentsAndReturnsTheAnswer) {
  say("{\"return\": {\"status\": \"completed\"}}\n");
  auto answer = client_.execute("migrate", {{"uri", "file:x"}}, later());
  EXPECT_EQ(answer["status"], "completed");
  EXPECT_EQ(heard(), "{\"arguments\":{\"uri\":\"file:x\"},\"execute\":\"migrate\"}\n");
}

TEST_F(QmpTest, PassesOnWhatQemuSaysWasWrong) {
  say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such file\"}}\n");
  try {
    client_.execute("migrate", {}, later());
    FAIL();
  } catch (const QmpError& error) {
    EXPECT_STREQ(error.what(), "QEMU refused migrate: no such file");
  }
}

TEST_F(QmpTest, KeepsEventsThatArriveBeforeAnAnswer) {
  say("{\"event\": \"STOP\"}\n{\"event\": \"SHUTDOWN\", \"data\": {}}\n{\"return\": 1}\n");
  EXPECT_EQ(client_.execute("cont", {}, later()), 1);
  auto event = client_.wait_event({"SHUTDOWN"}, soon());
  ASSERT_TRUE(event);
  EXPECT_EQ((*event)["event"], "SHUTDOWN");
  EXPECT_FALSE(client_.wait_event({"STOP"}, soon()));
}

TEST_F(QmpTest, PutsAMessageTogetherThatComesInPieces) {
  std::thread server([this] {
    for (char c : std::string("{\"return\": {\"a\": [1, 2]}}\n")) {
      say(std::string(1, c));
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  EXPECT_EQ(client_.execute("x", {}, later())["a"][1], 2);
  server.join();
}

TEST_F(QmpTest, NeverWaitsBeyondItsDeadline) {
  auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(client_.execute("x", {}, soon()), QmpTimeout);
  EXPECT_FALSE(client_.wait_event({"STOP"}, soon()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(QmpTest, ReportsAnEndedQemu) {
  server_.reset();
  EXPECT_THROW(client_.execute("x", {}, later()), QmpClosed);
  EXPECT_THROW(client_.wait_event({"STOP"}, later()), QmpClosed);
}

TEST_F(QmpTest, RefusesWhatIsNotJson) {
  say("Segmentation fault\n");
  EXPECT_THROW(client_.execute("x", {}, later()), QmpError);
}

}  // namespace
}  // namespace osext
