// The boring parts of a PCI function driver, right in every respect: AddDevice, PnP, power, interrupt, a cancel-safe
// queue, a device interface. A driver of the gallery includes this and sets the hooks where it does something of its
// own. What is not hooked: control requests and writes succeed, reads wait for an interrupt, IOCTL_GALLERY_WAIT waits
// until it is cancelled. DDK headers only.
#pragma once

#include <ntddk.h>

#include "interface.h"

#define GALLERY_TAG 'lraG'

struct DEVICE {
  PDEVICE_OBJECT Self, Lower, Pdo;
  PUCHAR Registers;
  ULONG RegisterBytes;
  PHYSICAL_ADDRESS RegisterBase;
  PKINTERRUPT Interrupt;
  KDPC Dpc;
  PDMA_ADAPTER Adapter;  // if Hooks.Dma
  ULONG MapRegisters;
  IO_CSQ Queue;
  LIST_ENTRY Irps;
  KSPIN_LOCK QueueLock;
  KSPIN_LOCK Lock;  // for what a driver adds
  UNICODE_STRING Link;
  BOOLEAN Released;
  PVOID Context;  // Hooks.ContextBytes of zeroes
};
typedef DEVICE* PDEVICE;

typedef NTSTATUS REQUEST(PDEVICE Device, PIRP Irp);

struct HOOKS {
  ULONG ContextBytes;
  BOOLEAN Dma;
  BOOLEAN Filter;                         // an upper filter: passes down what it has no hook for
  VOID (*Entry)(PDRIVER_OBJECT Driver);   // at the end of DriverEntry
  VOID (*Unload)(PDRIVER_OBJECT Driver);  // in DriverUnload
  NTSTATUS (*Added)(PDEVICE Device);      // at the end of AddDevice
  NTSTATUS (*Start)(PDEVICE Device);      // the device works; its interface is not enabled yet
  VOID (*Stop)(PDEVICE Device);           // the same, the other way
  REQUEST *Control, *Direct, *Wait;       // IOCTL_GALLERY_BUFFERED, _OUT_DIRECT, _WAIT
  REQUEST *Create, *Cleanup, *Read, *Write;
  REQUEST* Pnp;  // anything but START, REMOVE, SURPRISE_REMOVAL
  REQUEST *Remove, *SurpriseRemoval;
  REQUEST* Power;
  BOOLEAN (*Isr)(PDEVICE Device);  // the device interrupts
  VOID (*Dpc)(PDEVICE Device);     // asked for by the default Isr
};
extern const HOOKS Hooks;

static inline PDEVICE DeviceOf(PDEVICE_OBJECT DeviceObject) {
  return static_cast<PDEVICE>(DeviceObject->DeviceExtension);
}

// -- requests ---------------------------------------------------------------------------------------------------------

static inline NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information = 0) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

static inline NTSTATUS PassDown(PDEVICE Device, PIRP Irp) {
  IoSkipCurrentIrpStackLocation(Irp);
  return IoCallDriver(Device->Lower, Irp);
}

/// Leaves the IRP to the queue: reads until the next interrupt, others until they are cancelled.
static inline NTSTATUS Enqueue(PDEVICE Device, PIRP Irp) {
  IoCsqInsertIrp(&Device->Queue, Irp, NULL);
  return STATUS_PENDING;
}

static inline BOOLEAN IsRead(PIRP Irp) { return IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_READ; }

