#include "sw/ntos/ddk.h"

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/pci_messages.h"
#include "sw/ntos/pnp/resources.h"

namespace p2p::pnp {

namespace {
constexpr ULONG kTag = 0x52706E50;  // "PnpR"

void assign_line(CM_PARTIAL_RESOURCE_DESCRIPTOR& interrupt, unsigned line, bool translated) {
  interrupt.ShareDisposition = CmResourceShareShared;
  interrupt.Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
  interrupt.u.Interrupt.Level = translated ? ke::kDeviceIrql : line;
  interrupt.u.Interrupt.Vector = line;
  interrupt.u.Interrupt.Affinity = KeQueryActiveProcessors();
}

void assign_vectors(CM_PARTIAL_RESOURCE_DESCRIPTOR& interrupt, const MessageVectors& messages, bool translated) {
  interrupt.ShareDisposition = CmResourceShareDeviceExclusive;
  interrupt.Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
  auto& message = interrupt.u.MessageInterrupt;
  if (translated) {
    message.Translated.Level = ke::kDeviceIrql;
    message.Translated.Vector = messages.first;
    message.Translated.Affinity = KeQueryActiveProcessors();
  } else {
    message.Raw.MessageCount = static_cast<USHORT>(messages.count);
    message.Raw.Vector = messages.first;
    message.Raw.Affinity = KeQueryActiveProcessors();
  }
}
}  // namespace

PCM_RESOURCE_LIST resource_list(unsigned function, bool translated) {
  const PciFunctionInfo info = ke::hardware().pci_function(function);
  auto* list = static_cast<PCM_RESOURCE_LIST>(
      ExAllocatePool2(POOL_FLAG_PAGED, sizeof(CM_RESOURCE_LIST) + sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), kTag));
  if (list == nullptr) return nullptr;
  list->Count = 1;
  list->List[0].InterfaceType = PCIBus;
  CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
  partial.Version = 1;
  partial.Revision = 1;
  partial.Count = 2;
  CM_PARTIAL_RESOURCE_DESCRIPTOR* descriptors = partial.PartialDescriptors;
  CM_PARTIAL_RESOURCE_DESCRIPTOR& memory = descriptors[0];
  memory.Type = CmResourceTypeMemory;
  memory.ShareDisposition = CmResourceShareDeviceExclusive;
  memory.Flags = CM_RESOURCE_MEMORY_READ_WRITE;
  memory.u.Memory.Start.QuadPart = static_cast<LONGLONG>(info.bar0_physical);
  memory.u.Memory.Length = static_cast<ULONG>(info.bar0_bytes);
  CM_PARTIAL_RESOURCE_DESCRIPTOR& interrupt = descriptors[1];
  interrupt.Type = CmResourceTypeInterrupt;
  const MessageVectors messages = messages_of(function);
  if (messages.count != 0) {
    assign_vectors(interrupt, messages, translated);
  } else {
    assign_line(interrupt, info.interrupt_line, translated);
  }
  return list;
}

PIO_RESOURCE_REQUIREMENTS_LIST resource_requirements(unsigned function) {
  const PciFunctionInfo info = ke::hardware().pci_function(function);
  constexpr std::size_t kBytes = sizeof(IO_RESOURCE_REQUIREMENTS_LIST) + sizeof(IO_RESOURCE_DESCRIPTOR);
  auto* list = static_cast<PIO_RESOURCE_REQUIREMENTS_LIST>(ExAllocatePool2(POOL_FLAG_PAGED, kBytes, kTag));
  if (list == nullptr) return nullptr;
  list->ListSize = kBytes;
  list->InterfaceType = PCIBus;
  list->SlotNumber = function;
  list->AlternativeLists = 1;
  list->List[0].Version = 1;
  list->List[0].Revision = 1;
  list->List[0].Count = 2;
  IO_RESOURCE_DESCRIPTOR* descriptors = list->List[0].Descriptors;
  IO_RESOURCE_DESCRIPTOR& memory = descriptors[0];
  memory.Type = CmResourceTypeMemory;
  memory.ShareDisposition = CmResourceShareDeviceExclusive;
  memory.u.Memory.Length = static_cast<ULONG>(info.bar0_bytes);
  memory.u.Memory.Alignment = static_cast<ULONG>(info.bar0_bytes);
  memory.u.Memory.MinimumAddress.QuadPart = static_cast<LONGLONG>(info.bar0_physical);
  memory.u.Memory.MaximumAddress.QuadPart = static_cast<LONGLONG>(info.bar0_physical + info.bar0_bytes - 1);
  IO_RESOURCE_DESCRIPTOR& interrupt = descriptors[1];
  interrupt.Type = CmResourceTypeInterrupt;
  const MessageVectors messages = messages_of(function);
  if (messages.count != 0) {
    interrupt.ShareDisposition = CmResourceShareDeviceExclusive;
    interrupt.Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
    interrupt.u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
    interrupt.u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - messages.count + 1;
  } else {
    interrupt.ShareDisposition = CmResourceShareShared;
    interrupt.u.Interrupt.MinimumVector = info.interrupt_line;
    interrupt.u.Interrupt.MaximumVector = info.interrupt_line;
  }
  return list;
}

}  // namespace p2p::pnp
