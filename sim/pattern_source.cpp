#include "sim/pattern_source.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sim/random.h"

namespace p2p::sim {
namespace {

struct Colour {
  std::uint8_t y, u, v;
};
constexpr Colour kBlack{16, 128, 128};
constexpr Colour kWhite{235, 128, 128};
// 75 % bars, BT.601 limited range: white, yellow, cyan, green, magenta, red, blue, black.
constexpr std::array<Colour, 8> kBars{{{180, 128, 128},
                                       {162, 44, 142},
                                       {131, 156, 44},
                                       {112, 72, 58},
                                       {84, 184, 198},
                                       {65, 100, 212},
                                       {35, 212, 114},
                                       {16, 128, 128}}};
constexpr FrameSize kDefaultSize{640, 480};

/// A YUY2 picture that is written in pairs of pixels, which share their chroma.
class Canvas {
 public:
  Canvas(FrameSize size, std::span<std::uint8_t> bytes) : size_(size), bytes_(bytes) {}
  int pairs() const { return static_cast<int>(size_.width / 2); }
  int rows() const { return static_cast<int>(size_.height); }
  void fill(int pair, int row, int pair_count, int row_count, Colour colour) {
    for (int r = std::max(row, 0); r < std::min(row + row_count, rows()); ++r) {
      for (int p = std::max(pair, 0); p < std::min(pair + pair_count, pairs()); ++p) {
        std::uint8_t* at =
            &bytes_[size_.line_bytes() * static_cast<unsigned>(r) + std::size_t{4} * static_cast<unsigned>(p)];
        at[0] = at[2] = colour.y;
        at[1] = colour.u;
        at[3] = colour.v;
      }
    }
  }

 private:
  FrameSize size_;
  std::span<std::uint8_t> bytes_;
};

class PatternSource : public VideoSource {
 public:
  explicit PatternSource(const SourceRequest& request) : size_(request.size.value_or(kDefaultSize)) {
    check_frame_size("--size", size_.width, size_.height);
    left_ = request.frames.value_or(~std::uint64_t{0});
  }
  FrameSize size() const override { return size_; }
  bool next(std::span<std::uint8_t> frame) override {
    if (left_ == 0) return false;
    --left_;
    draw(frame_++, frame);
    return true;
  }

 protected:
  virtual void draw(std::uint64_t number, std::span<std::uint8_t> frame) = 0;

 private:
  FrameSize size_;
  std::uint64_t left_ = 0;
  std::uint64_t frame_ = 0;
};

class Bars final : public PatternSource {
 public:
  using PatternSource::PatternSource;

 private:
  static constexpr int kDigits = 4;
  static constexpr int kCells = 16;
  static constexpr int kSmall = 32;  // pairs or rows below which digits cannot be read

  void draw(std::uint64_t number, std::span<std::uint8_t> bytes) override {
    Canvas canvas(size(), bytes);
    const int pairs = canvas.pairs(), rows = canvas.rows();
    for (int bar = 0; bar < 8; ++bar) {
      const int from = pairs * bar / 8;
      canvas.fill(from, 0, pairs * (bar + 1) / 8 - from, rows, kBars[static_cast<unsigned>(bar)]);
    }
    if (pairs < kSmall || rows < kSmall) {
      // Too small for digits: the whole picture changes its brightness from frame to frame.
      canvas.fill(0, 0, pairs, rows, {static_cast<std::uint8_t>(16 + number * 37 % 220), 128, 128});
      return;
    }
    draw_counter(canvas, number);
    const int cell_rows = std::max(rows / 24, 4);
    for (int cell = 0; cell < kCells; ++cell) {
      const int from = pairs * cell / kCells;
      const bool one = ((number >> (kCells - 1 - cell)) & 1u) != 0;
      canvas.fill(from, rows - cell_rows, pairs * (cell + 1) / kCells - from, cell_rows, one ? kWhite : kBlack);
    }
  }
  /// Seven-segment digits on a black plate that moves from left to right and starts again.
  static void draw_counter(Canvas& canvas, std::uint64_t number) {
    const int height = canvas.rows() / 3;
    const int stroke = std::max(height / 10, 1);
    const int digit_pairs = std::max(height / 4, 3);
    const int advance = digit_pairs + std::max(stroke, 2);
    const int plate = advance * kDigits + stroke;
    const int travel = std::max(canvas.pairs() - plate, 1);
    const int left = static_cast<int>(number * 2 % static_cast<unsigned>(travel));
    const int top = canvas.rows() / 3;
    canvas.fill(left, top - 2 * stroke, plate, height + 4 * stroke, kBlack);
    std::uint64_t rest = number % 10000;
    for (int digit = kDigits - 1; digit >= 0; --digit, rest /= 10) {
      draw_digit(canvas, left + stroke + digit * advance, top, digit_pairs, height, stroke,
                 static_cast<unsigned>(rest % 10));
    }
  }
  static void draw_digit(Canvas& canvas, int pair, int row, int pairs, int rows, int stroke, unsigned digit) {
    // Segments a..g in bits 0..6.
    constexpr std::array<unsigned, 10> kSegments{0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F};
    const unsigned on = kSegments[digit];
    const int half = rows / 2;
    const int upright = std::max(stroke / 2, 1);
    if (on & 0x01u) canvas.fill(pair, row, pairs, stroke, kWhite);
    if (on & 0x02u) canvas.fill(pair + pairs - upright, row, upright, half, kWhite);
    if (on & 0x04u) canvas.fill(pair + pairs - upright, row + half, upright, rows - half, kWhite);
    if (on & 0x08u) canvas.fill(pair, row + rows - stroke, pairs, stroke, kWhite);
    if (on & 0x10u) canvas.fill(pair, row + half, upright, rows - half, kWhite);
    if (on & 0x20u) canvas.fill(pair, row, upright, half, kWhite);
    if (on & 0x40u) canvas.fill(pair, row + half - stroke / 2, pairs, stroke, kWhite);
  }
};

class Ramp final : public PatternSource {
 public:
  using PatternSource::PatternSource;

 private:
  void draw(std::uint64_t number, std::span<std::uint8_t> frame) override {
    const std::size_t line = size().line_bytes();
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const std::size_t column = i % line / 2, row = i / line;
      frame[i] = i % 2 == 0 ? static_cast<std::uint8_t>(16 + (column + row + number) % 220)
                            : static_cast<std::uint8_t>(i % 4 == 1 ? 64 + row % 128 : 64 + column % 128);
    }
  }
};

class Noise final : public PatternSource {
 public:
  explicit Noise(const SourceRequest& request) : PatternSource(request), random_(request.seed, kStream) {}

 private:
  static constexpr std::uint64_t kStream = 4;
  void draw(std::uint64_t /*number*/, std::span<std::uint8_t> frame) override {
    for (std::size_t i = 0; i < frame.size(); i += sizeof(std::uint64_t)) {
      const std::uint64_t word = random_.next();
      std::memcpy(&frame[i], &word, std::min(sizeof word, frame.size() - i));
    }
  }
  Random random_;
};

}  // namespace

std::unique_ptr<VideoSource> make_pattern_source(const SourceRequest& request) {
  const std::string_view kind = std::string_view(request.name).substr(kPatternPrefix.size());
  if (kind == "bars") return std::make_unique<Bars>(request);
  if (kind == "ramp") return std::make_unique<Ramp>(request);
  if (kind == "noise") return std::make_unique<Noise>(request);
  throw SourceError(request.name + ": no such pattern; pattern:bars, pattern:ramp or pattern:noise expected");
}

}  // namespace p2p::sim
