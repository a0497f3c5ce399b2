// Devices that a bus driver reports, and filters that a bus filter driver puts on them: what the PnP manager asks them,
// and what Driver Verifier says of the answers.
#include "tests/ntos/pnp_driver.h"

#include "sw/ntos/io/device.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/drivers.h"

namespace p2p::test {
namespace {

constexpr ULONG kTag = 0x64696843;

/// How the bus and the filter on its first child behave.
struct Bus {
  unsigned children = 2;
  bool answers = true, fills_target = true, references_target = true, same_ids = false;
  bool child_deletes = false, filtered = false, filter_detaches = false, filter_deletes = false;
  bool filter_told = false;
  std::vector<PDEVICE_OBJECT> devices;
  std::vector<UCHAR> asked;  // minor functions the first child saw
  PDEVICE_OBJECT filter = nullptr;
};
Bus g_bus;

NTSTATUS done(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS answer_id(PDEVICE_OBJECT device, PIRP irp, BUS_QUERY_ID_TYPE type) {
  std::u16string id = u"TEST\\CHILD";
  if (type == BusQueryInstanceID) id = device == g_bus.devices.front() || g_bus.same_ids ? u"0" : u"1";
  auto* text = static_cast<char16_t*>(ExAllocatePool2(POOL_FLAG_PAGED, (id.size() + 1) * sizeof(char16_t), kTag));
  std::copy(id.begin(), id.end(), text);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(text);
  return done(irp, STATUS_SUCCESS);
}

/// A list of devices as a bus driver hands it out.
ULONG_PTR relations_of(const std::vector<PDEVICE_OBJECT>& devices, bool referenced) {
  const std::size_t bytes = sizeof(DEVICE_RELATIONS) + devices.size() * sizeof(PDEVICE_OBJECT);
  auto* relations = static_cast<PDEVICE_RELATIONS>(ExAllocatePool2(POOL_FLAG_PAGED, bytes, kTag));
  relations->Count = static_cast<ULONG>(devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    relations->Objects[i] = devices[i];
    if (referenced) ObReferenceObject(devices[i]);
  }
  return reinterpret_cast<ULONG_PTR>(relations);
}

NTSTATUS answer_target(PDEVICE_OBJECT device, PIRP irp) {
  const std::vector<PDEVICE_OBJECT> target =
      g_bus.fills_target ? std::vector<PDEVICE_OBJECT>{device} : std::vector<PDEVICE_OBJECT>{};
  irp->IoStatus.Information = relations_of(target, g_bus.references_target);
  return done(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI child_pnp(PDEVICE_OBJECT device, PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const UCHAR minor = location->MinorFunction;
  if (device == g_bus.devices.front()) g_bus.asked.push_back(minor);
  if (minor == IRP_MN_REMOVE_DEVICE) {
    if (g_bus.child_deletes) IoDeleteDevice(device);
    return done(irp, STATUS_SUCCESS);
  }
  if (!g_bus.answers) return done(irp, irp->IoStatus.Status);
  if (minor == IRP_MN_QUERY_ID) return answer_id(device, irp, location->Parameters.QueryId.IdType);
  if (minor == IRP_MN_QUERY_CAPABILITIES) return done(irp, STATUS_SUCCESS);
  const bool target =
      minor == IRP_MN_QUERY_DEVICE_RELATIONS && location->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation;
  return target ? answer_target(device, irp) : done(irp, irp->IoStatus.Status);
}

NTSTATUS NTAPI filter_pnp(PDEVICE_OBJECT device, PIRP irp) {
  PDEVICE_OBJECT lower = g_bus.devices.front();
  const bool removing = IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE;
  IoSkipCurrentIrpStackLocation(irp);
  const NTSTATUS status = IoCallDriver(lower, irp);
  if (removing && g_bus.filter_detaches) IoDetachDevice(lower);
  if (removing && g_bus.filter_deletes) IoDeleteDevice(device);
  return status;
}

VOID NTAPI filter_detach(PDEVICE_OBJECT source, PDEVICE_OBJECT target) {
  g_bus.filter_told = true;
  IoDetachDevice(target);
  IoDeleteDevice(source);
}

class PnpChildren : public PnpStackTest {
 protected:
  PnpChildren() { g_bus = {}; }

  static PDEVICE_OBJECT make_device(const char* name, PDRIVER_DISPATCH dispatch) {
    PDRIVER_OBJECT driver = pnp::find_driver(name);
    if (driver == nullptr) driver = pnp::create_driver_object(name);
    driver->MajorFunction[IRP_MJ_PNP] = dispatch;
    PDEVICE_OBJECT device = nullptr;
    IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
    return device;
  }
  static void add_filter() {
    static FAST_IO_DISPATCH fast;
    fast.SizeOfFastIoDispatch = sizeof fast;
    fast.FastIoDetachDevice = filter_detach;
    g_bus.filter = make_device("bus_filter", filter_pnp);
    g_bus.filter->DriverObject->FastIoDispatch = &fast;
    IoAttachDeviceToDeviceStack(g_bus.filter, g_bus.devices.front());
  }
  /// The function driver of a bus: reports its children and deletes them when it goes.
  static NTSTATUS NTAPI bus_pnp(PDEVICE_OBJECT device, PIRP irp) {
    const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    const bool relations = location->MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS &&
                           location->Parameters.QueryDeviceRelations.Type == BusRelations;
    if (relations) {
      irp->IoStatus.Information = relations_of(g_bus.devices, true);
      irp->IoStatus.Status = STATUS_SUCCESS;
      return of(device).pass_down(irp);
    }
    if (location->MinorFunction == IRP_MN_REMOVE_DEVICE) {
      for (PDEVICE_OBJECT child : std::exchange(g_bus.devices, {})) IoDeleteDevice(child);
    }
    return PnpChildren::pnp(device, irp);
  }
  void start_bus() {
    load(function);
    function.driver->MajorFunction[IRP_MJ_PNP] = bus_pnp;
    for (unsigned i = 0; i < g_bus.children; ++i) g_bus.devices.push_back(make_device("child", child_pnp));
    if (g_bus.filtered) add_filter();
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
  }
  /// The wanted bug check of a bus that behaves as `g_bus` says, while it is started, or removed.
  void expect_violation(std::uint64_t code) {
    expect_bugcheck(0xC9, code, [&] {
      start_bus();
      kernel->query_remove_and_remove_device(0);
    });
  }
};

TEST_F(PnpChildren, NewChildrenAreAskedWhoTheyAreAndRemovedBeforeTheirParent) {
  g_bus.filtered = true;
  expect_no_bugcheck([&] {
    start_bus();
    const std::vector<UCHAR> wanted = {IRP_MN_QUERY_ID, IRP_MN_QUERY_ID, IRP_MN_QUERY_CAPABILITIES,
                                       IRP_MN_QUERY_DEVICE_RELATIONS};
    EXPECT_EQ(g_bus.asked, wanted);
    IoInvalidateDeviceRelations(function.pdo, BusRelations);
    sleep_us(500);
    EXPECT_EQ(g_bus.asked, wanted) << "one that is known already is not asked again";
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
    EXPECT_EQ(g_bus.asked.back(), IRP_MN_REMOVE_DEVICE);
    EXPECT_TRUE(g_bus.filter_told);
    EXPECT_FALSE(ob::is_object(g_bus.filter, ob::Kind::kDevice));
  });
}

TEST_F(PnpChildren, OneThatIsMissingIsRemovedAndMayGo) {
  expect_no_bugcheck([&] {
    start_bus();
    PDEVICE_OBJECT missing = g_bus.devices.back();
    g_bus.devices.pop_back();
    g_bus.child_deletes = true;
    IoInvalidateDeviceRelations(function.pdo, BusRelations);
    sleep_us(500);
    EXPECT_FALSE(ob::is_object(missing, ob::Kind::kDevice));
    g_bus.child_deletes = false;
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
  });
}

TEST_F(PnpChildren, V_C9_22A_AChildThatDoesNotAnswer) {
  g_bus.answers = false;
  expect_violation(0x22A);
}

TEST_F(PnpChildren, V_C9_22B_AnEmptyTargetRelation) {
  g_bus.fills_target = false;
  expect_violation(0x22B);
}

TEST_F(PnpChildren, V_C9_22C_ATargetRelationWithoutAReference) {
  g_bus.references_target = false;
  expect_violation(0x22C);
}

TEST_F(PnpChildren, V_C9_221_AChildThatIsThereDeletesItself) {
  g_bus.child_deletes = true;
  expect_violation(0x221);
}

TEST_F(PnpChildren, V_C9_222_ABusFilterDetaches) {
  g_bus.filtered = g_bus.filter_detaches = true;
  expect_violation(0x222);
}

TEST_F(PnpChildren, V_C9_223_ABusFilterDeletesItsDevice) {
  g_bus.filtered = g_bus.filter_detaches = g_bus.filter_deletes = true;
  expect_violation(0x223);
}

TEST_F(PnpChildren, V_C9_248_AFunctionDeviceAsAChild) {
  expect_bugcheck(0xC9, 0x248, [&] {
    start_bus();
    g_bus.devices.push_back(function.device);
    IoInvalidateDeviceRelations(function.pdo, BusRelations);
    sleep_us(500);
  });
}

TEST_F(PnpChildren, V_C9_249_TwoChildrenWithTheSameIds) {
  g_bus.same_ids = true;
  expect_violation(0x249);
}

TEST_F(PnpChildren, V_C9_24D_AnInterfaceOfAFunctionDevice) {
  expect_bugcheck(0xC9, 0x24D, [&] {
    start();
    UNICODE_STRING link;
    IoRegisterDeviceInterface(function.device, &kClass, nullptr, &link);
  });
}

TEST_F(PnpChildren, V_CA_2_RelationsOfAFunctionDevice) {
  expect_bugcheck(0xCA, 2, [&] {
    start();
    IoInvalidateDeviceRelations(function.device, BusRelations);
  });
}

}  // namespace
}  // namespace p2p::test
