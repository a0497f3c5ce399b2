// How a PCI function is called.
#include "sw/ntos/ddk.h"

#include <cstdio>

#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/pci_bus.h"
#include "sw/ntos/pnp/root_bus.h"

namespace p2p::pnp {

namespace {
template <class... Values>
std::u16string print(const char* format, Values... values) {
  char text[96];
  std::snprintf(text, sizeof text, format, values...);
  std::u16string out;
  for (const char* c = text; *c != 0; ++c) out += static_cast<char16_t>(*c);
  return out;
}
void add(std::u16string* list, const std::u16string& id) { list->append(id).push_back(u'\0'); }

unsigned subsystem(unsigned function) { return ke::hardware().config_read(function, 0x2C, 4); }
}  // namespace

std::u16string bus_id(unsigned function, BUS_QUERY_ID_TYPE type) {
  if (is_root_device(function)) return root_id(type);
  const PciFunctionInfo info = ke::hardware().pci_function(function);
  const unsigned vendor = info.vendor_id, device = info.device_id, revision = info.revision;
  const std::u16string name = print("PCI\\VEN_%04X&DEV_%04X", vendor, device);
  const std::u16string with_subsystem = name + print("&SUBSYS_%08X", subsystem(function));
  std::u16string list;
  switch (type) {
    case BusQueryDeviceID:
      return with_subsystem + print("&REV_%02X", revision);
    case BusQueryInstanceID:
      return print("%02X", function * 8);
    case BusQueryHardwareIDs:  // from the most to the least specific
      add(&list, with_subsystem + print("&REV_%02X", revision));
      add(&list, with_subsystem);
      add(&list, name + print("&CC_%06X", info.class_code));
      add(&list, name + print("&CC_%04X", info.class_code >> 8));
      return list;
    case BusQueryCompatibleIDs:
      add(&list, name + print("&REV_%02X", revision));
      add(&list, name);
      add(&list, print("PCI\\VEN_%04X", vendor));
      add(&list, print("PCI\\CC_%06X", info.class_code));
      add(&list, print("PCI\\CC_%04X", info.class_code >> 8));
      return list;
    default:
      return {};
  }
}

std::u16string device_text(unsigned function, DEVICE_TEXT_TYPE type) {
  if (is_root_device(function)) return root_text(type);
  switch (type) {
    case DeviceTextDescription:
      return ke::hardware().pci_function(function).class_code >> 16 == 4 ? u"Multimedia Video Controller"
                                                                         : u"PCI Device";
    case DeviceTextLocationInformation:
      return print("PCI bus 0, device %u, function 0", function);
    default:
      return {};
  }
}

}  // namespace p2p::pnp
