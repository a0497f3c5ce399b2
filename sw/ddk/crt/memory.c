// Memory functions in the driver's convention; the compiler calls these by name for copies and fills.
#include <stddef.h>

void* memcpy(void* restrict to, const void* restrict from, size_t bytes) {
  void* target = to;
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(from), "+c"(bytes) : : "memory");
  return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
  if ((size_t)((const char*)to - (const char*)from) >= bytes) return memcpy(to, from, bytes);
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
