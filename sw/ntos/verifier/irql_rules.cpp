#include "sw/ntos/verifier/irql_rules.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "sw/ntos/ke/irql.h"

namespace p2p::verifier {

namespace {
constexpr KIRQL kPASSIVE = PASSIVE_LEVEL, kAPC = APC_LEVEL, kDISPATCH = DISPATCH_LEVEL, kHIGH = HIGH_LEVEL;

constexpr IrqlRule kRules[] = {
#define P2P_IRQL(name, lowest, highest, sub_code) {#name, k##lowest, k##highest, sub_code},
#define P2P_IRQL_OWN(name, lowest, highest) {#name, k##lowest, k##highest, 0},
#define P2P_IRQL_ANY(name) {#name, kPASSIVE, kHIGH, 0},
#define P2P_IRQL_DMA(name, lowest, highest) {#name, k##lowest, k##highest, 0},
#include "sw/ntos/verifier/irql_table.inc"
#undef P2P_IRQL
#undef P2P_IRQL_OWN
#undef P2P_IRQL_ANY
#undef P2P_IRQL_DMA
};

struct RuleName {
  std::uint32_t sub_code;
  std::string_view name;
};
constexpr RuleName kNames[] = {
    {0x33, "IrqlExApcLte1"},         {0x35, "IrqlKeReleaseSpinLock"}, {0x80, "IrqlKeSetEvent"},
    {0xE5, "IrqlKernelApi"},         {0xE6, "IrqlZwApcsOff"},         {0x11A, "IrqlKeApcLte2"},
    {0x11B, "IrqlKeApcLte2"},        {0x20003, "IrqlDispatch"},       {0x20004, "IrqlExAllocatePool"},
    {0x20005, "IrqlExApcLte1"},      {0x20006, "IrqlExApcLte2"},      {0x20007, "IrqlExApcLte3"},
    {0x20008, "IrqlExPassive"},      {0x20009, "IrqlIoApcLte"},       {0x2000A, "IrqlIoPassive1"},
    {0x2000B, "IrqlIoPassive2"},     {0x2000C, "IrqlIoPassive3"},     {0x2000D, "IrqlIoPassive4"},
    {0x2000E, "IrqlIoPassive5"},     {0x2000F, "IrqlKeApcLte1"},      {0x20010, "IrqlKeApcLte2"},
    {0x20011, "IrqlKeDispatchLte"},  {0x2001B, "IrqlObPassive"},      {0x2001C, "IrqlPsPassive"},
    {0x2001E, "IrqlRtlPassive"},     {0x2001F, "IrqlZwPassive"},      {0x20022, "IrqlIoDispatch"},
    {0x20023, "IrqlIoRtlZwPassive"}, {0x81009, "KsIrqlDDIs"},
};

/// Codes of the first versions of the Verifier tell the object; those of DDI compliance do not.
bool tells_object(std::uint32_t sub_code) { return sub_code < 0xE0; }

std::string level(KIRQL irql) {
  constexpr std::string_view kLevels[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};
  return irql < std::size(kLevels) ? std::string(kLevels[irql]) : "IRQL " + std::to_string(irql);
}

std::string allowed(const IrqlRule& rule) {
  if (rule.lowest == rule.highest) return "at " + level(rule.highest);
  return rule.lowest > PASSIVE_LEVEL ? "at " + level(rule.lowest) + " or above"
                                     : "at " + level(rule.highest) + " or below";
}
}  // namespace

std::span<const IrqlRule> irql_rules() { return kRules; }

const IrqlRule* find_irql_rule(std::string_view function) {
  static const auto* const index = [] {
    auto* rows = new std::unordered_map<std::string_view, const IrqlRule*>;
    for (const IrqlRule& rule : kRules) rows->emplace(rule.function, &rule);
    return rows;
  }();
  const auto found = index->find(function);
  return found != index->end() ? found->second : nullptr;
}

std::string_view rule_name(std::uint32_t sub_code) {
  const auto* found = std::ranges::find(kNames, sub_code, &RuleName::sub_code);
  return found != std::end(kNames) ? found->name : std::string_view();
}

void check_irql(const IrqlRule& rule, const void* first) {
  if (!ntos::verifier_enabled() || ke::current_thread() == nullptr) return;
  const KIRQL irql = ke::current_cpu().irql;
  if (irql < rule.lowest || irql > rule.highest) {
    const std::uint64_t object = tells_object(rule.sub_code) || ntos::irp_id(first) != 0 ? ke::value_of(first) : 0;
    ntos::bug_check(
        0xC4, rule.sub_code, irql, object, 0, rule_name(rule.sub_code),
        std::string(rule.function) + " is called at " + level(irql) + "; it may be called " + allowed(rule));
  }
  if (rule.function.starts_with("Zw") && KeAreAllApcsDisabled()) {
    ntos::bug_check(0xC4, 0xE6, irql, 0, 0, rule_name(0xE6),
                    std::string(rule.function) + " is called with APCs disabled: it waits for one");
  }
}

}  // namespace p2p::verifier
