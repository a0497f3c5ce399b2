// What FstWriter leaves is what fstapi would have left: the same changes, read back by fstapi's reader.
#include "sim/fst_writer.h"

#include <gtest/gtest.h>
#include <gtkwave/fstapi.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace p2p::sim {
namespace {

namespace fs = std::filesystem;

using Change = std::tuple<std::uint64_t, std::uint32_t, std::string>;  // time, handle, value

/// `from`: of the sections that reach to it or further, with what was before them.
std::vector<Change> changes_in(const std::string& file, std::uint64_t from = 0) {
  std::vector<Change> found;
  void* const reader = fstReaderOpen(file.c_str());
  if (reader == nullptr) {
    ADD_FAILURE() << file << " is no FST file";
    return found;
  }
  fstReaderSetFacProcessMaskAll(reader);
  if (from != 0) fstReaderSetLimitTimeRange(reader, from, fstReaderGetEndTime(reader));
  const auto take = [](void* list, std::uint64_t time, fstHandle handle, const unsigned char* value) {
    static_cast<std::vector<Change>*>(list)->emplace_back(time, handle, reinterpret_cast<const char*>(value));
  };
  const auto take_words = [](void* list, std::uint64_t time, fstHandle handle, const unsigned char* value,
                             std::uint32_t length) {
    static_cast<std::vector<Change>*>(list)->emplace_back(time, handle,
                                                          std::string(reinterpret_cast<const char*>(value), length));
  };
  fstReaderIterBlocks2(reader, take, take_words, &found, nullptr);
  fstReaderClose(reader);
  std::sort(found.begin(), found.end());
  return found;
}

class FstWriting : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              (std::string("p2p_fst_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
    ours_ = (folder_ / "ours.fst").string();
    theirs_ = (folder_ / "theirs.fst").string();
  }
  void TearDown() override { fs::remove_all(folder_); }
  /// Signals of these widths (0: words), in a file of fstapi's.
  static void* declared(const std::string& file, const std::vector<unsigned>& widths) {
    void* const fst = fstWriterCreate(file.c_str(), 1);
    fstWriterSetPackType(fst, FST_WR_PT_LZ4);
    for (std::size_t i = 0; i < widths.size(); ++i)
      fstWriterCreateVar(fst, widths[i] == 0 ? FST_VT_GEN_STRING : FST_VT_VCD_WIRE, FST_VD_IMPLICIT, widths[i],
                         ("s" + std::to_string(i)).c_str(), 0);
    return fst;
  }

  /// What readers say of any time, also where one section has ended and the next has nothing yet.
  void expect_values_between_sections(std::size_t signals) const {
    void* const ours = fstReaderOpen(ours_.c_str());
    void* const theirs = fstReaderOpen(theirs_.c_str());
    ASSERT_TRUE(ours != nullptr && theirs != nullptr);
    const std::uint64_t begin = fstReaderGetStartTime(theirs), end = fstReaderGetEndTime(theirs);
    EXPECT_EQ(fstReaderGetStartTime(ours), begin);
    EXPECT_EQ(fstReaderGetEndTime(ours), end);
    std::vector<char> one(256), other(256);
    for (std::uint64_t time = begin; time < end; time += (end - begin) / 300) {
      for (fstHandle handle = 2; handle <= signals; handle += 17) {
        const char* const is = fstReaderGetValueFromHandleAtTime(ours, time, handle, one.data());
        const char* const wanted = fstReaderGetValueFromHandleAtTime(theirs, time, handle, other.data());
        ASSERT_EQ(is == nullptr, wanted == nullptr) << "at " << time;
        if (is != nullptr) {
          ASSERT_STREQ(is, wanted) << "signal " << handle << " at " << time;
        }
      }
    }
    fstReaderClose(ours);
    fstReaderClose(theirs);
  }

  fs::path folder_;
  std::string ours_, theirs_;
};

TEST_F(FstWriting, LeavesTheChangesThatFstapiLeaves) {
  std::vector<unsigned> widths{0, 1, 1, 64, 65, 128, 176, 0, 3};
  for (unsigned bits = 2; bits <= 200; ++bits) widths.push_back(bits);
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    fstWriterClose(declared(ours_, widths));
    FstWriter writer(ours_);
    void* const fst = declared(theirs_, widths);
    std::mt19937 random(seed);
    const std::uint64_t begin = seed == 1 ? 0 : 123456789;
    std::uint64_t time = begin;
    for (unsigned step = 0; step < 400; ++step, time += random() % 3 == 0 ? 1 : random() % 100000) {
      writer.time(time);
      fstWriterEmitTimeChange(fst, time);
      for (std::uint32_t handle = 1; handle <= widths.size(); ++handle) {
        if (random() % 20 != 0) continue;
        const unsigned bits = widths[handle - 1];
        if (bits == 0) {
          const std::string words(random() % 40, static_cast<char>('a' + random() % 26));
          writer.words(handle, words);
          fstWriterEmitVariableLengthValueChange(fst, handle, words.data(), static_cast<std::uint32_t>(words.size()));
          continue;
        }
        std::array<std::uint32_t, 7> value{};
        std::string digits;
        for (unsigned bit = bits; bit-- > 0;) {
          const bool one = random() % 2 != 0;
          if (one) value[bit / 32] |= std::uint32_t{1} << bit % 32;
          digits += one ? '1' : '0';
        }
        if (bits > 64) {
          writer.wide(handle, value.data());
        } else {
          writer.number(handle, value[0] | std::uint64_t{value[1]} << 32);
        }
        fstWriterEmitValueChange(fst, handle, digits.c_str());
      }
      if (step % 90 == 89) {
        writer.flush();
        fstWriterFlushContext(fst);
      }
    }
    writer.close();
    fstWriterClose(fst);
    const std::vector<Change> ours = changes_in(ours_), theirs = changes_in(theirs_);
    ASSERT_GT(theirs.size(), 3000u);
    EXPECT_TRUE(ours == theirs) << "seed " << seed << ": " << ours.size() << " and " << theirs.size() << " changes";
    for (const std::uint64_t from : {(begin + time) / 2, time - 1}) {
      const std::vector<Change> late = changes_in(ours_, from), theirs_late = changes_in(theirs_, from);
      ASSERT_LT(late.size(), ours.size());
      EXPECT_TRUE(late == theirs_late) << "from " << from << ": " << late.size() << " and " << theirs_late.size();
    }
    expect_values_between_sections(widths.size());
  }
}

