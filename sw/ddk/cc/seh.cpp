#include "sw/ddk/cc/seh.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <set>

namespace p2p::cc {

namespace {
enum class Part { kNone, kTry, kFilter, kExcept, kFinally };

/// Where a token stands: inside which part of which __try, and what encloses that.
struct Place {
  Part part = Part::kNone;
  unsigned number = 0;
  const Place* outer = nullptr;
};

bool is_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}
bool is_try(std::string_view text) { return is_any(text, {"__try", "_try"}); }
bool is_except(std::string_view text) { return is_any(text, {"__except", "_except"}); }
bool is_finally(std::string_view text) { return is_any(text, {"__finally", "_finally"}); }
bool is_leave(std::string_view text) { return is_any(text, {"__leave", "_leave"}); }

struct Intrinsic {
  const char* call;
  bool in_filter, in_except, in_finally;
  const char* where;
};
std::optional<Intrinsic> intrinsic(std::string_view text) {
  if (is_any(text, {"GetExceptionCode", "_exception_code", "exception_code"}))
    return Intrinsic{"P2pSehCode", true, true, false, "an __except and its filter"};
  if (is_any(text, {"GetExceptionInformation", "_exception_info", "exception_info"}))
    return Intrinsic{"P2pSehInformation", true, false, false, "the filter of an __except"};
  if (is_any(text, {"AbnormalTermination", "_abnormal_termination", "abnormal_termination"}))
    return Intrinsic{"P2pSehAbnormal", false, false, true, "a __finally"};
  return std::nullopt;
}

class Translator {
 public:
  explicit Translator(Unit& unit) : unit_(unit) {}

  bool run() {
    walk(0, unit_.size(), Place{});
    return count_ != 0;
  }

 private:
  static std::string frame(unsigned number) { return "p2p_seh_" + std::to_string(number); }
  static std::string leave_label(unsigned number) { return "p2p_leave_" + std::to_string(number); }

  void walk(std::size_t from, std::size_t to, const Place& place) {
    for (std::size_t i = from; i < to; ++i) {
      const Token& token = unit_[i];
      if (token.kind != Token::Kind::kWord) continue;
      if (is_try(token.text)) {
        i = statement(i, place);
      } else if (is_except(token.text) || is_finally(token.text)) {
        unit_.refuse(i, std::string(token.text) + " without a __try before it");
      } else if (is_leave(token.text)) {
        leave(i, place);
      } else if (unit_.is(i + 1, "(") && unit_.is(i + 2, ")")) {
        if (const auto found = intrinsic(token.text)) call(i, *found, place);
      }
    }
  }

  /// The __try statement at `i`; returns its last token.
  std::size_t statement(std::size_t i, const Place& outer) {
    const unsigned number = ++count_;
    if (!unit_.is(i + 1, "{")) unit_.refuse(i, "__try without a block");
    const std::size_t body = i + 1, body_end = unit_.partner(body), handler = body_end + 1;
    const bool except = handler < unit_.size() && is_except(unit_[handler].text);
    if (!except && !(handler < unit_.size() && is_finally(unit_[handler].text)))
      unit_.refuse(i, "__try without an __except or __finally behind it");
    const std::string name = frame(number), code = name + "_code";
    unit_.replace(i, "{ struct P2pSehFrame " + name + " __attribute__((cleanup(P2pSehLeave))); P2pSehPush(&" + name +
                         (except ? ", 1)" : ", 2)") + "; int " + code + " = P2pSehSave(&" + name + "); if (" + code +
                         " == 0) {");
    walk(body + 1, body_end, {Part::kTry, number, &outer});
    // A block of its own: a jump to the label behind it crosses no initialisation.
    const std::string label = left_.count(number) != 0 ? leave_label(number) + ": ; " : "";
    unit_.append(body_end, " " + label + name + ".Normal = 1; }");
    return except ? except_part(handler, number, outer) : finally_part(handler, number, outer);
  }