/// Completes every queued read; what the DPC does.
static inline VOID FinishReads(PDEVICE Device) {
  UCHAR major = IRP_MJ_READ;
  for (PIRP irp; (irp = IoCsqRemoveNextIrp(&Device->Queue, &major)) != NULL;) {
    Complete(irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
  }
}

static inline VOID CancelAll(PDEVICE Device) {
  for (PIRP irp; (irp = IoCsqRemoveNextIrp(&Device->Queue, NULL)) != NULL;) Complete(irp, STATUS_CANCELLED);
}

static inline VOID QueueInsert(PIO_CSQ Csq, PIRP Irp) {
  InsertTailList(&CONTAINING_RECORD(Csq, DEVICE, Queue)->Irps, &Irp->Tail.Overlay.ListEntry);
}
static inline VOID QueueRemove(PIO_CSQ, PIRP Irp) { RemoveEntryList(&Irp->Tail.Overlay.ListEntry); }
static inline PIRP QueuePeek(PIO_CSQ Csq, PIRP Irp, PVOID Major) {
  const PLIST_ENTRY head = &CONTAINING_RECORD(Csq, DEVICE, Queue)->Irps;
  for (PLIST_ENTRY at = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink; at != head; at = at->Flink) {
    PIRP irp = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);
    if (Major == NULL || IoGetCurrentIrpStackLocation(irp)->MajorFunction == *static_cast<PUCHAR>(Major)) return irp;
  }
  return NULL;
}
static inline VOID QueueAcquire(PIO_CSQ Csq, PKIRQL Irql) {
  KeAcquireSpinLock(&CONTAINING_RECORD(Csq, DEVICE, Queue)->QueueLock, Irql);
}
static inline VOID QueueRelease(PIO_CSQ Csq, KIRQL Irql) {
  KeReleaseSpinLock(&CONTAINING_RECORD(Csq, DEVICE, Queue)->QueueLock, Irql);
}
static inline VOID QueueCanceled(PIO_CSQ, PIRP Irp) { Complete(Irp, STATUS_CANCELLED); }

static inline NTSTATUS DispatchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PDEVICE device = DeviceOf(DeviceObject);
  const auto& control = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl;
  REQUEST* hook = NULL;
  if (control.IoControlCode == IOCTL_GALLERY_BUFFERED) hook = Hooks.Control;
  if (control.IoControlCode == IOCTL_GALLERY_OUT_DIRECT) hook = Hooks.Direct;
  if (control.IoControlCode == IOCTL_GALLERY_WAIT) hook = Hooks.Wait;
  if (hook != NULL) return hook(device, Irp);
  if (Hooks.Filter) return PassDown(device, Irp);
  if (control.IoControlCode == IOCTL_GALLERY_WAIT) return Enqueue(device, Irp);
  return Complete(Irp, STATUS_SUCCESS);
}

static inline NTSTATUS DispatchFile(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PDEVICE device = DeviceOf(DeviceObject);
  const UCHAR major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
  REQUEST* hook = NULL;
  if (major == IRP_MJ_CREATE) hook = Hooks.Create;
  if (major == IRP_MJ_CLEANUP) hook = Hooks.Cleanup;
  if (major == IRP_MJ_READ) hook = Hooks.Read;
  if (major == IRP_MJ_WRITE) hook = Hooks.Write;
  if (hook != NULL) return hook(device, Irp);
  if (Hooks.Filter) return PassDown(device, Irp);
  if (major == IRP_MJ_READ) return Enqueue(device, Irp);
  if (major == IRP_MJ_CLEANUP) CancelAll(device);  // a client opens the device once
  return Complete(Irp, STATUS_SUCCESS,
                  major == IRP_MJ_WRITE ? IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length : 0);
}

// -- hardware ---------------------------------------------------------------------------------------------------------

static inline BOOLEAN InterruptRoutine(PKINTERRUPT, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
  if ((READ_REGISTER_ULONG(reinterpret_cast<PULONG>(device->Registers + GALLERY_STATUS)) & 1) == 0) return FALSE;
  if (Hooks.Isr != NULL) return Hooks.Isr(device);
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&device->Dpc, NULL, NULL);
  return TRUE;
}

static inline VOID DpcRoutine(PKDPC, PVOID Context, PVOID, PVOID) {
  PDEVICE device = static_cast<PDEVICE>(Context);
  if (Hooks.Dpc != NULL) {
    Hooks.Dpc(device);
  } else {
    FinishReads(device);
  }
}

