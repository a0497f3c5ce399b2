// Tests that provoke a wild access: the host's sanitizer has the last word on what it sees as one.
#pragma once

#include <gtest/gtest.h>

#ifdef __SANITIZE_ADDRESS__
#define P2P_SKIP_FAULTS GTEST_SKIP() << "address sanitizer takes the fault"
#else
#define P2P_SKIP_FAULTS static_cast<void>(0)
#endif
