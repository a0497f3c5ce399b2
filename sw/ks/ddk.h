// The DDK headers as every unit of ks includes them.
#pragma once

#include <ntifs.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#undef min
#undef max
