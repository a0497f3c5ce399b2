// Microsoft's string.h has safe copies, too.
#include_next <string.h>
#if defined(P2P_DDK_DRIVER) && !defined(P2P_DDK_STRING_H)
#define P2P_DDK_STRING_H
#define _TRUNCATE ((size_t)-1)
typedef int errno_t;
#ifdef __cplusplus
extern "C" {
#endif
errno_t strncpy_s(char* to, size_t room, const char* from, size_t count);
errno_t wcsncpy_s(wchar_t* to, size_t room, const wchar_t* from, size_t count);
#ifdef __cplusplus
}
extern "C++" {
template <size_t room>
inline errno_t strncpy_s(char (&to)[room], const char* from, size_t count) {
  return strncpy_s(to, room, from, count);
}
template <size_t room>
inline errno_t wcsncpy_s(wchar_t (&to)[room], const wchar_t* from, size_t count) {
  return wcsncpy_s(to, room, from, count);
}
}
#endif
#endif
