// proxy/capture.h besides streaming: enumeration, formats, pictures, properties, and how negotiation tells its story.
#include <cstring>
#include <string>
#include <vector>

#include "fake_capture.h"
#include "in_machine.h"
#include "proxy/capture.h"
#include "sim/trace_sink.h"
#include "sw/proxy/guids.h"

namespace p2p::proxy {
namespace {

using fake::CaptureFilter;

constexpr std::int64_t kSecond = 10'000'000;

void with(const std::function<void(CaptureFilter&)>& body) {
  fake::Machine machine(1);
  auto script = std::make_shared<CaptureFilter>();
  machine.add_interface(u"\\??\\camera", script);
  fake::in_machine(machine, [&] { body(*script); });
}
void expect_ok(const CaptureResult& result) { EXPECT_TRUE(result.ok()) << result.message; }

/// Keeps negotiation's events as "try 0: why".
class Story final : public TraceSink {
 public:
  Story() { set_trace_sink(this); }
  ~Story() override { set_trace_sink(nullptr); }
  void event(std::string_view layer, std::string_view name, std::initializer_list<TraceField> fields) override {
    if (layer != "proxy" || name.substr(0, 7) != "format.") return;
    std::string line(name.substr(7));
    for (const TraceField& field : fields) {
      if (field.name == std::string_view("range")) line += " " + std::to_string(std::get<std::uint64_t>(field.value));
      if (field.name == std::string_view("why")) line += ": " + std::string(std::get<std::string_view>(field.value));
    }
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;
};

TEST(CaptureTools, FiltersAreEnumerated) {
  with([](CaptureFilter&) { EXPECT_EQ(enumerate_capture_filters(), std::vector<std::string>{"\\??\\camera"}); });
  fake::Machine machine(1);
  fake::in_machine(machine, [] { EXPECT_TRUE(enumerate_capture_filters().empty()); });
}

TEST(CaptureTools, FormatsAreWhatThePinsRangesSay) {
  with([](CaptureFilter& script) {
    script.ranges = {fake::yuy2_range(32, 640), fake::yuy2_range(32, 64)};
    script.ranges[1].DataRange.SubFormat.Data1 = 0x3231564E;  // NV12
    CaptureSession session;
    std::vector<FormatRange> ranges;
    EXPECT_FALSE(session.formats(&ranges).ok()) << "no filter is open";
    expect_ok(session.open());
    expect_ok(session.formats(&ranges));
    ASSERT_EQ(ranges.size(), 2u);
    EXPECT_EQ(ranges[0].description, "vids/YUY2");
    EXPECT_TRUE(ranges[0].usable);
    EXPECT_EQ(ranges[0].least_width, 32u);
    EXPECT_EQ(ranges[0].most_width, 640u);
    EXPECT_EQ(ranges[0].width_step, 16u);
    EXPECT_EQ(ranges[0].height_step, 8u);
    EXPECT_GT(ranges[0].most_interval, ranges[0].least_interval);
    EXPECT_EQ(ranges[1].description, "vids/NV12");
    EXPECT_FALSE(ranges[1].usable);
    expect_ok(session.close());
  });
}

TEST(CaptureTools, SomePicturesAndAStillImage) {
  with([](CaptureFilter& script) {
    script.frames = 20;
    CaptureSession session;
    std::vector<Picture> pictures;
    EXPECT_FALSE(session.capture(1, 1, kSecond, &pictures).ok()) << "no pin is connected";
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    expect_ok(session.capture(7, 3, 10 * kSecond, &pictures));
    ASSERT_EQ(pictures.size(), 7u);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      EXPECT_EQ(pictures[i].width, 320u);
      EXPECT_EQ(pictures[i].height, 240u);
      ASSERT_EQ(pictures[i].yuy2.size(), 320u * 240 * 2);
      EXPECT_EQ(pictures[i].yuy2.front(), i);
      EXPECT_EQ(pictures[i].yuy2.back(), i);
      EXPECT_TRUE(i == 0 || pictures[i].start_100ns > pictures[i - 1].start_100ns);
    }
    Picture still;
    expect_ok(session.still(10 * kSecond, &still));
    EXPECT_EQ(still.yuy2.size(), 320u * 240 * 2);
    EXPECT_EQ(script.pin->queued(), 0u) << "the stream has stopped again";
    expect_ok(session.close());
  });
}

TEST(CaptureTools, PicturesThatDoNotComeAreAnError) {
  with([](CaptureFilter& script) {
    script.frames = 3;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    std::vector<Picture> pictures;
    const CaptureResult result = session.capture(5, 2, kSecond, &pictures);
    EXPECT_EQ(result.message, "capture: 3 of 5 pictures came in time");
    EXPECT_EQ(pictures.size(), 3u);
    expect_ok(session.close());
  });
}

Guid guid_of(const GUID& guid) {
  Guid result;
  std::memcpy(static_cast<void*>(&result), &guid, sizeof result);
  return result;
}

TEST(CaptureTools, PropertiesOfPinAndFilter) {
  with([](CaptureFilter& script) {
    script.dropped = 3;
    CaptureSession session;
    expect_ok(session.open());
    std::vector<std::uint8_t> value(sizeof(ULONG));
    PropertyRequest types{guid_of(kPropsetPin), KSPROPERTY_PIN_CTYPES, true};
    types.parameters.resize(sizeof(KSP_PIN) - sizeof(KSPROPERTY));
    expect_ok(session.get_property(types, &value));
    EXPECT_EQ(value, (std::vector<std::uint8_t>{2, 0, 0, 0}));
    const PropertyRequest state{guid_of(kPropsetConnection), KSPROPERTY_CONNECTION_STATE};
    EXPECT_FALSE(session.get_property(state, &value).ok()) << "no pin is connected";

    expect_ok(session.connect({320, 240, 333333}));
    const std::uint8_t acquire[4] = {KSSTATE_ACQUIRE};
    expect_ok(session.set_property(state, acquire));
    value.clear();  // the driver says how much it is
    expect_ok(session.get_property(state, &value));
    EXPECT_EQ(value, (std::vector<std::uint8_t>{KSSTATE_ACQUIRE, 0, 0, 0}));
    EXPECT_EQ(script.log, std::vector<std::string>{"state 1"});
    const std::uint8_t stop[4] = {KSSTATE_STOP};
    expect_ok(session.set_property(state, stop));

    const CaptureResult unknown = session.get_property({{1, 2, 3, {}}, 9}, &value);
    EXPECT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.message.rfind("get property 9 of the capture pin: ", 0), 0u) << unknown.message;
    expect_ok(session.close());
  });
}

TEST(CaptureTools, NegotiationTellsEachRangeAndTheFieldThatDoesNotFit) {
  with([](CaptureFilter& script) {
    script.ranges = {fake::yuy2_range(32, 64), fake::yuy2_range(320, 640), fake::yuy2_range(32, 640)};
    script.ranges[1].DataRange.SubFormat.Data1 = 0x3231564E;
    Story story;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    EXPECT_EQ(story.lines, (std::vector<std::string>{"try 0: width 320 is not 32..64 in steps of 16",
                                                     "try 1: it is vids/NV12", "match 2: YUY2 320x240"}));
    expect_ok(session.close());
    story.lines.clear();
    expect_ok(session.open());
    const CaptureResult none = session.connect({328, 240, 333333});
    EXPECT_FALSE(none.ok());
    EXPECT_NE(none.message.find("range 2 excludes it (width 328 is not 32..640 in steps of 16)"), std::string::npos)
        << none.message;
    EXPECT_EQ(story.lines.back(), "try 2: width 328 is not 32..640 in steps of 16");
    EXPECT_EQ(story.lines.size(), 3u);
    expect_ok(session.close());
  });
}

}  // namespace
}  // namespace p2p::proxy
