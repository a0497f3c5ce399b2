// User-mode units: the headers of ksproxy, in the order they need.
#include <string>
#include <vector>

#include <windows.h>
#include <ole2.h>
#include <strmif.h>
#define TIMECODE_DEFINED
#include <ks.h>
#include <ksmedia.h>
#include <ksproxy.h>

#include <functional>
#include <memory>

static_assert(sizeof(LONG) == 4);
static_assert(sizeof(WCHAR) == 2);
static_assert(sizeof(KSSTREAM_HEADER) == 56);
static_assert(sizeof(KSPIN_CONNECT) == 72);
static_assert(sizeof(KSDATAFORMAT) == 64);
static_assert(sizeof(KS_VIDEOINFOHEADER) == 88);
static_assert(sizeof(OVERLAPPED) == 32);
static_assert(sizeof(AM_MEDIA_TYPE) == 88);
#ifdef _WIN32
#error "the headers leave _WIN32 defined in a host unit"
#endif

// Interfaces are implementable, with every method in the native convention.
struct Probe : IKsInterfaceHandler {};
static_assert(std::is_abstract_v<Probe>);
