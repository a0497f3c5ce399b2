// The printf family of kernel drivers: _vsnprintf, _snprintf, _vsnwprintf, _snwprintf (under ntstrsafe.h's functions).
#include <stdarg.h>
#include <stddef.h>

enum Length { kInt, kChar, kShort, kLong, kLongLong };

struct Spec {
  int left, zero, plus, space, alternate, upper;
  int width;
  int precision;  // -1: none given
  enum Length length;
};

struct Number {
  unsigned long long magnitude;
  unsigned base;
  int sign;  // the sign's character, 0 for none
};

// ANSI_STRING and UNICODE_STRING alike.
struct CountedString {
  unsigned short bytes, room;
  const void* buffer;
};

static unsigned text_unit(const void* text, int wide, size_t index) {
  if (wide) return (unsigned short)((const wchar_t*)text)[index];
  return ((const unsigned char*)text)[index];
}

static long long signed_argument(long long value, enum Length length) {
  if (length == kChar) return (signed char)value;
  if (length == kShort) return (short)value;
  return value;
}

static unsigned long long unsigned_argument(unsigned long long value, enum Length length) {
  if (length == kChar) return (unsigned char)value;
  if (length == kShort) return (unsigned short)value;
  return value;
}

#define P2P_CHAR char
#define P2P_UCHAR unsigned char
#define P2P_WIDE 0
#define P2P_NAME(x) narrow_##x
#define P2P_PRINT _vsnprintf
int _vsnprintf(char* text, size_t room, const char* format, va_list arguments);
#include "formatter.inc"
#undef P2P_CHAR
#undef P2P_UCHAR
#undef P2P_WIDE
#undef P2P_NAME
#undef P2P_PRINT

#define P2P_CHAR wchar_t
#define P2P_UCHAR unsigned short
#define P2P_WIDE 1
#define P2P_NAME(x) wide_##x
#define P2P_PRINT _vsnwprintf
int _vsnwprintf(wchar_t* text, size_t room, const wchar_t* format, va_list arguments);
#include "formatter.inc"

int _snprintf(char* text, size_t room, const char* format, ...);
int _snprintf(char* text, size_t room, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = _vsnprintf(text, room, format, arguments);
  va_end(arguments);
  return length;
}

int _snwprintf(wchar_t* text, size_t room, const wchar_t* format, ...);
int _snwprintf(wchar_t* text, size_t room, const wchar_t* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = _vsnwprintf(text, room, format, arguments);
  va_end(arguments);
  return length;
}
