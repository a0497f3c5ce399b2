// Driver units, C.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "layouts.h"
