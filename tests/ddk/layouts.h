// Sizes and offsets of Windows x64, as static assertions: they hold for host units, driver units, C and C++, and for the
// cross compiler alike. Include after ntddk.h, ks.h and ksmedia.h.
#pragma once

#ifdef __cplusplus
#define P2P_SAME(a, b) static_assert((a) == (b), #a " is not " #b)
#else
#define P2P_SAME(a, b) _Static_assert((a) == (b), #a " is not " #b)
#endif

P2P_SAME(sizeof(LONG), 4);
P2P_SAME(sizeof(ULONG_PTR), 8);
P2P_SAME(sizeof(WCHAR), 2);
P2P_SAME(sizeof(IRP), 208);
P2P_SAME(FIELD_OFFSET(IRP, IoStatus), 48);
P2P_SAME(FIELD_OFFSET(IRP, CancelRoutine), 104);
P2P_SAME(sizeof(IO_STACK_LOCATION), 72);
P2P_SAME(FIELD_OFFSET(IO_STACK_LOCATION, DeviceObject), 40);
P2P_SAME(FIELD_OFFSET(IO_STACK_LOCATION, CompletionRoutine), 56);
P2P_SAME(sizeof(DRIVER_OBJECT), 336);
P2P_SAME(sizeof(DEVICE_OBJECT), 336);
P2P_SAME(FIELD_OFFSET(DEVICE_OBJECT, DeviceExtension), 64);
P2P_SAME(sizeof(FILE_OBJECT), 216);
P2P_SAME(sizeof(KDPC), 64);
P2P_SAME(sizeof(KEVENT), 24);
P2P_SAME(sizeof(KTIMER), 64);
P2P_SAME(sizeof(MDL), 48);
P2P_SAME(sizeof(KSSTREAM_HEADER), 56);
P2P_SAME(sizeof(KSPIN), 136);
P2P_SAME(sizeof(KSSTREAM_POINTER), 64);
P2P_SAME(sizeof(KSPIN_DESCRIPTOR_EX), 136);
P2P_SAME(sizeof(KSDEVICE), 64);
P2P_SAME(sizeof(KSFILTER_DESCRIPTOR), 104);
P2P_SAME(sizeof(KSMAPPING), 16);
