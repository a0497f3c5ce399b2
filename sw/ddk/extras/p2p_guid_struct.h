// DEFINE_GUIDSTRUCT of a driver's own sources: with Microsoft's C++ compiler the GUID is the structure's uuid and needs
// no definition, so here the declaration defines it. The headers' own GUIDs are in ksguid.
#ifndef P2P_GUID_STRUCT_H
#define P2P_GUID_STRUCT_H
#if defined(P2P_DDK_DRIVER) && defined(__cplusplus)

extern "C++" {
constexpr unsigned p2p_hex_digit(char c) { return c <= '9' ? unsigned(c - '0') : unsigned((c | 0x20) - 'a' + 10); }
constexpr unsigned p2p_hex(const char* text, int digits) {
  unsigned value = 0;
  for (int i = 0; i < digits; ++i) value = value << 4 | p2p_hex_digit(text[i]);
  return value;
}
constexpr unsigned char p2p_hex_byte(const char* text) { return static_cast<unsigned char>(p2p_hex(text, 2)); }
// "00000000-0000-0000-0000-000000000000"
constexpr GUID p2p_guid(const char (&t)[37]) {
  return {p2p_hex(t, 8),
          static_cast<unsigned short>(p2p_hex(t + 9, 4)),
          static_cast<unsigned short>(p2p_hex(t + 14, 4)),
          {p2p_hex_byte(t + 19), p2p_hex_byte(t + 21), p2p_hex_byte(t + 24), p2p_hex_byte(t + 26), p2p_hex_byte(t + 28),
           p2p_hex_byte(t + 30), p2p_hex_byte(t + 32), p2p_hex_byte(t + 34)}};
}
}

#undef DEFINE_GUIDSTRUCT
#define DEFINE_GUIDSTRUCT(g, n)              \
  extern "C" {                               \
  extern __attribute__((weak)) const GUID n; \
  const GUID n = p2p_guid(g);                \
  }                                          \
  static_assert(true, "so that a semicolon follows")

#endif
#endif
