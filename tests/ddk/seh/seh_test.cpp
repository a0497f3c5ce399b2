// What runs, in which order, at each exit of a __try statement. The driver (seh_cases.h) prints a line a case.
#include "tests/ntos/kernel_fixture.h"

#include <dlfcn.h>

#include <string>
#include <vector>

namespace p2p::test {
namespace {

struct Case {
  const char* name;
  const char* notes;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }
class Seh : public KernelTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    void* module = dlopen(P2P_SEH_DRIVER, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(module, nullptr) << dlerror();
    void* entry = dlsym(module, "DriverEntry");
    bugcheck_ = run([&] { kernel->load_driver("ddk_seh", entry); });
  }
  std::string line_of(const std::string& head) const {
    for (const std::string& line : events.lines) {
      const std::size_t at = line.find("text=" + head + ":");
      if (at != std::string::npos) return line.substr(at + 6 + head.size());
    }
    return "(the case did not come to its end)";
  }
  const ntos::BugCheck* bugcheck_ = nullptr;
};

TEST_P(Seh, RunsTheBlocksOfCInOrder) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "address sanitizer takes the fault";
#endif
  EXPECT_EQ(line_of(std::string("c ") + GetParam().name), GetParam().notes);
}
TEST_P(Seh, RunsTheBlocksOfCppInOrder) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "address sanitizer takes the fault";
#endif
  EXPECT_EQ(line_of(std::string("cpp ") + GetParam().name), GetParam().notes);
}

INSTANTIATE_TEST_SUITE_P(
    Exits, Seh,
    ::testing::Values(Case{"finally_fallthrough", " body finally after"},
                      Case{"finally_return", " body finally(abnormal) outer finally(abnormal) returned"},
                      Case{"finally_goto", " body finally(abnormal) out"},
                      Case{"finally_break_continue", " finally(abnormal) body finally next finally(abnormal)"},
                      Case{"leave_early", " body finally finally outer finally"},
                      Case{"except_order", " filter finally(abnormal) finally(abnormal) handler after"},
                      Case{"except_passes_on", " right"}, Case{"raise_in_handler", " first second"},
                      Case{"raise_in_finally", " finally(abnormal) replaced"},
                      Case{"finally_around_exception_in_loop",
                           " body finally(abnormal) handler body finally(abnormal) handler"},
                      Case{"handler_returns", " status"}, Case{"faults", " write divide"},
                      Case{"probes", " misaligned kernel null lock"}, Case{"not_continuable", " noncontinuable"}),
    [](const ::testing::TestParamInfo<Case>& tested) { return std::string(tested.param.name); });

class Spellings : public Seh {};
TEST_P(Spellings, AreWhatMicrosoftsCompilerTakesThemFor) {
  EXPECT_EQ(line_of("c spellings"), " numbers text words");
  EXPECT_EQ(line_of("cpp spellings"), " numbers text");
}
INSTANTIATE_TEST_SUITE_P(All, Spellings, ::testing::Values(Case{"spellings", ""}));

class SehEnd : public Seh {};
TEST_P(SehEnd, AnExceptionThatNobodyTakesIsTheBugCheckItAlwaysWas) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "address sanitizer takes the fault";
#endif
  ASSERT_NE(bugcheck_, nullptr) << "the driver raised and nothing happened";
  EXPECT_EQ(bugcheck_->code, 0x1Eu);
  EXPECT_EQ(bugcheck_->parameters[0], static_cast<ULONG>(STATUS_IO_DEVICE_ERROR));
}
INSTANTIATE_TEST_SUITE_P(Exits, SehEnd, ::testing::Values(Case{"end", ""}));

}  // namespace
}  // namespace p2p::test
