// Included before everything in a Verilated chip that counts its coverage. Verilator's own list of points is made anew
// with each chip, in more time than many a test runs; here a chip tells its points only to who asks.
#pragma once

#include <cstdint>
#include <vector>

#include "verilated.h"
#include "verilated_cov.h"

namespace p2p::coverage {

struct Point {
  const std::uint32_t* count;  // in the chip
  const char *file, *page, *comment, *lines;
  int line, column;
};

// Where a chip that is being made puts its points; null: nobody asks.
inline std::vector<Point>* asked = nullptr;

template <class Hierarchy>
void insert(const std::uint32_t* count, const char*, const char* file, const char*, int line, const char*, int column,
            const char*, const Hierarchy&, const char*, const char* page, const char*, const char* comment, const char*,
            const char* lines) {
  if (asked != nullptr) asked->push_back({count, file, page, comment, lines, line, column});
}

}  // namespace p2p::coverage

#undef VL_COVER_INSERT
#define VL_COVER_INSERT(context, count, ...) p2p::coverage::insert(count, __VA_ARGS__)
