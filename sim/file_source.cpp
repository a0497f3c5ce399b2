#include "sim/file_source.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace p2p::sim {
namespace {

constexpr std::size_t kLineAlignment = 64;
constexpr const char* kExpected = "a video or image file that FFmpeg decodes expected";

std::string av_message(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

template <auto kFree>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    kFree(&object);
  }
};
struct ScalerDeleter {
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};
using Demuxer = std::unique_ptr<AVFormatContext, Deleter<avformat_close_input>>;
using Decoder = std::unique_ptr<AVCodecContext, Deleter<avcodec_free_context>>;
using Packet = std::unique_ptr<AVPacket, Deleter<av_packet_free>>;
using Frame = std::unique_ptr<AVFrame, Deleter<av_frame_free>>;
using Scaler = std::unique_ptr<SwsContext, ScalerDeleter>;

class FileSource final : public VideoSource {
 public:
  explicit FileSource(const SourceRequest& request) : name_(request.name) {
    av_log_set_level(AV_LOG_QUIET);  // errors become one line of ours
    check_file();
    open_demuxer();
    open_decoder();
    packet_.reset(av_packet_alloc());
    frame_.reset(av_frame_alloc());
    if (!packet_ || !frame_) throw std::bad_alloc();
    if (!decode()) fail("no picture in it can be decoded");
    choose_size(request);
    picture_.resize(size_.bytes());
    convert();
    ready_ = true;
    left_ = request.frames.value_or(~std::uint64_t{0});
    // A second picture tells a video from a still image, which repeats; alone it does not need a count.
    if (!decode()) {
      still_ = true;
      if (!request.frames) left_ = 1;
    }
  }

  FrameSize size() const override { return size_; }
  std::optional<double> frame_rate() const override {
    const AVRational rate = av_guess_frame_rate(demuxer_.get(), stream_, nullptr);
    if (still_ || rate.num <= 0 || rate.den <= 0) return std::nullopt;
    return av_q2d(rate);
  }
  bool next(std::span<std::uint8_t> frame) override {
    if (left_ == 0 || !ready_) return false;
    --left_;
    std::memcpy(frame.data(), picture_.data(), picture_.size());
    if (!still_ && left_ != 0) advance();
    return true;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw SourceError(name_ + ": " + what + "; " + kExpected); }

