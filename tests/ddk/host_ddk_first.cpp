// DDK headers before the C++ library: the unusual order works too.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include <limits>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "tests/ddk/layouts.h"
#ifdef _WIN32
#error "the headers leave _WIN32 defined in a host unit"
#endif
