#include "sw/ntos/verifier/imports.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <deque>
#include <unordered_map>

#include "sw/ntos/verifier/gate.h"

namespace p2p::verifier {

namespace {
/// What the dynamic section of a loaded module says about its imports.
struct Dynamic {
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  const ElfW(Rela) * tables[2] = {};  ///< of data, of calls
  std::size_t bytes[2] = {};
};

Dynamic dynamic_of(const link_map& module) {
  Dynamic found;
  for (const ElfW(Dyn)* entry = module.l_ld; entry->d_tag != DT_NULL; ++entry) {
    switch (entry->d_tag) {
      case DT_SYMTAB:
        found.symbols = reinterpret_cast<const ElfW(Sym)*>(entry->d_un.d_ptr);
        break;
      case DT_STRTAB:
        found.names = reinterpret_cast<const char*>(entry->d_un.d_ptr);
        break;
      case DT_RELA:
        found.tables[0] = reinterpret_cast<const ElfW(Rela)*>(entry->d_un.d_ptr);
        break;
      case DT_RELASZ:
        found.bytes[0] = entry->d_un.d_val;
        break;
      case DT_JMPREL:
        found.tables[1] = reinterpret_cast<const ElfW(Rela)*>(entry->d_un.d_ptr);
        break;
      case DT_PLTRELSZ:
        found.bytes[1] = entry->d_un.d_val;
        break;
      default:
        break;
    }
  }
  return found;
}

bool holds_address(const ElfW(Rela) & relocation) {
  const auto type = ELF64_R_TYPE(relocation.r_info);
  return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || (type == R_X86_64_64 && relocation.r_addend == 0);
}

/// The loader may have made the page read-only after binding; it stays writable.
void write(void** slot, void* value) {
  const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t page = reinterpret_cast<std::uintptr_t>(slot) & ~(page_bytes - 1);
  mprotect(reinterpret_cast<void*>(page), page_bytes, PROT_READ | PROT_WRITE);
  *slot = value;
}

void bind(const link_map& module, const Dynamic& dynamic, const ElfW(Rela) & relocation) {
  const ElfW(Sym)& symbol = dynamic.symbols[ELF64_R_SYM(relocation.r_info)];
  if (!holds_address(relocation) || symbol.st_shndx != SHN_UNDEF) return;
  void** slot = reinterpret_cast<void**>(module.l_addr + relocation.r_offset);
  if (*slot == nullptr || is_gate_code(*slot)) return;
  if (void* through = gate(dynamic.names + symbol.st_name, *slot); through != *slot) write(slot, through);
}
}  // namespace

void* gate(std::string_view name, void* target) {
  static auto* const gates = new std::deque<Gate>;  // records are pointed to by instructions
  static auto* const codes = new std::unordered_map<const IrqlRule*, void*>;
  const IrqlRule* rule = find_irql_rule(name);
  if (rule == nullptr || rule->sub_code == 0) return target;
  const auto [it, fresh] = codes->try_emplace(rule, nullptr);
  if (fresh) {
    gates->push_back({reinterpret_cast<const void*>(&p2p_gate_entry), target, rule});
    it->second = make_gate_code(gates->back());
  }
  return it->second;
}

void bind_imports(const void* code) {
  Dl_info info, own;
  link_map* module = nullptr;
  if (dladdr1(code, &info, reinterpret_cast<void**>(&module), RTLD_DL_LINKMAP) == 0 || module == nullptr) return;
  if (dladdr(reinterpret_cast<const void*>(&p2p_gate_entry), &own) != 0 && own.dli_fbase == info.dli_fbase) return;
  const Dynamic dynamic = dynamic_of(*module);
  if (dynamic.symbols == nullptr || dynamic.names == nullptr) return;
  for (unsigned table : {0u, 1u}) {
    const std::size_t count = dynamic.bytes[table] / sizeof(ElfW(Rela));
    for (std::size_t i = 0; i < count; ++i) bind(*module, dynamic, dynamic.tables[table][i]);
  }
}

}  // namespace p2p::verifier
