#include "sim/fst_scopes.h"

#include <gtkwave/fstapi.h>

namespace p2p::sim {

std::string_view FstScopes::enter(std::string_view path) {
  std::size_t depth = 0;
  bool common = true;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.'), ++depth) {
    const std::string scope(path.substr(0, dot));
    path.remove_prefix(dot + 1);
    common = common && depth < scopes_.size() && scopes_[depth] == scope;
    if (common) continue;
    leave(depth);
    fstWriterSetScope(fst_, FST_ST_VCD_MODULE, scope.c_str(), nullptr);
    scopes_.push_back(scope);
  }
  leave(depth);
  return path;
}

void FstScopes::leave(std::size_t kept) {
  for (; scopes_.size() > kept; scopes_.pop_back()) fstWriterSetUpscope(fst_);
}

}  // namespace p2p::sim
