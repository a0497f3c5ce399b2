// The C++ half of seh_driver.c.
#include "seh_cases.h"

extern "C" void run_cpp() { cpp_run(); }
