// Memory functions in the driver's convention; the compiler calls these by name for copies and fills.
#include <stddef.h>

// Exports of the kernel, as wdm.h declares them.
unsigned MmIsDriverVerifyingByAddress(void* address);
void KeBugCheckEx(unsigned code, size_t p1, size_t p2, size_t p3, size_t p4);

static void copy_forward(void* to, const void* from, size_t bytes) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

// Overlapping areas are what memmove is for; Driver Verifier says so with bug check 0xC4/0xF0.
void* memcpy(void* restrict to, const void* restrict from, size_t bytes) {
  const size_t ahead = (size_t)((const char*)to - (const char*)from);
  if (ahead != 0 && (ahead < bytes || -ahead < bytes) && MmIsDriverVerifyingByAddress(__builtin_return_address(0))) {
    KeBugCheckEx(0xC4, 0xF0, (size_t)to, (size_t)from, bytes);
  }
  copy_forward(to, from, bytes);
  return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
  if ((size_t)((const char*)to - (const char*)from) >= bytes) {
    copy_forward(to, from, bytes);
    return to;
  }
  const char* source = (const char*)from + bytes;
  for (char* target = (char*)to + bytes; target != (char*)to;) *--target = *--source;
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  void* target = to;
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(bytes) : "a"(value) : "memory");
  return to;
}

int memcmp(const void* left, const void* right, size_t bytes) {
  const unsigned char* a = (const unsigned char*)left;
  const unsigned char* b = (const unsigned char*)right;
  for (; bytes != 0; --bytes, ++a, ++b) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

void* memchr(const void* where, int value, size_t bytes) {
  const unsigned char* at = (const unsigned char*)where;
  for (; bytes != 0; --bytes, ++at) {
    if (*at == (unsigned char)value) return (void*)at;
  }
  return NULL;
}
