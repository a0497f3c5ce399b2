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

namespace {
using Rgb = std::array<std::uint8_t, 3>;

/// Pixel `x` of a line of YUY2 or UYVY, by BT.601.
Rgb yuv_pixel(const std::uint8_t* line, std::size_t x, bool chroma_first) {
  const std::uint8_t* pair = line + x / 2 * 4;
  const std::size_t y = chroma_first ? 1 : 0, c = chroma_first ? 0 : 1;
  const int luma = 298 * (pair[y + x % 2 * 2] - 16), cb = pair[c] - 128, cr = pair[c + 2] - 128;
  return {clamp((luma + 409 * cr + 128) >> 8), clamp((luma - 100 * cb - 208 * cr + 128) >> 8),
          clamp((luma + 516 * cb + 128) >> 8)};
}
Rgb bgr_pixel(const std::uint8_t* line, std::size_t x, std::size_t pixel_bytes) {
  const std::uint8_t* pixel = line + x * pixel_bytes;
  return {pixel[2], pixel[1], pixel[0]};
}
Rgb pixel_of(const proxy::VideoFormat& format, const std::uint8_t* line, std::size_t x) {
  return format.is_rgb() ? bgr_pixel(line, x, format.bits() / 8)
                         : yuv_pixel(line, x, format.layout == proxy::PixelLayout::kUyvy);
}
}  // namespace

ContactSheet::ContactSheet(const proxy::VideoFormat& pictures, std::uint64_t frames_expected)
    : format_(pictures),
      small_width_(std::min(pictures.width, kThumbnailWidth)),
      small_height_(std::max(1u, pictures.height * small_width_ / pictures.width)),
      step_(frames_expected > kMost ? (frames_expected + kMost - 1) / kMost : 1) {}

void ContactSheet::add(std::span<const std::uint8_t> picture, std::uint64_t number) {
  if (number % step_ != 0 || pictures_.size() == kMost) return;
  Picture small{number, {}};
  small.rgb.reserve(std::size_t{small_width_} * small_height_ * 3);
  for (unsigned y = 0; y < small_height_; ++y) {
    const std::size_t row = std::size_t{y} * format_.height / small_height_;
    const std::uint8_t* line = &picture[(format_.bottom_up ? format_.height - 1 - row : row) * format_.line_bytes()];
    for (unsigned x = 0; x < small_width_; ++x) {
      const Rgb pixel = pixel_of(format_, line, std::size_t{x} * format_.width / small_width_);
      small.rgb.insert(small.rgb.end(), pixel.begin(), pixel.end());
    }
  }
  pictures_.push_back(std::move(small));
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
