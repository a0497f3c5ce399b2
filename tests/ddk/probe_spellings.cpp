// What Microsoft's C++ compiler takes of a driver and GCC does not, by pin2pin-cc: pastes of strings, __FUNCTION__ as a
// string, members of dependent bases, overloads of LONG and ULONG, array new, GUIDs; and the safe copies that know
// their target's size.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>
#include "probe.h"

#define TAGGED(text, ...) Tagged("<"##text##">", __VA_ARGS__)
#define HERE(text, ...) TAGGED("in " __FUNCTION__##text, __VA_ARGS__)

DEFINE_GUIDSTRUCT("01234567-89AB-cdef-FEDC-BA9876543210", PROBE_SET);
#define PROBE_SET DEFINE_GUIDNAMED(PROBE_SET)

static PCSTR Tagged(PCSTR text) { return text; }
static ULONG Tagged(PCSTR text, ULONG value) { return text[0] == '<' ? value : 0; }

namespace probe {
class Named {
 public:
  explicit Named(ULONG value) : value_(value), copy_(value) {}
  PCSTR Method() const { return HERE("()"); }
  ULONG value_, copy_;
};
}  // namespace probe

struct HasSet {
  ULONG Set;
  ULONG Value;
};
template <class T, class Base>
class Filled : public Base {
 public:
  explicit Filled(T value) {
    Set = TRUE;
    Value = value;
  }
};

static ULONG Random(ULONG low, ULONG high) { return high - low; }
static LONG Random(LONG low, LONG high) { return low - high; }

struct Number {
  Number(ULONGLONG value = 0) : value_(value) {}
  operator LONG() { return -1; }
  operator ULONGLONG() { return value_; }
  ULONGLONG value_;
};

static UCHAR g_Room[64];
static ULONG g_SingleNews;
void* operator new(size_t bytes, POOL_TYPE) {
  ++g_SingleNews;
  return bytes <= sizeof g_Room ? g_Room : NULL;
}
void* operator new[](size_t, POOL_TYPE, ULONG);

struct Large {
  explicit Large(ULONG value) : value_(value) {}
  ULONG value_;
  UCHAR rest_[sizeof g_Room];
};

extern "C" void ProbeSpellings(void) {
  EXPECT(strcmp(TAGGED("a"), "<a>") == 0);
  EXPECT(TAGGED("a", 7) == 7);
  EXPECT(strcmp(HERE(" b"), "<in ProbeSpellings b>") == 0);
  EXPECT(strcmp(probe::Named(1).Method(), "<in Method()>") == 0);

  const Filled<ULONG, HasSet> filled(5);
  EXPECT(filled.Set == TRUE && filled.Value == 5);

  const ULONG low = 1;
  EXPECT(Random(low, 100) == 99 && Random(0, low) == 1);  // ULONG's, as on Windows; LONG's says the negative
  Number eleven(11);
  const ULONGLONG chosen = low != 0 ? eleven : 0, none = low == 0 ? eleven : 0;
  EXPECT(chosen == 11 && none == 0);
  ULONG* array = new (NonPagedPool) ULONG[4];
  EXPECT((PVOID)array == g_Room && g_SingleNews == 1);
  const Large* volatile refused = new (NonPagedPool) Large(3);  // operator new returns NULL: no constructor runs
  EXPECT(refused == NULL);

  EXPECT(PROBE_SET.Data1 == 0x01234567 && PROBE_SET.Data2 == 0x89AB && PROBE_SET.Data3 == 0xCDEF);
  EXPECT(PROBE_SET.Data4[0] == 0xFE && PROBE_SET.Data4[1] == 0xDC && PROBE_SET.Data4[7] == 0x10);

  char text[4] = "old";
  EXPECT(strncpy_s(text, "abc", 2) == 0 && strcmp(text, "ab") == 0);
  WCHAR wide[3];
  EXPECT(wcsncpy_s(wide, L"xy", 5) == 0 && wide[1] == L'y' && wide[2] == 0);
}
