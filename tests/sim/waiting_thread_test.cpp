// SPDX-License-Identifier: GPL-2.0
// Does WaitingThread see what a thread does, and wait as long as it says?
#include "machine/sim/waiting_thread.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace osext {
namespace {

using Doing = WaitingThread::Doing;

// A thread that runs `work`, whose number is known before the work begins.
class Numbered {
 public:
  explicit Numbered(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          number_ = static_cast<pid_t>(syscall(SYS_gettid));
          work();
        }) {
    while (number_ == 0) std::this_thread::yield();
  }
  ~Numbered() { thread_.join(); }
  pid_t number() const { return number_; }

 private:
  std::atomic<pid_t> number_ = 0;
  std::thread thread_;
};

struct Bell {
  int fd = eventfd(0, EFD_CLOEXEC);
  ~Bell() { close(fd); }
  void ring() const { eventfd_write(fd, 1); }
  void await() const {
    pollfd one = {fd, POLLIN, 0};
    while (poll(&one, 1, -1) != 1) {
    }
  }
};

void until(const WaitingThread& thread, Doing doing) {
  while (thread.doing() != doing) std::this_thread::yield();
}

TEST(WaitingThread, TellsPollingFromRunning) {
  Bell bell;
  std::atomic<bool> stop = false;
  Numbered other([&] {
    bell.await();
    while (!stop) {
    }
  });
  WaitingThread thread(other.number());
  until(thread, Doing::polling);
  EXPECT_TRUE(thread.wait());
  EXPECT_EQ(thread.doing(), Doing::polling);
  bell.ring();
  until(thread, Doing::running);
  for (int i = 0; i < 1000; i++) ASSERT_EQ(thread.doing(), Doing::running);
  stop = true;
}

TEST(WaitingThread, WaitsForAThreadThatRunsUntilItPolls) {
  Bell bell;
  std::atomic<bool> polls = false;
  std::atomic<bool> go = false;
  Numbered other([&] {
    while (!go) {
    }
    for (volatile long i = 0; i < 300'000'000; i = i + 1) {
    }
    polls = true;
    bell.await();
  });
  WaitingThread thread(other.number());
  go = true;
  EXPECT_TRUE(thread.wait());
  EXPECT_TRUE(polls);
  bell.ring();
}

TEST(WaitingThread, DoesNotWaitForAThreadThatMayWaitForIt) {
  std::mutex lock;
  std::unique_lock held(lock);
  Numbered other([&] { std::lock_guard<std::mutex> wanted(lock); });
  WaitingThread thread(other.number());
  until(thread, Doing::blocked);
  EXPECT_FALSE(thread.wait());
  held.unlock();
}

TEST(WaitingThread, RefusesAThreadThatIsNotThere) {
  // The first process's: no thread of this one.
  EXPECT_THROW(WaitingThread(1), std::runtime_error);
}

}  // namespace
}  // namespace osext
