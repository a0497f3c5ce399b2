// gallery: 0xC4 0xD1
// An ERESOURCE is deleted when the device stops and again when the driver is unloaded.
#include "skeleton.h"

static ERESOURCE Resource;

static VOID Entry(PDRIVER_OBJECT) { ExInitializeResourceLite(&Resource); }

static VOID Stop(PDEVICE) {
#ifndef FIXED
  ExDeleteResourceLite(&Resource);
#endif
}

static VOID Unload(PDRIVER_OBJECT) { ExDeleteResourceLite(&Resource); }

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload, .Stop = Stop};
