/* SPDX-License-Identifier: GPL-2.0 */
/* A queue of guests, linked through Guest::next; a guest is in one queue at most. */
#ifndef OSEXT_EXECUTIVE_QUEUE_H
#define OSEXT_EXECUTIVE_QUEUE_H

namespace osext::executive {

struct Guest;

class Queue {
 public:
  bool empty() const { return first_ == nullptr; }
  Guest* front() const { return first_; }
  void push_back(Guest& guest);
  void push_front(Guest& guest);
  Guest* pop_front();         // nullptr if empty
  bool remove(Guest& guest);  // false: it was not in it
  unsigned size() const { return size_; }

 private:
  Guest* first_ = nullptr;
  Guest* last_ = nullptr;
  unsigned size_ = 0;
};

}  // namespace osext::executive

#endif
