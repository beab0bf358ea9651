// SPDX-License-Identifier: GPL-2.0
// An extension is ordinary code at fixed addresses: put there in this process, it runs.
#include <gtest/gtest.h>
#include <osext/uls.h>
#include <sys/mman.h>

#include <cstring>

#include "tests/uls_loader/files.h"
#include "uls/host/image.h"

namespace osext {
namespace {

constexpr std::uint32_t kCode = OSEXT_ULS_CODE + 0x3000, kData = OSEXT_ULS_DATA + 0x5000,
                        kSegment = OSEXT_ULS_DATA + 0x2000, kHeap = 0x10000;

class UlsRun : public testing::Test {
 protected:
  void SetUp() override {
    region_ =
        mmap(reinterpret_cast<void*>(OSEXT_ULS_CODE), OSEXT_SANDBOX_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ASSERT_EQ(region_, reinterpret_cast<void*>(OSEXT_ULS_CODE)) << "the addresses are taken";
    object_ = parse_uls_object("it", test::self_check());
    place_ = {kCode, kData, uls_data_bytes(object_, kHeap)};
    const UlsImage image = relocate_uls(object_, place_, {{42, kSegment, 4096}});
    std::memcpy(reinterpret_cast<void*>(kCode), image.code.data(), image.code.size());
    std::memcpy(reinterpret_cast<void*>(kData), image.data.data(), image.data.size());
    ASSERT_EQ(mprotect(region_, OSEXT_ULS_PAGE_BYTES, PROT_READ | PROT_EXEC), 0);
    entry_ = reinterpret_cast<void (*)(const osext_uls_record*)>(image.entry);
  }
  void TearDown() override { munmap(region_, OSEXT_SANDBOX_SIZE); }

  void raise(std::uint32_t kind, std::uint64_t value) {
    osext_uls_record record{};
    record.kind = kind;
    record.value = value;
    entry_(&record);
  }

  std::uint64_t variable(const char* name) {
    const auto found = find_uls_variable(object_, place_, name);
    if (!found || found->bytes < 8) {
      ADD_FAILURE() << "no variable " << name;
      return 0;
    }
    std::uint64_t value;
    std::memcpy(&value, reinterpret_cast<const void*>(found->address), sizeof value);
    return value;
  }

  void* region_ = nullptr;
  UlsObject object_;
  UlsPlace place_{};
  void (*entry_)(const osext_uls_record*) = nullptr;
};

TEST_F(UlsRun, SelfCheck) {
  EXPECT_EQ(variable("answers"), 1U);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    raise(i % 2 ? OSEXT_ULS_SOFTWARE : OSEXT_ULS_TIMER, i);
    sum += i;
    ASSERT_EQ(variable("wrong"), 0U)
        << "at event " << i << ", self_check.cpp:" << variable("first_wrong");
  }
  EXPECT_EQ(variable("events_software"), 50U);
  EXPECT_EQ(variable("events_timer"), 50U);
  EXPECT_EQ(variable("last_value"), 100U);
  EXPECT_EQ(variable("doubled_value"), 200U);
  EXPECT_EQ(variable("list_sum"), sum);
  EXPECT_EQ(variable("shared_before"), 49U);
  EXPECT_EQ(*reinterpret_cast<const std::uint64_t*>(kSegment), 50U);
  EXPECT_FALSE(find_uls_variable(object_, place_, "nothing"));
}

}  // namespace
}  // namespace osext
