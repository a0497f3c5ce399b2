// The reference driver with mistakes to choose from: its service's registry key says which and when.
//   Mistake  REG_SZ     its name in mistakes.cpp
//   Frame    REG_DWORD  how many frames have come back before it is made
#pragma once

#include "registers.h"

VOID ChooseMistake(PUNICODE_STRING RegistryPath);
// Whether that mistake is to be made now.
BOOLEAN Mistaken(PCWSTR Name);
VOID CountFrame();
// The mistakes of a DPC at DISPATCH_LEVEL.
VOID MakeMistakeInDpc();
