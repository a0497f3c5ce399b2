// Driver units, C. Also read by the cross compiler.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>
#include <acpitabl.h>

#include "layouts.h"
#include "camera_layouts.h"
