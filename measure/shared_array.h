// SPDX-License-Identifier: GPL-2.0
// Memory for samples: preallocated, touched before it is used, and shared with child processes,
// since some operations end in another process than they began in.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <system_error>
#include <type_traits>
#include <utility>

namespace osext {

template <class T>
class SharedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SharedArray() = default;
  // Throws std::system_error when there is not enough memory.
  explicit SharedArray(std::size_t size) : size_(size) {
    if (size == 0) return;
    // MAP_POPULATE only maps for reading what MAP_SHARED may share; the write below makes sure.
    void* memory = mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
      throw std::system_error(errno, std::generic_category(), "cannot map memory for samples");
    data_ = static_cast<T*>(memory);
    for (std::size_t i = 0; i < size; ++i) data_[i] = T{};
  }
  SharedArray(SharedArray&& other) noexcept { *this = std::move(other); }
  SharedArray& operator=(SharedArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SharedArray() {
    if (data_ != nullptr) munmap(data_, size_ * sizeof(T));
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace osext
