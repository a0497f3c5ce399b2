// Callback objects: who registers is called, in order, by whoever notifies.
#include "sw/ntos/ke/irql.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sw/ntos/io/names.h"
#include "sw/ntos/ob/object.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
struct Registration {
  PCALLBACK_OBJECT object;
  PCALLBACK_FUNCTION function;
  PVOID context;
  unsigned calls = 0;           // in progress
  PKEVENT last_left = nullptr;  // ExUnregisterCallback waits
};
}  // namespace

struct _CALLBACK_OBJECT {
  std::u16string name;  // empty without one
  bool allow_multiple;
  std::vector<Registration*> registrations;  // in order
};

namespace {
std::map<std::u16string, PCALLBACK_OBJECT>& named() {
  static auto* const all = new std::map<std::u16string, PCALLBACK_OBJECT>;
  return *all;
}

PCALLBACK_OBJECT make(const std::u16string& name, bool allow_multiple) {
  auto* object = new _CALLBACK_OBJECT{name, allow_multiple, {}};
  ob::create(object, ob::Kind::kCallback, [object] {
    named().erase(object->name);
    delete object;
  });
  if (!name.empty()) named()[name] = object;
  return object;
}
}  // namespace

extern "C" {

// STATUS_OBJECT_NAME_NOT_FOUND if it is to be opened and is not there. The caller dereferences the object.
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT* CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                                BOOLEAN AllowMultipleCallbacks) {
  const UNICODE_STRING* given = ObjectAttributes != nullptr ? ObjectAttributes->ObjectName : nullptr;
  const std::u16string name = given != nullptr ? io::lower(io::to_u16(*given)) : std::u16string();
  if (auto known = named().find(name); !name.empty() && known != named().end()) {
    ob::reference(known->second);
    *CallbackObject = known->second;
    return STATUS_SUCCESS;
  }
  *CallbackObject = nullptr;
  if (!Create) return STATUS_OBJECT_NAME_NOT_FOUND;
  *CallbackObject = make(name, AllowMultipleCallbacks != FALSE);
  return STATUS_SUCCESS;
}

// NULL if the object takes one routine and has one.
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                               PVOID CallbackContext) {
  if (!CallbackObject->allow_multiple && !CallbackObject->registrations.empty()) return nullptr;
  ob::reference(CallbackObject);
  auto* registration = new Registration{CallbackObject, CallbackFunction, CallbackContext};
  CallbackObject->registrations.push_back(registration);
  return registration;
}

// After it returns no call of the routine begins and none is in progress.
VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration) {
  auto* registration = static_cast<Registration*>(CallbackRegistration);
  std::erase(registration->object->registrations, registration);
  if (registration->calls != 0) {
    KEVENT last_left;
    KeInitializeEvent(&last_left, NotificationEvent, FALSE);
    registration->last_left = &last_left;
    KeWaitForSingleObject(&last_left, Executive, KernelMode, FALSE, nullptr);
  }
  ob::dereference(registration->object);
  delete registration;
}

// At the caller's IRQL.
VOID NTAPI ExNotifyCallback(PCALLBACK_OBJECT CallbackObject, PVOID Argument1, PVOID Argument2) {
  // Those registered now; one of them may unregister another before its turn.
  const std::vector<Registration*> registered = CallbackObject->registrations;
  for (Registration* registration : registered) {
    const std::vector<Registration*>& still = CallbackObject->registrations;
    if (std::find(still.begin(), still.end(), registration) == still.end()) continue;
    ++registration->calls;
    registration->function(registration->context, Argument1, Argument2);
    if (--registration->calls == 0 && registration->last_left != nullptr) {
      KeSetEvent(registration->last_left, IO_NO_INCREMENT, FALSE);
    }
  }
}

}  // extern "C"
