// SPDX-License-Identifier: GPL-2.0
// The policies that the command line chose, in its order.
#include "executive/log.h"
#include "executive/policy.h"

extern "C" {
extern const osext::executive::PolicyEntry executive_policies[], executive_policies_end[];
}

namespace osext::executive {

Policy* policy_chain[kChainMax + 1];
unsigned policy_count;

namespace {

Policy* find_policy(const char* name, unsigned length) {
  for (const PolicyEntry* entry = executive_policies; entry != executive_policies_end; ++entry)
    if (equals(name, length, entry->name)) return entry->policy;
  return nullptr;
}

[[noreturn]] void refuse() {
  {
    Line line;
    line << "executive: no such policy; there are:";
    for (const PolicyEntry* entry = executive_policies; entry != executive_policies_end; ++entry)
      line << " " << entry->name;
  }
  end(kFailed);
}

}  // namespace

void choose_policies(const Options& options) {
  unsigned length = 0;
  const char* names = options.find("policy", length);
  for (unsigned at = 0; names && at < length;) {
    unsigned word = 0;
    while (at + word < length && names[at + word] != ',') ++word;
    Policy* policy = find_policy(names + at, word);
    if (!policy || policy_count == kChainMax) refuse();
    policy_chain[policy_count++] = policy;
    at += word + 1;
  }
  for_each_policy([&](Policy& policy) { policy.begin(options); });
}

}  // namespace osext::executive
