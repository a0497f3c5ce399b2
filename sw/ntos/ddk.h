// The DDK headers as every unit of ntos includes them.
#pragma once

#include <ntifs.h>

// ntifs.h defines these as macros in the middle of C++.
#undef min
#undef max
