/* SPDX-License-Identifier: GPL-2.0 */
/* What policy_tokens.cpp keeps: reservations by port, and guests' sockets. */
#ifndef OSEXT_EXECUTIVE_POLICY_TOKENS_H
#define OSEXT_EXECUTIVE_POLICY_TOKENS_H

#include <asm/unistd.h>

#include "executive/decimal.h"
#include "executive/linux.h"
#include "executive/policy.h"

namespace osext::executive {

constexpr unsigned kReservations = 8;
constexpr unsigned kBestEffort = kReservations;  // the rank of who has no reservation

class Reservations {
 public:
  // PORT:COUNT,PORT:COUNT; false if it is anything else, or too long.
  bool parse(const char* text, unsigned length) {
    unsigned at = 0;
    while (at < length) {
      if (count_ == kReservations) return false;
      Reservation& one = all_[count_++];
      if (!read_decimal(text, length, at, one.port) || at == length || text[at++] != ':' ||
          !read_decimal(text, length, at, one.tokens))
        return false;
      if (at < length && text[at++] != ',') return false;
    }
    return true;
  }

  unsigned rank_of(uint64_t port) const {
    for (unsigned rank = 0; rank < count_; ++rank)
      if (all_[rank].port == port) return rank;
    return kBestEffort;
  }

  uint64_t tokens_of(unsigned rank) const {
    return rank < kReservations && rank < count_ ? all_[rank].tokens : 0;
  }

 private:
  struct Reservation {
    uint64_t port, tokens;
  };

  Reservation all_[kReservations] = {};
  unsigned count_ = 0;
};

// A guest's socket.
struct Reader {
  Guest* guest;         // nullptr: unused
  uint64_t descriptor;  // here
  unsigned rank;        // 0 is the most important
  uint64_t tokens;
  bool waiting;  // for packets: its guest is in read(), with this buffer
  uint64_t buffer, bytes;
  uint64_t turn;  // when that read() came; of equals the longest waiting goes first

  bool may_read() const { return rank == kBestEffort || tokens > 0; }
  bool goes_before(const Reader& other) const {
    return rank < other.rank || (rank == other.rank && turn < other.turn);
  }
};

class Readers {
 public:
  static constexpr unsigned kMost = 16;

  // Its place; -1: there is none left.
  int add(Guest& guest, uint64_t descriptor) {
    for (unsigned place = 0; place < kMost; ++place) {
      if (all_[place].guest) continue;
      all_[place] = {&guest, descriptor, kBestEffort, 0, false, 0, 0, 0};
      return static_cast<int>(place);
    }
    return -1;
  }

  // nullptr if it is not that guest's.
  Reader* find(Guest& guest, uint64_t place) {
    return place < kMost && all_[place].guest == &guest ? &all_[place] : nullptr;
  }

  void close(Reader& reader) {
    system_call(__NR_close, reader.descriptor);
    reader = {};
  }

  // Whether somebody waits who goes before and may read.
  bool rival_of(const Reader& reader) const {
    for (const Reader& other : all_)
      if (other.guest && other.waiting && other.goes_before(reader) && other.may_read())
        return true;
    return false;
  }

  template <class Action>
  void for_each(Action action) {
    for (Reader& reader : all_)
      if (reader.guest) action(reader);
  }

 private:
  Reader all_[kMost] = {};
};

}  // namespace osext::executive

#endif
