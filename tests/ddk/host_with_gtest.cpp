// GoogleTest beside DDK headers, in either order, still sees Linux.
#include <ntifs.h>
#include <ks.h>

#include <gtest/gtest.h>
#if !defined(GTEST_OS_LINUX) || defined(GTEST_OS_WINDOWS)
#error "GoogleTest believes this is Windows"
#endif

#include <ksmedia.h>
