#include "sw/ks/ddk.h"

#include "sw/ks/unknown.h"

#include <map>
#include <memory>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/circuit.h"

namespace p2p::ks {

namespace {
constexpr GUID kIidUnknown = {0x00000000, 0, 0, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
constexpr GUID kIidControl = {0x28f54685, 0x06fd, 0x11d2, {0xb2, 0x7a, 0x00, 0xa0, 0xc9, 0x22, 0x31, 0x96}};

/// IUnknown, and IKsControl which begins with it, as C sees them: `this` is the first argument.
struct Face {
  struct Table {
    NTSTATUS(NTAPI* QueryInterface)(Face*, const GUID*, PVOID*);
    ULONG(NTAPI* AddRef)(Face*);
    ULONG(NTAPI* Release)(Face*);
    NTSTATUS(NTAPI* KsProperty)(Face*, PKSPROPERTY, ULONG, PVOID, ULONG, ULONG*);
    NTSTATUS(NTAPI* KsMethod)(Face*, PKSMETHOD, ULONG, PVOID, ULONG, ULONG*);
    NTSTATUS(NTAPI* KsEvent)(Face*, PKSEVENT, ULONG, PVOID, ULONG, ULONG*);
  };
  const Table* table;
  PFILE_OBJECT file;             // what IKsControl controls; nullptr: this one has no IKsControl
  bool owned;                    // an AVStream object's, gone with it; else a thunk, gone with its last reference
  LONG references = 0;           // that others hold
  std::vector<Face*> clients{};  // aggregated
};

NTSTATUS NTAPI query_interface(Face* self, const GUID* iid, PVOID* found) {
  *found = nullptr;
  if (same(*iid, kIidUnknown) || (self->file != nullptr && same(*iid, kIidControl))) {
    self->table->AddRef(self);
    *found = self;
    return STATUS_SUCCESS;
  }
  for (Face* client : self->clients) {
    if (NT_SUCCESS(client->table->QueryInterface(client, iid, found))) return STATUS_SUCCESS;
  }
  return STATUS_NOINTERFACE;
}
ULONG NTAPI add_ref(Face* self) { return static_cast<ULONG>(InterlockedIncrement(&self->references)); }
ULONG NTAPI release(Face* self) {
  const LONG left = InterlockedDecrement(&self->references);
  if (left == 0 && !self->owned) {
    ObDereferenceObject(self->file);
    delete self;
  }
  return static_cast<ULONG>(left);
}

NTSTATUS control(Face* self, ULONG code, PVOID in, ULONG in_bytes, PVOID out, ULONG out_bytes, ULONG* returned) {
  return KsSynchronousIoControlDevice(self->file, KernelMode, code, in, in_bytes, out, out_bytes, returned);
}
NTSTATUS NTAPI property(Face* self, PKSPROPERTY request, ULONG bytes, PVOID data, ULONG data_bytes, ULONG* returned) {
  return control(self, IOCTL_KS_PROPERTY, request, bytes, data, data_bytes, returned);
}
NTSTATUS NTAPI method(Face* self, PKSMETHOD request, ULONG bytes, PVOID data, ULONG data_bytes, ULONG* returned) {
  return control(self, IOCTL_KS_METHOD, request, bytes, data, data_bytes, returned);
}
/// Without an event: disables one.
NTSTATUS NTAPI event(Face* self, PKSEVENT request, ULONG bytes, PVOID data, ULONG data_bytes, ULONG* returned) {
  if (request == nullptr) return control(self, IOCTL_KS_DISABLE_EVENT, data, data_bytes, nullptr, 0, returned);
  return control(self, IOCTL_KS_ENABLE_EVENT, request, bytes, data, data_bytes, returned);
}
constexpr Face::Table kTable = {query_interface, add_ref, release, property, method, event};

std::map<const void*, std::unique_ptr<Face>> g_faces;  // looked up, never walked

PFILE_OBJECT file_of(void* object) {
  ObjectKind kind;
  if (!object_kind(object, &kind)) {
    ntos::bug_check(0xC4, 0x8100C, reinterpret_cast<std::uintptr_t>(object), 0, 0, "KsGetOuterUnknown",
                    "KsGetOuterUnknown was given something that is no AVStream object");
  }
  if (kind == ObjectKind::kPin) return static_cast<Pin*>(object)->file;
  return kind == ObjectKind::kFilter ? static_cast<Filter*>(object)->file : nullptr;
}

Face& face_of(void* object) {
  auto& face = g_faces[object];
  if (face == nullptr) face = std::make_unique<Face>(Face{&kTable, file_of(object), true});
  return *face;
}

/// For a pin or filter that is none of AVStream's.
NTSTATUS query_thunk(PFILE_OBJECT file, const GUID& iid, PVOID* found) {
  auto* thunk = new Face{&kTable, file, false, 1};
  ObReferenceObject(file);
  const NTSTATUS status = query_interface(thunk, &iid, found);
  release(thunk);
  return status;
}

}  // namespace

void forget_unknown(const void* object) {
  const auto found = g_faces.find(object);
  if (found == g_faces.end()) return;
  for (Face* client : found->second->clients) client->table->Release(client);
  g_faces.erase(found);
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

struct IUnknown;

namespace {
/// Asks the pin at the other end, or its filter. STATUS_UNSUCCESSFUL: there is none, or nobody can say who it is.
NTSTATUS query_connected(PKSPIN pin, bool filter, const GUID& iid, PVOID* found) {
  *found = nullptr;
  const auto& self = *reinterpret_cast<ks::Pin*>(pin);
  ks::Pin* other = self.circuit != nullptr ? self.circuit->sink_pin() : self.connected_source;
  if (other != nullptr) {
    ks::Face& face = ks::face_of(filter ? static_cast<void*>(other->filter) : other);
    return ks::query_interface(&face, &iid, found);
  }
  if (self.circuit == nullptr) return STATUS_UNSUCCESSFUL;
  PFILE_OBJECT file = self.circuit->sink_file();
  if (filter) file = file->RelatedFileObject;
  return file != nullptr ? ks::query_thunk(file, iid, found) : STATUS_UNSUCCESSFUL;
}
}  // namespace

extern "C" {

/// PASSIVE_LEVEL.
struct IUnknown* NTAPI KsGetOuterUnknown(PVOID Object) {
  require_passive("KsGetOuterUnknown");
  return reinterpret_cast<struct IUnknown*>(&ks::face_of(Object));
}

/// The object answers for the client's interfaces from now on, and releases the client when it goes. The outer unknown.
/// PASSIVE_LEVEL.
struct IUnknown* NTAPI KsRegisterAggregatedClientUnknown(PVOID Object, struct IUnknown* ClientUnknown) {
  require_passive("KsRegisterAggregatedClientUnknown");
  ks::Face& outer = ks::face_of(Object);
  auto* client = reinterpret_cast<ks::Face*>(ClientUnknown);
  client->table->AddRef(client);
  outer.clients.push_back(client);
  return reinterpret_cast<struct IUnknown*>(&outer);
}

/// The caller releases what it gets. PASSIVE_LEVEL. STATUS_NOINTERFACE, STATUS_UNSUCCESSFUL (nothing AVStream could
/// ask).
NTSTATUS NTAPI KsPinGetConnectedPinInterface(PKSPIN Pin, const GUID* InterfaceId, PVOID* Interface) {
  require_passive("KsPinGetConnectedPinInterface");
  return query_connected(Pin, false, *InterfaceId, Interface);
}

/// The same of the filter that the connected pin belongs to.
NTSTATUS NTAPI KsPinGetConnectedFilterInterface(PKSPIN Pin, const GUID* InterfaceId, PVOID* Interface) {
  require_passive("KsPinGetConnectedFilterInterface");
  return query_connected(Pin, true, *InterfaceId, Interface);
}

}  // extern "C"
