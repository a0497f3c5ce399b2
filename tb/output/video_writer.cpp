#include "tb/output/video_writer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <stdexcept>

namespace p2p::tb {

struct VideoWriter::State {
  std::string path;
  proxy::VideoFormat pictures;
  AVFormatContext* format = nullptr;
  AVCodecContext* codec = nullptr;
  AVStream* stream = nullptr;
  AVFrame* frame = nullptr;
  AVPacket* packet = nullptr;
  std::int64_t next = 0;
  bool open = false;

  [[noreturn]] void fail(const char* what) const { throw std::runtime_error(path + ": " + what); }
  void check(int result, const char* what) const {
    if (result < 0) fail(what);
  }
  void drain() {
    while (avcodec_receive_packet(codec, packet) == 0) {
      av_packet_rescale_ts(packet, codec->time_base, stream->time_base);
      packet->stream_index = stream->index;
      check(av_interleaved_write_frame(format, packet), "could not be written");
    }
  }
};

VideoWriter::VideoWriter(const std::string& path, const proxy::VideoFormat& pictures, double frames_per_second)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.path = path;
  s.pictures = pictures;
  av_log_set_level(AV_LOG_ERROR);
  s.check(avformat_alloc_output_context2(&s.format, nullptr, "matroska", path.c_str()), "no Matroska muxer");
  s.format->flags |= AVFMT_FLAG_BITEXACT;
  const AVCodec* encoder = avcodec_find_encoder(AV_CODEC_ID_FFV1);
  if (encoder == nullptr) s.fail("no FFV1 encoder");
  s.codec = avcodec_alloc_context3(encoder);
  s.codec->width = static_cast<int>(pictures.width);
  s.codec->height = static_cast<int>(pictures.height);
  s.codec->pix_fmt = pictures.is_rgb() ? AV_PIX_FMT_BGR0 : AV_PIX_FMT_YUV422P;
  s.codec->time_base = av_inv_q(av_d2q(frames_per_second, 100000));
  s.codec->framerate = av_d2q(frames_per_second, 100000);
  s.codec->thread_count = 1;  // the simulating process has one thread
  s.codec->flags |= AV_CODEC_FLAG_BITEXACT;
  if ((s.format->oformat->flags & AVFMT_GLOBALHEADER) != 0) s.codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  s.check(avcodec_open2(s.codec, encoder, nullptr), "the FFV1 encoder refused the format");
  s.stream = avformat_new_stream(s.format, nullptr);
  s.stream->time_base = s.codec->time_base;
  s.stream->avg_frame_rate = s.codec->framerate;
  s.check(avcodec_parameters_from_context(s.stream->codecpar, s.codec), "stream parameters");
  s.check(avio_open(&s.format->pb, path.c_str(), AVIO_FLAG_WRITE), "could not be created");
  s.check(avformat_write_header(s.format, nullptr), "could not be written");
  s.open = true;
  s.packet = av_packet_alloc();
  s.frame = av_frame_alloc();
  s.frame->format = s.codec->pix_fmt;
  s.frame->width = s.codec->width;
  s.frame->height = s.codec->height;
  s.check(av_frame_get_buffer(s.frame, 0), "out of memory");
}

VideoWriter::~VideoWriter() {
  State& s = *state_;
  if (s.format != nullptr && s.format->pb != nullptr) avio_closep(&s.format->pb);
  av_frame_free(&s.frame);
  av_packet_free(&s.packet);
  avcodec_free_context(&s.codec);
  avformat_free_context(s.format);
}

namespace {
/// A line of YUY2 or UYVY in its three planes.
void split_line(const std::uint8_t* from, int pairs, bool chroma_first, std::uint8_t* luma, std::uint8_t* cb,
                std::uint8_t* cr) {
  const int y = chroma_first ? 1 : 0, c = chroma_first ? 0 : 1;
  for (int x = 0; x < pairs; ++x, from += 4) {
    *luma++ = from[y];
    *cb++ = from[c];
    *luma++ = from[y + 2];
    *cr++ = from[c + 2];
  }
}

/// A line of BGR or BGRX as BGR0.
void spread_line(const std::uint8_t* from, int pixels, unsigned pixel_bytes, std::uint8_t* to) {
  for (int x = 0; x < pixels; ++x, from += pixel_bytes, to += 4) {
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
    to[3] = 0;
  }
}
}  // namespace

void VideoWriter::add(std::span<const std::uint8_t> picture) {
  State& s = *state_;
  s.check(av_frame_make_writable(s.frame), "out of memory");
  const proxy::VideoFormat& format = s.pictures;
  const auto plane = [&s](int number, int line) {
    return s.frame->data[number] + std::ptrdiff_t{line} * s.frame->linesize[number];
  };
  for (int y = 0; y < s.codec->height; ++y) {
    const auto line = static_cast<std::size_t>(format.bottom_up ? s.codec->height - 1 - y : y);
    const std::uint8_t* from = picture.data() + line * format.line_bytes();
    if (format.is_rgb()) {
      spread_line(from, s.codec->width, format.bits() / 8, plane(0, y));
    } else {
      split_line(from, s.codec->width / 2, format.layout == proxy::PixelLayout::kUyvy, plane(0, y), plane(1, y),
                 plane(2, y));
    }
  }
  s.frame->pts = s.next++;
  s.check(avcodec_send_frame(s.codec, s.frame), "a frame could not be encoded");
  s.drain();
}

void VideoWriter::close() {
  State& s = *state_;
  s.check(avcodec_send_frame(s.codec, nullptr), "the encoder could not be flushed");
  s.drain();
  s.check(av_write_trailer(s.format), "could not be written");
  s.check(avio_closep(&s.format->pb), "could not be written");
}

}  // namespace p2p::tb