  void check_file() const {
    struct stat status {};
    if (stat(name_.c_str(), &status) != 0) fail(std::strerror(errno));
    if (S_ISDIR(status.st_mode)) fail("is a directory");
    if (S_ISREG(status.st_mode) && status.st_size == 0) fail("is empty");
  }
  void open_demuxer() {
    AVFormatContext* context = nullptr;
    AVDictionary* options = nullptr;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    av_dict_set(&options, "pattern_type", "none", 0);  // a name with % is a name, not a numbered series
    const int error = avformat_open_input(&context, ("file:" + name_).c_str(), nullptr, &options);
    av_dict_free(&options);
    if (error < 0) fail("cannot be opened as video (" + av_message(error) + ")");
    demuxer_.reset(context);
    // The text demuxer renders any text file as a terminal screen.
    if (std::strcmp(demuxer_->iformat->name, "tty") == 0) fail("is text, not video");
    if (avformat_find_stream_info(context, nullptr) < 0) fail("its streams cannot be read");
  }
  void open_decoder() {
    const int index = av_find_best_stream(demuxer_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (index < 0) fail("has no video stream");
    stream_ = demuxer_->streams[index];
    const AVCodec* codec = avcodec_find_decoder(stream_->codecpar->codec_id);
    if (codec == nullptr) {
      fail(std::string("no decoder for its format (") + avcodec_get_name(stream_->codecpar->codec_id) + ")");
    }
    decoder_.reset(avcodec_alloc_context3(codec));
    if (!decoder_) throw std::bad_alloc();
    avcodec_parameters_to_context(decoder_.get(), stream_->codecpar);
    decoder_->thread_count = 1;  // the simulating process has one thread
    decoder_->flags |= AV_CODEC_FLAG_BITEXACT;
    const int error = avcodec_open2(decoder_.get(), codec, nullptr);
    if (error < 0) fail("its video decoder cannot be opened (" + av_message(error) + ")");
  }
  void choose_size(const SourceRequest& request) {
    const auto width = static_cast<unsigned>(frame_->width), height = static_cast<unsigned>(frame_->height);
    if (request.size) {
      size_ = *request.size;
      return;
    }
    if (width % 2 != 0) {
      throw SourceError(name_ + ": its size " + std::to_string(width) + "x" + std::to_string(height) +
                        " has an odd width; an even width expected: scale it with --size WxH");
    }
    try {
      check_frame_size(name_, width, height);
    } catch (const SourceError& error) {
      throw SourceError(std::string(error.what()) + ": scale it with --size WxH");
    }
    size_ = {width, height};
  }
  /// The next picture of the file into frame_; false at its end.
  bool decode() {
    while (true) {
      const int received = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (received == 0) return frame_->width > 0 && frame_->height > 0;
      if (received == AVERROR_EOF) return false;
      if (received != AVERROR(EAGAIN)) fail("decoding broke off (" + av_message(received) + ")");
      feed();
    }
  }
  /// One packet, or the end of the file, to the decoder.
  void feed() {
    while (true) {
      const int read = av_read_frame(demuxer_.get(), packet_.get());
      if (read == AVERROR_EOF) {
        avcodec_send_packet(decoder_.get(), nullptr);
        return;
      }
      if (read < 0) fail("reading broke off (" + av_message(read) + ")");
      const bool ours = packet_->stream_index == stream_->index;
      const int sent = ours ? avcodec_send_packet(decoder_.get(), packet_.get()) : 0;
      av_packet_unref(packet_.get());
      if (sent < 0) fail("holds data that cannot be decoded (" + av_message(sent) + ")");
      if (ours) return;
    }
  }
  /// frame_, scaled and converted, into picture_.
  void convert() {
    SwsContext* scaler = sws_getCachedContext(scaler_.release(), frame_->width, frame_->height,
                                              static_cast<AVPixelFormat>(frame_->format), static_cast<int>(size_.width),
                                              static_cast<int>(size_.height), AV_PIX_FMT_YUYV422,
                                              SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr, nullptr);
    if (scaler == nullptr) fail("its pixel format cannot be converted");
    scaler_.reset(scaler);
    const int* matrix = sws_getCoefficients(SWS_CS_ITU601);
    const int full_range = frame_->color_range == AVCOL_RANGE_JPEG ? 1 : 0;
    sws_setColorspaceDetails(scaler, matrix, full_range, matrix, 0, 0, 1 << 16, 1 << 16);
    // The scaler may write a little past a line's end: it gets lines of its own, with room.
    const std::size_t stride = (size_.line_bytes() + kLineAlignment - 1) / kLineAlignment * kLineAlignment;
    scaled_.resize(stride * size_.height + kLineAlignment);
    std::array<std::uint8_t*, 4> planes{scaled_.data(), nullptr, nullptr, nullptr};
    const std::array<int, 4> strides{static_cast<int>(stride), 0, 0, 0};
    if (sws_scale(scaler, frame_->data, frame_->linesize, 0, frame_->height, planes.data(), strides.data()) < 0) {
      fail("a picture cannot be converted");
    }
    for (std::size_t row = 0; row < size_.height; ++row) {
      std::memcpy(&picture_[row * size_.line_bytes()], &scaled_[row * stride], size_.line_bytes());
    }
  }
  /// picture_ becomes the picture already decoded; one more is decoded ahead.
  void advance() {
    if (!ahead_) {
      ready_ = false;
      return;
    }
    convert();
    ahead_ = decode();
  }

  std::string name_;
  Demuxer demuxer_;
  Decoder decoder_;
  AVStream* stream_ = nullptr;  // of demuxer_
  Packet packet_;
  Frame frame_;
  Scaler scaler_;
  FrameSize size_;
  std::vector<std::uint8_t> scaled_;
  std::vector<std::uint8_t> picture_;  // what next() hands out
  bool ready_ = false;                 // picture_ is valid
  bool ahead_ = true;                  // frame_ holds the picture after it
  bool still_ = false;
  std::uint64_t left_ = 0;
};

}  // namespace

std::unique_ptr<VideoSource> open_file_source(const SourceRequest& request) {
  return std::make_unique<FileSource>(request);
}

}  // namespace p2p::sim