  std::size_t except_part(std::size_t i, unsigned number, const Place& outer) {
    const std::string name = frame(number);
    if (!unit_.is(i + 1, "(")) unit_.refuse(i, "__except without a filter in parentheses");
    const std::size_t filter_end = unit_.partner(i + 1), body = filter_end + 1;
    if (!unit_.is(body, "{")) unit_.refuse(i, "__except without a block");
    unit_.replace(i, "else if (" + name + "_code == 1) P2pSehEnd(&" + name + ", (int)");
    walk(i + 2, filter_end, {Part::kFilter, number, &outer});
    unit_.append(filter_end, "); else");
    const std::size_t end = unit_.partner(body);
    walk(body + 1, end, {Part::kExcept, number, &outer});
    unit_.append(end, " }");
    return end;
  }

  std::size_t finally_part(std::size_t i, unsigned number, const Place& outer) {
    const std::size_t body = i + 1;
    if (!unit_.is(body, "{")) unit_.refuse(i, "__finally without a block");
    const std::size_t end = unit_.partner(body);
    refuse_jumps_out(body + 1, end);
    unit_.replace(i, "else");
    walk(body + 1, end, {Part::kFinally, number, &outer});
    unit_.replace(end, "P2pSehDone(&" + frame(number) + "); } }");
    return end;
  }

  // The handler is called: it can end at its end only. Windows allows the jump and warns that it is not well-defined.
  void refuse_jumps_out(std::size_t from, std::size_t to) const {
    std::set<std::string_view> labels;
    for (std::size_t i = from; i + 1 < to; ++i) {
      if (unit_[i].kind == Token::Kind::kWord && unit_.is(i + 1, ":")) labels.insert(unit_[i].text);
    }
    std::vector<std::size_t> loops;  // where the bodies end that a break inside belongs to
    for (std::size_t i = from; i < to; ++i) {
      const std::string_view text = unit_[i].text;
      if (is_any(text, {"for", "while", "switch", "do"})) loops.push_back(statement_end(i));
      while (!loops.empty() && loops.back() < i) loops.pop_back();
      if (text == "return" || (text == "goto" && labels.count(unit_[i + 1].text) == 0) ||
          (is_any(text, {"break", "continue"}) && loops.empty()))
        unit_.refuse(i, std::string(text) + " jumps out of a __finally, which pin2pin does not support");
    }
  }

  /// The last token of the loop or switch at `i`: its body's closing brace, or the semicolon.
  std::size_t statement_end(std::size_t i) const {
    std::size_t at = i + 1;
    if (unit_.is(at, "(")) at = unit_.partner(at) + 1;
    if (unit_.is(at, "{")) return unit_.partner(at);
    while (at < unit_.size() && !unit_.is(at, ";") && !unit_.is(at, "{")) ++at;
    return unit_.is(at, "{") ? unit_.partner(at) : at;
  }

  void leave(std::size_t i, const Place& place) {
    const Place* at = &place;
    for (; at != nullptr && at->part != Part::kTry; at = at->outer) {
      if (at->part == Part::kFinally)
        unit_.refuse(i, "__leave jumps out of a __finally, which pin2pin does not support");
    }
    if (at == nullptr) unit_.refuse(i, "__leave outside a __try");
    left_.insert(at->number);
    unit_.replace(i, "goto " + leave_label(at->number));
  }

  void call(std::size_t i, const Intrinsic& what, const Place& place) {
    const Place* at = &place;
    const auto fits = [&what](Part part) {
      return (part == Part::kFilter && what.in_filter) || (part == Part::kExcept && what.in_except) ||
             (part == Part::kFinally && what.in_finally);
    };
    while (at != nullptr && !fits(at->part)) at = at->outer;
    if (at == nullptr) unit_.refuse(i, std::string(unit_[i].text) + " outside " + what.where);
    unit_.replace(i, what.call);
    unit_.append(i + 1, "&" + frame(at->number));
  }

  Unit& unit_;
  unsigned count_ = 0;
  std::set<unsigned> left_;
};
}  // namespace

bool translate_seh(Unit& unit) { return Translator(unit).run(); }

}  // namespace p2p::cc