static inline NTSTATUS GetAdapter(PDEVICE Device) {
  DEVICE_DESCRIPTION description;
  RtlZeroMemory(&description, sizeof(description));
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.ScatterGather = TRUE;
  description.Dma32BitAddresses = TRUE;
  description.Dma64BitAddresses = TRUE;
  description.InterfaceType = PCIBus;
  description.MaximumLength = 1u << 16;
  Device->Adapter = IoGetDmaAdapter(Device->Pdo, &description, &Device->MapRegisters);
  return Device->Adapter != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static inline NTSTATUS AcquireHardware(PDEVICE Device, PCM_RESOURCE_LIST Translated) {
  const CM_PARTIAL_RESOURCE_LIST& list = Translated->List[0].PartialResourceList;
  for (ULONG i = 0; i < list.Count; ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& entry = list.PartialDescriptors[i];
    if (entry.Type == CmResourceTypeMemory) {
      Device->RegisterBase = entry.u.Memory.Start;
      Device->RegisterBytes = entry.u.Memory.Length;
      Device->Registers = static_cast<PUCHAR>(MmMapIoSpace(entry.u.Memory.Start, entry.u.Memory.Length, MmNonCached));
      if (Device->Registers == NULL) return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (entry.Type == CmResourceTypeInterrupt) {
      const KIRQL irql = static_cast<KIRQL>(entry.u.Interrupt.Level);
      const NTSTATUS status =
          IoConnectInterrupt(&Device->Interrupt, InterruptRoutine, Device, NULL, entry.u.Interrupt.Vector, irql, irql,
                             LevelSensitive, TRUE, entry.u.Interrupt.Affinity, FALSE);
      if (!NT_SUCCESS(status)) return status;
    }
  }
  const NTSTATUS status = Hooks.Dma ? GetAdapter(Device) : STATUS_SUCCESS;
  return NT_SUCCESS(status) && Hooks.Start != NULL ? Hooks.Start(Device) : status;
}

static inline VOID ReleaseHardware(PDEVICE Device) {
  if (Device->Released) return;
  Device->Released = TRUE;
  if (Hooks.Stop != NULL) Hooks.Stop(Device);
  if (Device->Link.Buffer != NULL) IoSetDeviceInterfaceState(&Device->Link, FALSE);
  if (Device->Interrupt != NULL) IoDisconnectInterrupt(Device->Interrupt);
  KeFlushQueuedDpcs();
  CancelAll(Device);
  if (Device->Adapter != NULL) Device->Adapter->DmaOperations->PutDmaAdapter(Device->Adapter);
  if (Device->Registers != NULL) MmUnmapIoSpace(Device->Registers, Device->RegisterBytes);
}

// -- plug and play ----------------------------------------------------------------------------------------------------

static inline NTSTATUS StartDevice(PDEVICE Device, PIRP Irp) {
  if (!IoForwardIrpSynchronously(Device->Lower, Irp)) return Complete(Irp, STATUS_UNSUCCESSFUL);
  NTSTATUS status = Irp->IoStatus.Status;
  if (NT_SUCCESS(status)) {
    status =
        AcquireHardware(Device, IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResourcesTranslated);
  }
  if (NT_SUCCESS(status)) status = IoSetDeviceInterfaceState(&Device->Link, TRUE);
  return Complete(Irp, status);
}

static inline VOID DeleteDevice(PDEVICE Device) {
  if (Device->Link.Buffer != NULL) RtlFreeUnicodeString(&Device->Link);
  IoDeleteDevice(Device->Self);
}

static inline NTSTATUS RemoveDevice(PDEVICE Device, PIRP Irp) {
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = PassDown(Device, Irp);
  IoDetachDevice(Device->Lower);
  DeleteDevice(Device);
  return status;
}

static inline NTSTATUS DispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PDEVICE device = DeviceOf(DeviceObject);
  switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return Hooks.Filter ? PassDown(device, Irp) : StartDevice(device, Irp);
    case IRP_MN_REMOVE_DEVICE:
      return Hooks.Remove != NULL ? Hooks.Remove(device, Irp) : RemoveDevice(device, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
      if (Hooks.SurpriseRemoval != NULL) return Hooks.SurpriseRemoval(device, Irp);
      ReleaseHardware(device);
      break;
    default:
      if (Hooks.Pnp != NULL) return Hooks.Pnp(device, Irp);
      break;
  }
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  if (minor <= IRP_MN_CANCEL_STOP_DEVICE || minor == IRP_MN_SURPRISE_REMOVAL) Irp->IoStatus.Status = STATUS_SUCCESS;
  return PassDown(device, Irp);
}

static inline NTSTATUS DispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PDEVICE device = DeviceOf(DeviceObject);
  if (Hooks.Power != NULL) return Hooks.Power(device, Irp);
  IoSkipCurrentIrpStackLocation(Irp);
  return PoCallDriver(device->Lower, Irp);
}

