// The GUIDs of ks.h and ksmedia.h: what ksguid.lib is on Windows. Data only, so one library serves every convention.
#include <guiddef.h>

#define P2P_GUID(name, ...) \
  extern const GUID name;   \
  __attribute__((weak)) const GUID name = {__VA_ARGS__};
#include <ksguid_list.h>
