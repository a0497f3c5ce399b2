// Sizes and offsets of Windows x64, as static assertions: they hold for host units, driver units, C and C++, and for
// the cross compiler alike. Include after ntddk.h, ks.h and ksmedia.h.
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
// mingw-w64 forgets the 16-byte alignment; the overlay corrects it.
#ifndef P2P_CROSS
P2P_SAME(sizeof(DEVICE_OBJECT), 336);
#endif
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
P2P_SAME(sizeof(void*), 8);
P2P_SAME(sizeof(SIZE_T), 8);
P2P_SAME(sizeof(LARGE_INTEGER), 8);
P2P_SAME(sizeof(GUID), 16);
P2P_SAME(sizeof(UNICODE_STRING), 16);
P2P_SAME(sizeof(LIST_ENTRY), 16);
P2P_SAME(sizeof(IO_STATUS_BLOCK), 16);
P2P_SAME(FIELD_OFFSET(IRP, CurrentLocation), 67);
P2P_SAME(FIELD_OFFSET(IRP, Cancel), 68);
P2P_SAME(FIELD_OFFSET(IRP, UserBuffer), 112);
P2P_SAME(FIELD_OFFSET(IRP, Tail), 120);
P2P_SAME(FIELD_OFFSET(IO_STACK_LOCATION, Parameters), 8);
P2P_SAME(FIELD_OFFSET(IO_STACK_LOCATION, FileObject), 48);
P2P_SAME(FIELD_OFFSET(IO_STACK_LOCATION, Context), 64);
P2P_SAME(FIELD_OFFSET(DRIVER_OBJECT, DriverUnload), 104);
P2P_SAME(FIELD_OFFSET(DRIVER_OBJECT, MajorFunction), 112);
P2P_SAME(FIELD_OFFSET(FILE_OBJECT, FsContext), 24);
P2P_SAME(FIELD_OFFSET(FILE_OBJECT, FileName), 88);
P2P_SAME(FIELD_OFFSET(DEVICE_OBJECT, StackSize), 76);
P2P_SAME(FIELD_OFFSET(MDL, MappedSystemVa), 24);
P2P_SAME(FIELD_OFFSET(MDL, ByteCount), 40);
P2P_SAME(sizeof(KMUTEX), 56);
P2P_SAME(sizeof(KSEMAPHORE), 32);
P2P_SAME(sizeof(FAST_MUTEX), 56);
P2P_SAME(sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), 20);
P2P_SAME(sizeof(CM_RESOURCE_LIST), 40);
P2P_SAME(sizeof(DMA_ADAPTER), 16);
P2P_SAME(sizeof(SCATTER_GATHER_ELEMENT), 24);
P2P_SAME(FIELD_OFFSET(KSSTREAM_HEADER, Data), 40);
P2P_SAME(FIELD_OFFSET(KSSTREAM_POINTER, OffsetOut), 48);
P2P_SAME(sizeof(KSSTREAM_POINTER_OFFSET), 16);
P2P_SAME(sizeof(KSFILTER), 24);
P2P_SAME(sizeof(KSPIN_CONNECT), 72);
P2P_SAME(sizeof(KSDATAFORMAT), 64);
P2P_SAME(sizeof(KS_VIDEOINFOHEADER), 88);
P2P_SAME(sizeof(KS_BITMAPINFOHEADER), 40);
P2P_SAME(sizeof(KSDEVICE_DISPATCH), 112);
P2P_SAME(sizeof(KSPIN_DISPATCH), 80);
P2P_SAME(sizeof(KSFILTER_DISPATCH), 32);
P2P_SAME(sizeof(KSPROPERTY_ITEM), 72);
