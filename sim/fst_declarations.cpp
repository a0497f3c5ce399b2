#include "sim/fst_declarations.h"

#include <gtkwave/fstapi.h>

#include <memory>
#include <stdexcept>

namespace p2p::sim {

namespace {
FstDeclarations::Enumeration enumeration(const char* text) {
  const std::unique_ptr<fstETab, void (*)(fstETab*)> table(fstUtilityExtractEnumTableFromString(text),
                                                           fstUtilityFreeEnumTable);
  FstDeclarations::Enumeration found;
  if (table == nullptr) return found;
  found.name = table->name;
  found.words.assign(table->literal_arr, table->literal_arr + table->elem_count);
  found.values.assign(table->val_arr, table->val_arr + table->elem_count);
  return found;
}
}  // namespace

FstDeclarations read_declarations(const std::string& file) {
  const std::unique_ptr<void, void (*)(void*)> reader(fstReaderOpen(file.c_str()), fstReaderClose);
  if (reader == nullptr) throw std::runtime_error(file + ": not a waveform in FST format");
  FstDeclarations found;
  std::vector<std::string> scopes{""};  // each with those around it
  std::uint64_t enumeration_of_next = 0;
  while (const fstHier* item = fstReaderIterateHier(reader.get())) {
    switch (item->htyp) {
      case FST_HT_SCOPE:
        scopes.push_back(scopes.back() + item->u.scope.name + ".");
        break;
      case FST_HT_UPSCOPE:
        scopes.pop_back();
        break;
      case FST_HT_ATTRBEGIN:
        if (item->u.attr.typ != FST_AT_MISC || item->u.attr.subtype != FST_MT_ENUMTABLE) break;
        // With a name it declares an enumeration, without one the next signal has it.
        if (item->u.attr.name != nullptr && item->u.attr.name[0] != '\0') {
          found.enumerations[item->u.attr.arg] = enumeration(item->u.attr.name);
        } else {
          enumeration_of_next = item->u.attr.arg;
        }
        break;
      case FST_HT_VAR: {
        const std::string name = item->u.var.name;
        found.signals.push_back({scopes.back() + name.substr(0, name.find(' ')), name, item->u.var.length,
                                 item->u.var.handle, enumeration_of_next});
        enumeration_of_next = 0;
        break;
      }
      default:
        break;
    }
  }
  return found;
}

}  // namespace p2p::sim
