// What planted_switch.sv asks: P2P_PLANTED=NAME@CYCLE in the environment chooses a mistake and when it begins.
#include <cstdlib>
#include <string>

extern "C" unsigned long long p2p_planted(const char* name) {
  const char* const asked = std::getenv("P2P_PLANTED");
  if (asked == nullptr) return ~0ULL;
  const std::string text(asked);
  const std::size_t at = text.find('@');
  if (text.substr(0, at) != name) return ~0ULL;
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 1, nullptr, 10);
}
