// The COM task allocator: what ksproxy hands property lists out in.
#include <cstdlib>

#include "sw/proxy/windows_headers.h"

extern "C" {
LPVOID WINAPI CoTaskMemAlloc(SIZE_T bytes) { return std::malloc(bytes); }
void WINAPI CoTaskMemFree(LPVOID block) { std::free(block); }
}