static inline NTSTATUS DispatchOther(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  return PassDown(DeviceOf(DeviceObject), Irp);
}

static inline NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo) {
  static const GUID interface_class = GALLERY_GUID;
  PDEVICE_OBJECT self = NULL;
  NTSTATUS status =
      IoCreateDevice(Driver, sizeof(DEVICE) + Hooks.ContextBytes, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &self);
  if (!NT_SUCCESS(status)) return status;
  PDEVICE device = DeviceOf(self);
  device->Self = self;
  device->Pdo = Pdo;
  device->Context = device + 1;
  KeInitializeSpinLock(&device->Lock);
  KeInitializeSpinLock(&device->QueueLock);
  InitializeListHead(&device->Irps);
  IoCsqInitialize(&device->Queue, QueueInsert, QueueRemove, QueuePeek, QueueAcquire, QueueRelease, QueueCanceled);
  KeInitializeDpc(&device->Dpc, DpcRoutine, device);
  if (!Hooks.Filter) status = IoRegisterDeviceInterface(Pdo, &interface_class, NULL, &device->Link);
  device->Lower = IoAttachDeviceToDeviceStack(self, Pdo);
  if (!NT_SUCCESS(status) || device->Lower == NULL) {
    if (device->Lower != NULL) IoDetachDevice(device->Lower);
    DeleteDevice(device);
    return NT_SUCCESS(status) ? STATUS_NO_SUCH_DEVICE : status;
  }
  self->Flags |= device->Lower->Flags & (DO_POWER_PAGABLE | (Hooks.Filter ? DO_BUFFERED_IO | DO_DIRECT_IO : 0));
  if (Hooks.Filter) self->DeviceType = device->Lower->DeviceType;
  if (!Hooks.Filter) self->Flags |= DO_DIRECT_IO;
  self->Flags &= ~DO_DEVICE_INITIALIZING;
  return Hooks.Added != NULL ? Hooks.Added(device) : STATUS_SUCCESS;
}

static inline VOID DriverUnload(PDRIVER_OBJECT Driver) {
  if (Hooks.Unload != NULL) Hooks.Unload(Driver);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING) {
  for (PDRIVER_DISPATCH& routine : Driver->MajorFunction) routine = DispatchOther;
  Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLEANUP] = DispatchFile;
  Driver->MajorFunction[IRP_MJ_CLOSE] = DispatchFile;
  Driver->MajorFunction[IRP_MJ_READ] = Driver->MajorFunction[IRP_MJ_WRITE] = DispatchFile;
  Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
  Driver->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
  Driver->MajorFunction[IRP_MJ_POWER] = DispatchPower;
  Driver->DriverExtension->AddDevice = AddDevice;
  Driver->DriverUnload = DriverUnload;
  if (Hooks.Entry != NULL) Hooks.Entry(Driver);
  return STATUS_SUCCESS;
}
