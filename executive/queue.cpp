// SPDX-License-Identifier: GPL-2.0
#include "executive/queue.h"

#include "executive/guest.h"

namespace osext::executive {

void Queue::push_back(Guest& guest) {
  guest.next = nullptr;
  (last_ ? last_->next : first_) = &guest;
  last_ = &guest;
  ++size_;
}

void Queue::push_front(Guest& guest) {
  guest.next = first_;
  first_ = &guest;
  if (!last_) last_ = &guest;
  ++size_;
}

Guest* Queue::pop_front() {
  Guest* guest = first_;
  if (guest) remove(*guest);
  return guest;
}

bool Queue::remove(Guest& guest) {
  Guest* before = nullptr;
  for (Guest* one = first_; one; before = one, one = one->next) {
    if (one != &guest) continue;
    (before ? before->next : first_) = one->next;
    if (last_ == one) last_ = before;
    one->next = nullptr;
    --size_;
    return true;
  }
  return false;
}

}  // namespace osext::executive