TEST_F(FstWriting, SharesWhatIsTheSame) {
  const std::vector<unsigned> widths(50, 32);
  const auto size = [&](bool same) {
    fstWriterClose(declared(ours_, widths));
    FstWriter writer(ours_);
    std::mt19937 random(1);
    for (std::uint64_t time = 0; time < 300; ++time) {
      writer.time(time);
      const std::uint32_t value = static_cast<std::uint32_t>(random());
      for (std::uint32_t handle = 1; handle <= widths.size(); ++handle)
        writer.number(handle, same ? value : static_cast<std::uint32_t>(random()));
    }
    writer.close();
    EXPECT_EQ(changes_in(ours_).size(), 300 * widths.size());
    return fs::file_size(ours_);
  };
  const auto shared = size(true);
  EXPECT_LT(shared * 10, size(false));
}

/// Whoever reads a file that is cut off finds what was flushed.
TEST_F(FstWriting, CanBeReadUpToTheLastFlushWhereverItIsCutOff) {
  fstWriterClose(declared(ours_, {32, 0}));
  FstWriter writer(ours_);
  std::uintmax_t whole = 0;
  for (std::uint64_t time = 0; time < 200; ++time) {
    writer.time(time);
    writer.number(1, time);
    writer.words(2, std::to_string(time));
    if (time % 50 == 49) writer.flush();
    if (time == 100) whole = fs::file_size(ours_);  // two sections
  }
  const std::size_t both = changes_in(ours_).size();
  EXPECT_GE(both, 2 * 150u) << "three sections are there while it is open";
  writer.close();
  for (const std::uintmax_t cut : {whole, whole + 1, whole + 10, whole + 300}) {
    const std::string part = (folder_ / "part.fst").string();
    fs::copy_file(ours_, part, fs::copy_options::overwrite_existing);
    fs::resize_file(part, cut);
    if (cut > whole) {  // a section counts once it is whole
      std::fstream file(part, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(whole));
      file.put(static_cast<char>(FST_BL_SKIP));
    }
    const std::vector<Change> found = changes_in(part);
    EXPECT_GE(found.size(), 2 * 100u) << "cut off at " << cut;
  }
}

TEST_F(FstWriting, SaysWhatItDoesNotWrite) {
  void* const fst = declared(ours_, {8});
  fstWriterCreateVar(fst, FST_VT_VCD_REAL, FST_VD_IMPLICIT, 8, "gain", 0);
  fstWriterClose(fst);
  try {
    const FstWriter writer(ours_);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), ours_ + ": gain is a real number; expected bits or words");
  }
}

TEST_F(FstWriting, SaysWhichFileIsNone) {
  std::ofstream(ours_) << "no waveform";
  try {
    const FstWriter writer(ours_);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), ours_ + ": not a waveform in FST format");
  }
}

}  // namespace
}  // namespace p2p::sim
