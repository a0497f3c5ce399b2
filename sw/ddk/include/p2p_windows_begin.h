// What tells Windows headers that this is Windows x64. Host units define it only while such a header is being read (the
// generated wrappers see to that), so that the C++ library, GoogleTest and SystemC keep knowing that this is Linux.
// Driver units have it defined throughout, as every Windows compiler does.
#define _WIN32 1
#define _WIN64 1
#define WIN32 1
#define _AMD64_ 1
#define _M_AMD64 100
#define _M_X64 100
