#include "tb/output/contact_sheet.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

namespace p2p::tb {

namespace {
constexpr unsigned kThumbnailWidth = 192, kColumns = 6, kGap = 6, kLabel = 14, kMost = 30;

// 3x5 digits, a row in three bits.
constexpr std::array<std::array<unsigned char, 5>, 10> kDigits{{{7, 5, 5, 5, 7},
                                                                {2, 6, 2, 2, 7},
                                                                {7, 1, 7, 4, 7},
                                                                {7, 1, 7, 1, 7},
                                                                {5, 5, 7, 1, 1},
                                                                {7, 4, 7, 1, 7},
                                                                {7, 4, 7, 5, 7},
                                                                {7, 1, 2, 2, 2},
                                                                {7, 5, 7, 5, 7},
                                                                {7, 5, 7, 1, 7}}};

std::uint8_t clamp(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

struct Canvas {
  unsigned width, height;
  std::vector<std::uint8_t> rgb;
  void set(unsigned x, unsigned y, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
    if (x >= width || y >= height) return;
    std::uint8_t* at = &rgb[(std::size_t{y} * width + x) * 3];
    at[0] = r;
    at[1] = g;
    at[2] = b;
  }
};

void draw_number(Canvas& canvas, unsigned x, unsigned y, std::uint64_t number) {
  for (const char c : std::to_string(number)) {
    for (unsigned row = 0; row < 10; ++row) {
      for (unsigned column = 0; column < 6; ++column) {
        if ((kDigits[static_cast<unsigned>(c - '0')][row / 2] >> (2 - column / 2) & 1) != 0)
          canvas.set(x + column, y + row, 230, 230, 230);
      }
    }
    x += 8;
  }
}
}  // namespace

ContactSheet::ContactSheet(unsigned width, unsigned height, std::uint64_t frames_expected)
    : width_(width),
      height_(height),
      small_width_(std::min(width, kThumbnailWidth)),
      small_height_(std::max(1u, height * small_width_ / width)),
      step_(frames_expected > kMost ? (frames_expected + kMost - 1) / kMost : 1) {}

void ContactSheet::add(std::span<const std::uint8_t> yuy2, std::uint64_t number) {
  if (number % step_ != 0 || pictures_.size() == kMost) return;
  Picture picture{number, {}};
  picture.rgb.reserve(std::size_t{small_width_} * small_height_ * 3);
  for (unsigned y = 0; y < small_height_; ++y) {
    const std::size_t line = std::size_t{y} * height_ / small_height_ * width_ * 2;
    for (unsigned x = 0; x < small_width_; ++x) {
      const std::size_t column = std::size_t{x} * width_ / small_width_;
      const std::uint8_t* pair = &yuy2[line + column / 2 * 4];
      const int luma = 298 * (pair[column % 2 * 2] - 16), cb = pair[1] - 128, cr = pair[3] - 128;  // BT.601
      picture.rgb.push_back(clamp((luma + 409 * cr + 128) >> 8));
      picture.rgb.push_back(clamp((luma - 100 * cb - 208 * cr + 128) >> 8));
      picture.rgb.push_back(clamp((luma + 516 * cb + 128) >> 8));
    }
  }
  pictures_.push_back(std::move(picture));
}

void ContactSheet::write(const std::string& path) const {
  const auto count = static_cast<unsigned>(pictures_.size());
  const unsigned columns = std::max(1u, std::min(count, kColumns)),
                 rows = std::max(1u, (count + kColumns - 1) / kColumns);
  Canvas canvas{columns * (small_width_ + kGap) + kGap, rows * (small_height_ + kLabel + kGap) + kGap, {}};
  canvas.rgb.assign(std::size_t{canvas.width} * canvas.height * 3, 24);
  for (unsigned i = 0; i < count; ++i) {
    const unsigned left = kGap + i % columns * (small_width_ + kGap),
                   top = kGap + i / columns * (small_height_ + kLabel + kGap);
    for (unsigned y = 0; y < small_height_; ++y) {
      for (unsigned x = 0; x < small_width_; ++x) {
        const std::uint8_t* from = &pictures_[i].rgb[(std::size_t{y} * small_width_ + x) * 3];
        canvas.set(left + x, top + y, from[0], from[1], from[2]);
      }
    }
    draw_number(canvas, left, top + small_height_ + 2, pictures_[i].number);
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = canvas.width;
  image.height = canvas.height;
  image.format = PNG_FORMAT_RGB;
  if (png_image_write_to_file(&image, path.c_str(), 0, canvas.rgb.data(), 0, nullptr) == 0) {
    throw std::runtime_error(path + ": " + image.message);
  }
}

}  // namespace p2p::tb
