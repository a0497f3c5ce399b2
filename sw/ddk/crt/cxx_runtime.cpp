// What g++ calls behind the source's back in C++ driver code.
#include <wdm.h>

extern "C" [[noreturn]] void __cxa_pure_virtual() {
  KeBugCheckEx(0x1E /* KMODE_EXCEPTION_NOT_HANDLED */, static_cast<ULONG_PTR>(STATUS_NOT_IMPLEMENTED), 0, 0, 0);
  __builtin_unreachable();
}
