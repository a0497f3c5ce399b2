// Driver units, C. Also read by the cross compiler.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "layouts.h"
