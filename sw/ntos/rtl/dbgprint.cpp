// DbgPrint: formats in the driver's calling convention and tells the event log.
#include "sw/ntos/ddk.h"

#include <cstdarg>
#include <cstdio>
#include <string>

#include "sw/ntos/ke/machine.h"

#ifdef P2P_ABI_MS
#define P2P_VA_LIST __builtin_ms_va_list
#define P2P_VA_START(list, last) __builtin_ms_va_start(list, last)
#define P2P_VA_END(list) __builtin_ms_va_end(list)
#else
#define P2P_VA_LIST va_list
#define P2P_VA_START(list, last) va_start(list, last)
#define P2P_VA_END(list) va_end(list)
#endif

namespace {
void append_wide(std::string& out, const WCHAR* text, std::size_t count) {
  for (std::size_t i = 0; i < count && text[i] != 0; ++i) out += text[i] < 128 ? static_cast<char>(text[i]) : '?';
}

/// The conversions kernel code uses: d i u x X p c s S wZ Z ws l ll I64 with flags, width and precision. Pointers print
/// as "ptr": an address would differ from run to run.
std::string format(const char* text, P2P_VA_LIST& arguments) {
  std::string out;
  for (const char* at = text; *at != 0; ++at) {
    if (*at != '%') {
      out += *at;
      continue;
    }
    std::string spec = "%";
    ++at;
    while (*at != 0 && std::string("-+ #0123456789.").find(*at) != std::string::npos) spec += *at++;
    bool wide_integer = false, wide_text = false;
    if (at[0] == 'I' && at[1] == '6' && at[2] == '4') {
      wide_integer = true;
      at += 3;
    } else {
      while (*at == 'l' || *at == 'h' || *at == 'w') {
        wide_integer = wide_integer || (at[0] == 'l' && at[1] == 'l');
        wide_text = wide_text || *at == 'w' || *at == 'l';
        ++at;
      }
    }
    char piece[128];
    switch (*at) {
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o': {
        const unsigned long long value =
            wide_integer ? __builtin_va_arg(arguments, unsigned long long) : __builtin_va_arg(arguments, unsigned int);
        const bool is_signed = *at == 'd' || *at == 'i';
        spec += "ll";
        spec += *at;
        std::snprintf(piece, sizeof piece, spec.c_str(),
                      is_signed && !wide_integer ? static_cast<unsigned long long>(static_cast<int>(value)) : value);
        out += piece;
        break;
      }
      case 'p':
        (void)__builtin_va_arg(arguments, void*);
        out += "ptr";
        break;
      case 'c':
        out += static_cast<char>(__builtin_va_arg(arguments, int));
        break;
      case 'S':
        wide_text = !wide_text;
        [[fallthrough]];
      case 's':
        if (wide_text) {
          const auto* string = __builtin_va_arg(arguments, const WCHAR*);
          if (string != nullptr) append_wide(out, string, 4096);
        } else {
          const auto* string = __builtin_va_arg(arguments, const char*);
          out += string != nullptr ? string : "(null)";
        }
        break;
      case 'Z': {
        const auto* string = __builtin_va_arg(arguments, PCUNICODE_STRING);
        if (string != nullptr) append_wide(out, string->Buffer, string->Length / sizeof(WCHAR));
        break;
      }
      case '%':
        out += '%';
        break;
      default:
        return out + spec;  // an unknown conversion: the arguments after it cannot be found
    }
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  return out;
}
}  // namespace

extern "C" {

ULONG __cdecl DbgPrint(PCSTR Format, ...) {
  P2P_VA_LIST arguments;
  P2P_VA_START(arguments, Format);
  const std::string text = format(Format, arguments);
  P2P_VA_END(arguments);
  p2p::ke::trace("dbgprint", {{"text", text}});
  return STATUS_SUCCESS;
}

ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...) {
  UNREFERENCED_PARAMETER(ComponentId);
  UNREFERENCED_PARAMETER(Level);
  P2P_VA_LIST arguments;
  P2P_VA_START(arguments, Format);
  const std::string text = format(Format, arguments);
  P2P_VA_END(arguments);
  p2p::ke::trace("dbgprint", {{"text", text}});
  return STATUS_SUCCESS;
}

}  // extern "C"
