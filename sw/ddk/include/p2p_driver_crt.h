// The C runtime a driver may use (p2p_ddk_crt), as Windows' string.h, wchar.h and stdio.h would declare it.
#ifndef P2P_DRIVER_CRT_H
#define P2P_DRIVER_CRT_H
#include <stdarg.h>
#include <string.h>
#include <wchar.h>
#ifdef __cplusplus
extern "C" {
#endif
int _vsnprintf(char* text, size_t room, const char* format, va_list arguments);
int _snprintf(char* text, size_t room, const char* format, ...);
int _vsnwprintf(wchar_t* text, size_t room, const wchar_t* format, va_list arguments);
int _snwprintf(wchar_t* text, size_t room, const wchar_t* format, ...);
#ifdef __cplusplus
}
#endif
#endif
