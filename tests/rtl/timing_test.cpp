// The timing diagrams of docs/vcap.md are what the chip does: their WaveDrom sources (docs/timing/*.json) are made here
// from its pins. P2P_WRITE_TIMING=1 writes them anew; scripts/timing_diagrams.py renders them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sw/driver/vcap_hw.h"
#include "tests/rtl/capture.h"

namespace p2p::rtltest {
namespace {

// Pins cycle by cycle, as WaveJSON.
class Diagram {
 public:
  explicit Diagram(std::string title) : title_(std::move(title)) {}

  // The rows of a cycle come in the same order every time.
  void cycle() { row_ = 0; }
  void bit(const char* name, bool value) { add(name, value ? "1" : "0", ""); }
  void word(const char* name, bool valid, const std::string& label) {
    add(name, valid ? "=" : "x", valid ? label : "");
  }

  std::string json() const {
    std::string text = "{\"signal\": [\n  {\"name\": \"clk_i\", \"wave\": \"p" + std::string(cycles() - 1, '.') + "\"}";
    for (const Row& row : rows_) text += ",\n  " + row_text(row);
    return text + "\n], \"head\": {\"text\": \"" + title_ + "\", \"tick\": 0}, \"config\": {\"hscale\": 2}}\n";
  }
  size_t cycles() const { return rows_.empty() ? 0 : rows_.front().states.size(); }

 private:
  struct Row {
    std::string name;
    std::vector<std::string> states, labels;
  };
  void add(const char* name, const char* state, const std::string& label) {
    if (row_ == rows_.size()) rows_.push_back({name, {}, {}});
    rows_[row_].states.push_back(state);
    rows_[row_].labels.push_back(label);
    ++row_;
  }
  static std::string row_text(const Row& row) {
    std::string wave, data;
    for (size_t i = 0; i < row.states.size(); ++i) {
      const bool goes_on = i != 0 && row.states[i] == row.states[i - 1] && row.labels[i] == row.labels[i - 1];
      wave += goes_on ? "." : row.states[i];
      if (!goes_on && row.states[i] == "=") data += (data.empty() ? "\"" : ", \"") + row.labels[i] + "\"";
    }
    const std::string labels = data.empty() ? "" : ", \"data\": [" + data + "]";
    return "{\"name\": \"" + row.name + "\", \"wave\": \"" + wave + "\"" + labels + "}";
  }

  std::string title_;
  std::vector<Row> rows_;
  size_t row_ = 0;
};

void expect_documented(const char* name, const Diagram& diagram) {
  const std::string path = std::string(P2P_DOCS "/timing/") + name + ".json";
  if (std::getenv("P2P_WRITE_TIMING") != nullptr) std::ofstream(path) << diagram.json();
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), diagram.json()) << path << " shows what the chip does not do";
}

void show_register_write(Diagram& diagram, const Vvcap& pins, const char* what) {
  diagram.bit("s_axil_awvalid", pins.s_axil_awvalid != 0);
  diagram.bit("s_axil_awready", pins.s_axil_awready != 0);
  diagram.word("s_axil_awaddr", pins.s_axil_awvalid != 0, what);
  diagram.bit("s_axil_wvalid", pins.s_axil_wvalid != 0);
  diagram.bit("s_axil_wready", pins.s_axil_wready != 0);
}

TEST(Timing, DoorbellToDescriptorRead) {
  Chip chip;
  Capture capture(chip, {});
  capture.enable(true);
  chip.run(100);
  Buffer buffer = capture.whole();
  capture.post(buffer);
  Diagram diagram("RING_TAIL is written: the descriptor read follows the accepted data by two edges");
  chip.watch = [&](const Vvcap& pins) {
    diagram.cycle();
    show_register_write(diagram, pins, "RING_TAIL");
    diagram.bit("m_axi_arvalid", pins.m_axi_arvalid != 0);
    diagram.word("m_axi_araddr", pins.m_axi_arvalid != 0, "descriptor");
  };
  chip.start_write(VCAP_RING_TAIL, 1);
  chip.run(7);
  expect_documented("doorbell", diagram);
}

TEST(Timing, LastResponseToInterrupt) {
  Chip chip;
  Capture capture(chip, {.width = 32, .height = 2});
  Buffer buffer = capture.whole();
  capture.post(buffer);
  capture.doorbell();
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
  capture.enable(true);
  chip.run(100);
  const uint64_t record = capture.record_address(0);
  static constexpr const char* kWords[] = {"bytes", "flags", "start", "end"};
  bool shown = false;
  unsigned beat = 0;
  Diagram diagram("a frame's last data burst is answered: its record, and the interrupt");
  chip.watch = [&](const Vvcap& pins) {
    shown |= pins.m_axi_bvalid && chip.memory.bursts.size() == 1;
    if (!shown || diagram.cycles() == 11) return;
    const bool of_record = pins.m_axi_wvalid && pins.m_axi_awaddr == record;
    diagram.cycle();
    diagram.bit("m_axi_bvalid", pins.m_axi_bvalid != 0);
    diagram.word("m_axi_bid", pins.m_axi_bvalid != 0, beat == 0 ? "data" : "record");
    diagram.bit("m_axi_awvalid", pins.m_axi_awvalid != 0);
    diagram.word("m_axi_awaddr", pins.m_axi_awvalid != 0, "record");
    diagram.bit("m_axi_wvalid", pins.m_axi_wvalid != 0);
    diagram.word("m_axi_wdata", of_record, kWords[beat % 4]);
    diagram.bit("m_axi_wlast", pins.m_axi_wvalid && pins.m_axi_wlast);
    diagram.bit("intr_o", pins.intr_o != 0);
    if (of_record) ++beat;
  };
  chip.video.send(capture.new_frame());
  ASSERT_TRUE(chip.run_until([&] { return diagram.cycles() == 11; }));
  expect_documented("record", diagram);
}

TEST(Timing, ClearToLineLow) {
  Chip chip;
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_FRAME_DONE);
  chip.run(10);
  Diagram diagram("INTR_STATE is cleared: the line is low two edges after the accepted data");
  chip.watch = [&](const Vvcap& pins) {
    diagram.cycle();
    show_register_write(diagram, pins, "INTR_STATE");
    diagram.bit("intr_o", pins.intr_o != 0);
  };
  chip.start_write(VCAP_INTR_STATE, VCAP_INTR_FRAME_DONE);
  chip.run(7);
  expect_documented("clear", diagram);
}

}  // namespace
}  // namespace p2p::rtltest
