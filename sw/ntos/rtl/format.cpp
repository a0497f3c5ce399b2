#include "sw/ntos/rtl/format.h"

#include <cstdio>
#include <cstring>

namespace p2p::rtl {

namespace {
struct Spec {
  std::string flags;
  int width = -1, precision = -1;
  bool long_long = false, wide = false, narrow = false;
  char conversion = 0;
};

void append_wide(std::string& out, const WCHAR* text, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out += text[i] < 128 ? static_cast<char>(text[i]) : '?';
}
std::size_t bounded_length(const WCHAR* text, std::size_t limit) {
  std::size_t count = 0;
  while (count < limit && text[count] != 0) ++count;
  return count;
}

void pad(std::string& out, const Spec& spec, std::string text) {
  if (spec.width > 0 && text.size() < static_cast<std::size_t>(spec.width)) {
    const std::size_t missing = static_cast<std::size_t>(spec.width) - text.size();
    const bool left = spec.flags.find('-') != std::string::npos;
    text.insert(left ? text.size() : 0, missing, ' ');
  }
  out += text;
}

int number(const char*& at, P2P_VA_LIST& arguments) {
  if (*at == '*') {
    ++at;
    return __builtin_va_arg(arguments, int);
  }
  int value = 0;
  while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
  return value;
}

/// From after '%'; leaves `at` on the conversion's letter.
Spec parse(const char*& at, P2P_VA_LIST& arguments) {
  Spec spec;
  while (*at != 0 && std::strchr("-+ #0", *at) != nullptr) spec.flags += *at++;
  if (*at == '*' || (*at >= '1' && *at <= '9')) spec.width = number(at, arguments);
  if (spec.width < -1) {
    spec.flags += '-';
    spec.width = -spec.width;
  }
  if (*at == '.') {
    ++at;
    spec.precision = number(at, arguments);
  }
  for (;; ++at) {
    if (std::strncmp(at, "I64", 3) == 0 || std::strncmp(at, "I32", 3) == 0) {
      spec.long_long = at[1] == '6';
      at += 2;
    } else if (*at == 'l') {
      spec.long_long = spec.long_long || at[1] == 'l';
      spec.wide = true;
    } else if (*at == 'w') {
      spec.wide = true;
    } else if (*at == 'h') {
      spec.narrow = true;
    } else if (*at == 'z' || *at == 't' || *at == 'j' || (*at == 'I' && std::strchr("diouxX", at[1]) != nullptr)) {
      spec.long_long = true;
    } else {
      break;
    }
  }
  spec.conversion = *at;
  return spec;
}

void append_integer(std::string& out, const Spec& spec, P2P_VA_LIST& arguments) {
  const bool is_signed = spec.conversion == 'd' || spec.conversion == 'i';
  unsigned long long value = 0;
  if (spec.long_long) {
    value = __builtin_va_arg(arguments, unsigned long long);
  } else if (is_signed) {
    value = static_cast<unsigned long long>(static_cast<long long>(__builtin_va_arg(arguments, int)));
  } else {
    value = __builtin_va_arg(arguments, unsigned int);
  }
  std::string host(1, '%');
  host.append(spec.flags);
  if (spec.width >= 0) host.append(std::to_string(spec.width));
  if (spec.precision >= 0) host.append(1, '.').append(std::to_string(spec.precision));
  host.append("ll").append(1, spec.conversion);
  char piece[256];
  std::snprintf(piece, sizeof piece, host.c_str(), value);
  out += piece;
}

void append_string(std::string& out, const Spec& spec, P2P_VA_LIST& arguments) {
  const bool wide = spec.conversion == 's' ? spec.wide : !spec.narrow && !spec.wide;
  const std::size_t limit = spec.precision >= 0 ? static_cast<std::size_t>(spec.precision) : 4096;
  std::string text;
  if (const void* pointer = __builtin_va_arg(arguments, const void*); pointer == nullptr) {
    text = "(null)";
  } else if (wide) {
    const auto* characters = static_cast<const WCHAR*>(pointer);
    append_wide(text, characters, bounded_length(characters, limit));
  } else {
    text.assign(static_cast<const char*>(pointer), strnlen(static_cast<const char*>(pointer), limit));
  }
  pad(out, spec, std::move(text));
}

void append_counted_string(std::string& out, const Spec& spec, P2P_VA_LIST& arguments) {
  std::string text;
  const void* pointer = __builtin_va_arg(arguments, const void*);
  if (pointer == nullptr) {
    text = "(null)";
  } else if (spec.wide) {
    const auto* string = static_cast<const UNICODE_STRING*>(pointer);
    append_wide(text, string->Buffer, string->Length / sizeof(WCHAR));
  } else {
    const auto* string = static_cast<const ANSI_STRING*>(pointer);
    text.assign(string->Buffer, string->Length);
  }
  pad(out, spec, std::move(text));
}

/// False for an unknown conversion.
bool append(std::string& out, const Spec& spec, P2P_VA_LIST& arguments) {
  switch (spec.conversion) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      append_integer(out, spec, arguments);
      return true;
    case 'p':
      static_cast<void>(__builtin_va_arg(arguments, void*));
      pad(out, spec, "ptr");
      return true;
    case 'c':
    case 'C': {
      const int character = __builtin_va_arg(arguments, int);
      pad(out, spec, std::string(1, character < 128 ? static_cast<char>(character) : '?'));
      return true;
    }
    case 's':
    case 'S':
      append_string(out, spec, arguments);
      return true;
    case 'Z':
      append_counted_string(out, spec, arguments);
      return true;
    case '%':
      out += '%';
      return true;
    default:
      return false;
  }
}
}  // namespace

std::string format(const char* text, P2P_VA_LIST& arguments) {
  std::string out;
  for (const char* at = text; *at != 0; ++at) {
    if (*at != '%') {
      out += *at;
      continue;
    }
    const char* from = at++;
    const Spec spec = parse(at, arguments);
    if (!append(out, spec, arguments)) return out + from;
  }
  return out;
}

}  // namespace p2p::rtl
