// SPDX-License-Identifier: GPL-2.0
// The C++ runtime: exceptions, streams, containers, thread-local variables, the end of a program.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "tests/transparency/program/part.h"

namespace osext::test {
namespace {

struct Noisy {
  explicit Noisy(int number) : number(number) {}
  ~Noisy() { std::cout << "destroyed " << number << '\n'; }
  int number;
};

int dive(int depth) {
  if (depth == 0) throw std::runtime_error("from the bottom");
  const std::string held(100, 'x');
  return dive(depth - 1) + static_cast<int>(held.size());
}

const Part exceptions("exceptions", [](const auto&) {
  int caught = 0;
  for (int i = 0; i < 1000; ++i) try {
      dive(i % 50);
    } catch (const std::runtime_error&) {
      ++caught;
    }
  std::cout << "caught " << caught << '\n';
  try {
    const Noisy outer(1);
    try {
      const Noisy inner(2);
      std::vector<int>(3).at(7);
    } catch (const std::out_of_range&) {
      std::cout << "out of range\n";
      throw std::logic_error("another");
    }
  } catch (const std::exception& error) {
    std::cout << error.what() << '\n';
  }
  try {
    std::vector<char> much(std::size_t{1} << 60);
    std::cout << much.size() << " bytes of memory!\n";
  } catch (const std::bad_alloc&) {
    std::cout << "bad_alloc\n";
  }
  return 5;
});

const Part uncaught("uncaught", [](const auto&) -> int { throw std::runtime_error("nobody"); });

const Part streams("iostreams", [](const auto&) {
  std::ofstream("numbers") << std::hex << 255 << ' ' << std::setprecision(12) << 1.0 / 3 << '\n';
  std::ifstream in("numbers");
  std::string first;
  double second = 0;
  in >> first >> second;
  std::cout << first << ' ' << std::fixed << std::setprecision(6) << second << std::endl;
  std::ostringstream text;
  for (int i = 0; i < 20000; ++i) text << i << ',';
  std::cout << text.str().size() << ' ' << std::hash<std::string>()(text.str()) << '\n';
  std::fstream file("records", std::ios::in | std::ios::out | std::ios::trunc | std::ios::binary);
  for (std::uint64_t i = 0; i < 4096; ++i) file.write(reinterpret_cast<char*>(&i), sizeof i);
  file.seekg(8 * 1234);
  std::uint64_t word = 0;
  file.read(reinterpret_cast<char*>(&word), sizeof word);
  std::cout << word << ' ' << file.tellg() << '\n';
  std::cerr << "to standard error" << std::endl;
  std::clog << "buffered there" << std::endl;
  std::string none;
  std::cout << (std::cin >> none ? "input" : "no input") << '\n';
  return 0;
});

thread_local std::vector<int> per_thread = {1, 2, 3};
struct AtEnd {
  ~AtEnd() { std::cout << "static destroyed\n"; }
};

const Part containers("containers", [](const auto&) {
  static const AtEnd at_end;
  std::map<std::string, std::vector<double>> table;
  for (int i = 0; i < 30000; ++i) table[std::to_string(i % 977)].push_back(i / 7.0);
  double sum = 0;
  for (const auto& [key, values] : table)
    sum += std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(key.size());
  per_thread.push_back(4);
  std::cout << table.size() << ' ' << std::setprecision(15) << sum << ' ' << per_thread.size()
            << '\n';
  std::atexit([] { std::cout << "atexit\n"; });
  std::exit(33);
  return 0;
});

}  // namespace
}  // namespace osext::test
