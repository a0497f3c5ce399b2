// Where the Verifier stands: between a driver's imports and the exports they are bound to, as on Windows. Calls inside
// the kernel do not pass it.
#pragma once

#include <string_view>

namespace p2p::verifier {

/// Binds the imports of the module that holds `code`, for which the table has a sub-code, to gates that check the IRQL
/// and then jump to the export. Idempotent; nothing for code of this program itself.
void bind_imports(const void* code);

/// The gate before `target`, the export of this name; `target` itself if the table checks nothing for it.
void* gate(std::string_view name, void* target);

}  // namespace p2p::verifier

/// An export as a driver's import sees it: P2P_IMPORT(KeSetEvent)(&event, 0, FALSE).
#define P2P_IMPORT(function) \
  (reinterpret_cast<decltype(&(function))>(p2p::verifier::gate(#function, reinterpret_cast<void*>(&(function)))))
