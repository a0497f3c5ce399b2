// The IRQL table, row by row: what a driver's import does below, at and above the levels it allows. Names are of
// functions.
#include "tests/ntos/kernel_fixture.h"

#include <set>

#include "sw/ntos/verifier/imports.h"
#include "sw/ntos/verifier/irql_rules.h"

namespace p2p::test {
namespace {

using verifier::IrqlRule;

bool reached = false;
void NTAPI note_reached() { reached = true; }

/// Calls what stands before `rule`'s function at this IRQL; the function itself only notes that it was reached.
void call_at(KIRQL irql, const IrqlRule& rule) {
  reached = false;
  void* import = verifier::gate(rule.function, reinterpret_cast<void*>(&note_reached));
  KIRQL old;
  KeRaiseIrql(irql, &old);
  reinterpret_cast<void(NTAPI*)()>(import)();
  KeLowerIrql(old);
}

std::vector<IrqlRule> checked_rules() {
  std::vector<IrqlRule> found;
  for (const IrqlRule& rule : verifier::irql_rules()) {
    if (rule.sub_code != 0) found.push_back(rule);
  }
  return found;
}

}  // namespace
}  // namespace p2p::test

namespace p2p::verifier {
/// For the names of tests.
static void PrintTo(const IrqlRule& rule, std::ostream* out) { *out << rule.function; }
}  // namespace p2p::verifier

namespace p2p::test {
namespace {

class IrqlRow : public KernelTest, public ::testing::WithParamInterface<IrqlRule> {};

// R-IRQL-2.
TEST_P(IrqlRow, StopsAboveItsHighestLevel) {
  const IrqlRule& rule = GetParam();
  if (rule.highest == HIGH_LEVEL) GTEST_SKIP() << "there is no higher level";
  expect_bugcheck(0xC4, rule.sub_code, [&rule] { call_at(static_cast<KIRQL>(rule.highest + 1), rule); });
  EXPECT_FALSE(reached) << rule.function << " ran all the same";
  EXPECT_EQ(kernel->bugcheck()->parameters[1], static_cast<std::uint64_t>(rule.highest + 1));
  EXPECT_EQ(kernel->bugcheck()->message.find(rule.function), 0u) << kernel->bugcheck()->message;
}

TEST_P(IrqlRow, PassesAtItsLevels) {
  const IrqlRule& rule = GetParam();
  expect_no_bugcheck([&rule] {
    call_at(rule.lowest, rule);
    EXPECT_TRUE(reached) << rule.function << " at IRQL " << int{rule.lowest};
    call_at(rule.highest, rule);
    EXPECT_TRUE(reached) << rule.function << " at IRQL " << int{rule.highest};
  });
}

INSTANTIATE_TEST_SUITE_P(Table, IrqlRow, ::testing::ValuesIn(checked_rules()),
                         [](const auto& row) { return std::string(row.param.function); });

using IrqlTable = KernelTest;

TEST_F(IrqlTable, NamesEachFunctionOnceAndEachRule) {
  std::set<std::string_view> seen;
  for (const IrqlRule& rule : verifier::irql_rules()) {
    EXPECT_TRUE(seen.insert(rule.function).second) << rule.function << " stands in the table twice";
    EXPECT_LE(rule.lowest, rule.highest) << rule.function;
    if (rule.sub_code != 0) {
      EXPECT_NE(verifier::rule_name(rule.sub_code), "") << rule.function;
    }
  }
}

TEST_F(IrqlTable, ChecksNothingWithTheVerifierOff) {
  config.verifier = false;
  expect_no_bugcheck([] {
    call_at(DISPATCH_LEVEL, *verifier::find_irql_rule("ZwClose"));
    EXPECT_TRUE(reached);
  });
}

TEST_F(IrqlTable, LeavesAnExportWithoutARuleAlone) {
  void* target = reinterpret_cast<void*>(&note_reached);
  EXPECT_EQ(verifier::gate("KeGetCurrentIrql", target), target);
  EXPECT_EQ(verifier::gate("NoSuchFunction", target), target);
}

// The rows of functions that must be called at a level, not at most at one.
TEST_F(IrqlTable, V_C4_20003_StopsBelowTheLowestLevel) {
  expect_bugcheck(0xC4, 0x20003, [] { call_at(PASSIVE_LEVEL, *verifier::find_irql_rule("IoStartNextPacket")); });
  EXPECT_NE(kernel->bugcheck()->message.find("may be called at DISPATCH_LEVEL"), std::string::npos)
      << kernel->bugcheck()->message;
}

TEST_F(IrqlTable, V_C4_20004_PoolIsAllocatedInAnIsr) {
  expect_bugcheck(0xC4, 0x20004, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 3, &old);
    P2P_IMPORT(ExAllocatePoolWithTag)(NonPagedPoolNx, 64, 'tset');
  });
}

TEST_F(IrqlTable, V_C4_20005_FastMutexIsTriedAtDispatchLevel) {
  expect_bugcheck(0xC4, 0x20005, [] {
    FAST_MUTEX mutex;
    ExInitializeFastMutex(&mutex);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(ExTryToAcquireFastMutex)(&mutex);
  });
}

TEST_F(IrqlTable, V_C4_2001E_RegistryValueIsDeletedAtDispatchLevel) {
  expect_bugcheck(0xC4, 0x2001E, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(RtlDeleteRegistryValue)(RTL_REGISTRY_SERVICES, nullptr, nullptr);
  });
}

TEST_F(IrqlTable, V_C4_2000D_SymbolicLinkIsDeletedAtDispatchLevel) {
  expect_bugcheck(0xC4, 0x2000D, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(IoDeleteSymbolicLink)(nullptr);
  });
}

TEST_F(IrqlTable, V_C4_20023_DevicePropertyIsReadAtApcLevel) {
  expect_bugcheck(0xC4, 0x20023, [] {
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    P2P_IMPORT(RtlCreateRegistryKey)(RTL_REGISTRY_SERVICES, nullptr);
  });
}

TEST_F(IrqlTable, V_C4_35_LockOfADpcIsReleasedAboveDispatchLevel) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  expect_bugcheck(0xC4, 0x35, [&lock] {
    const KIRQL old = KeAcquireSpinLockForDpc(&lock);
    KIRQL before;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &before);
    P2P_IMPORT(KeReleaseSpinLockForDpc)(&lock, old);
  });
}

TEST_F(IrqlTable, V_C4_11B_RegionIsLeftAtDispatchLevel) {
  expect_bugcheck(0xC4, 0x11B, [] {
    KeEnterCriticalRegion();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(KeLeaveCriticalRegion)();
  });
}

TEST_F(IrqlTable, V_C4_E6_SystemServiceIsCalledWithApcsOff) {
  expect_bugcheck(0xC4, 0xE6, [] {
    KeEnterGuardedRegion();
    P2P_IMPORT(ZwClose)(nullptr);
  });
}

/// Eight arguments, in registers and on the stack: a gate changes none of them.
double NTAPI sum(int a, double b, int c, double d, int e, double f, int g, double h) {
  return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f + 1000000 * g + 10000000 * h;
}

TEST_F(IrqlTable, GateKeepsArgumentsAndResult) {
  expect_no_bugcheck([] {
    void* import = verifier::gate("ZwFlushKey", reinterpret_cast<void*>(&sum));
    ASSERT_NE(import, reinterpret_cast<void*>(&sum));
    EXPECT_EQ(reinterpret_cast<decltype(&sum)>(import)(1, 2, 3, 4, 5, 6, 7, 8), 87654321.0);
  });
}

}  // namespace
}  // namespace p2p::test
