// Scopes of an FST file that is being declared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace p2p::sim {

class FstScopes {
 public:
  explicit FstScopes(void* fst) : fst_(fst) {}
  /// Makes the scopes of `path` ("sw.cpu0.irql") the current ones; its last part.
  std::string_view enter(std::string_view path);
  /// Back to the top.
  void leave() { leave(0); }

 private:
  void leave(std::size_t kept);
  void* fst_;
  std::vector<std::string> scopes_;
};

}  // namespace p2p::sim
