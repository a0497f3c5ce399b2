// Fast handlers of properties and methods (R-PROP-6), and the driver's major functions.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

const GUID kProperties = SYNTH_PROPSET;
const GUID kMethods = SYNTH_METHODSET;

/// What the handlers of either kind saw.
struct Answers {
  static inline int fast_calls = 0, irp_calls = 0;
  static inline BOOLEAN handled = TRUE;
  static inline ULONG value = 0;
  static inline PFILE_OBJECT file = nullptr;

  static BOOLEAN NTAPI fast_get(PFILE_OBJECT object, PKSIDENTIFIER, ULONG, PVOID data, ULONG bytes,
                                PIO_STATUS_BLOCK iosb) {
    ++fast_calls;
    file = object;
    if (!handled || bytes < sizeof(ULONG)) return FALSE;
    *static_cast<ULONG*>(data) = 1000 + value;
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = sizeof(ULONG);
    return TRUE;
  }
  static BOOLEAN NTAPI fast_set(PFILE_OBJECT, PKSIDENTIFIER, ULONG, PVOID data, ULONG, PIO_STATUS_BLOCK iosb) {
    ++fast_calls;
    if (!handled) return FALSE;
    value = *static_cast<const ULONG*>(data);
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = 0;
    return TRUE;
  }
  static NTSTATUS NTAPI get(PIRP, PKSIDENTIFIER, PVOID data) {
    ++irp_calls;
    *static_cast<ULONG*>(data) = value;
    return STATUS_SUCCESS;
  }
  static NTSTATUS NTAPI set(PIRP, PKSIDENTIFIER, PVOID data) {
    ++irp_calls;
    value = *static_cast<const ULONG*>(data);
    return STATUS_SUCCESS;
  }
  static NTSTATUS NTAPI call(PIRP, PKSIDENTIFIER, PVOID) {
    ++irp_calls;
    return STATUS_SUCCESS;
  }
};

class FastIo : public KsTest {
 protected:
  FastIo() {
    Answers::fast_calls = Answers::irp_calls = 0;
    Answers::handled = TRUE;
    Answers::value = 0;
    driver.configure = [this](SYNTH_TABLES& tables) {
      item.PropertyId = 7;
      item.GetPropertyHandler = Answers::get;
      item.SetPropertyHandler = Answers::set;
      item.MinProperty = sizeof(KSPROPERTY);
      item.MinData = sizeof(ULONG);
      fast.PropertyId = 7;
      fast.GetPropertyHandler = Answers::fast_get;
      fast.SetPropertyHandler = Answers::fast_set;
      properties = {&kProperties, 1, &item, 1, &fast};
      method.MethodId = 3;
      method.MethodHandler = Answers::call;
      method.MinMethod = sizeof(KSMETHOD);
      fast_method.MethodId = 3;
      fast_method.MethodHandler = Answers::fast_get;
      methods = {&kMethods, 1, &method, 1, &fast_method};
      tables.PinAutomation->PropertySetsCount = tables.FilterAutomation->PropertySetsCount = 1;
      tables.PinAutomation->PropertySets = tables.FilterAutomation->PropertySets = &properties;
      tables.PinAutomation->MethodSetsCount = 1;
      tables.PinAutomation->MethodSets = &methods;
    };
  }
  KSPROPERTY_ITEM item{};
  KSFASTPROPERTY_ITEM fast{};
  KSPROPERTY_SET properties{};
  KSMETHOD_ITEM method{};
  KSFASTMETHOD_ITEM fast_method{};
  KSMETHOD_SET methods{};
};

TEST_F(FastIo, R_PROP_6_a_fast_handler_does_the_request_without_an_irp) {
  expect_clean([&] {
    Connection c;
    const ULONG five = 5;
    EXPECT_EQ(set_property(c.pin, kProperties, 7, &five, sizeof five), STATUS_SUCCESS);
    ULONG value = 0, returned = 0;
    const std::size_t irps = events.count("ntos.irp.done");
    EXPECT_EQ(get_property(c.pin, kProperties, 7, &value, sizeof value, &returned), STATUS_SUCCESS);
    EXPECT_EQ(events.count("ntos.irp.done"), irps) << "an IRP was sent although the fast handler did the request";
    EXPECT_EQ(value, 1005u);
    EXPECT_EQ(returned, sizeof value);
    EXPECT_EQ(Answers::fast_calls, 2);
    EXPECT_EQ(Answers::irp_calls, 0);
    EXPECT_EQ(get_property(c.filter.handle(), kProperties, 7, &value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(Answers::fast_calls, 3) << "filters have fast handlers too";
  });
}

TEST_F(FastIo, R_PROP_6_one_that_returns_false_gets_its_request_as_an_irp) {
  expect_clean([&] {
    Answers::handled = FALSE;
    Connection c;
    const ULONG five = 5;
    EXPECT_EQ(set_property(c.pin, kProperties, 7, &five, sizeof five), STATUS_SUCCESS);
    ULONG value = 0;
    EXPECT_EQ(get_property(c.pin, kProperties, 7, &value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(value, 5u);
    EXPECT_EQ(Answers::fast_calls, 2);
    EXPECT_EQ(Answers::irp_calls, 2);
  });
}

TEST_F(FastIo, R_PROP_6_questions_about_support_are_no_business_of_fast_handlers) {
  expect_clean([&] {
    Connection c;
    ULONG access = 0;
    EXPECT_EQ(get_property(c.pin, kProperties, 7, &access, sizeof access, nullptr, KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(access, static_cast<ULONG>(KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_SET));
    EXPECT_EQ(Answers::fast_calls, 0);
  });
}

TEST_F(FastIo, R_PROP_6_methods_have_them_as_well) {
  expect_clean([&] {
    Connection c;
    KSMETHOD request{};
    request.Set = kMethods;
    request.Id = 3;
    request.Flags = KSMETHOD_TYPE_NONE;
    ULONG value = 0;
    EXPECT_EQ(control(c.pin, IOCTL_KS_METHOD, &request, sizeof request, &value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(value, 1000u);
    Answers::handled = FALSE;
    EXPECT_EQ(control(c.pin, IOCTL_KS_METHOD, &request, sizeof request, &value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(Answers::fast_calls, 2);
    EXPECT_EQ(Answers::irp_calls, 1);
  });
}

TEST_F(FastIo, R_PROP_6_kernel_clients_come_the_same_way) {
  expect_clean([&] {
    Connection c;
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(c.pin);
      KSPROPERTY request{};
      request.Set = kProperties;
      request.Id = 7;
      request.Flags = KSPROPERTY_TYPE_GET;
      ULONG value = 0, returned = 0;
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_PROPERTY, &request, sizeof request, &value,
                                             sizeof value, &returned),
                STATUS_SUCCESS);
      EXPECT_EQ(value, 1000u);
      EXPECT_EQ(Answers::file, file);
      ObDereferenceObject(file);
    });
  });
}

TEST_F(FastIo, major_functions_that_avstream_dispatches_can_be_set_again) {
  expect_clean([&] {
    Connection c;
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(c.pin);
      PDRIVER_OBJECT object = IoGetRelatedDeviceObject(file)->DriverObject;
      for (const ULONG major : {IRP_MJ_CREATE, IRP_MJ_CLOSE, IRP_MJ_DEVICE_CONTROL}) {
        const PDRIVER_DISPATCH before = object->MajorFunction[major];
        object->MajorFunction[major] = nullptr;
        EXPECT_EQ(KsSetMajorFunctionHandler(object, major), STATUS_SUCCESS);
        EXPECT_EQ(object->MajorFunction[major], before) << "major function " << major;
      }
      EXPECT_EQ(KsSetMajorFunctionHandler(object, IRP_MJ_POWER), STATUS_INVALID_PARAMETER);
      EXPECT_EQ(KsSetMajorFunctionHandler(object, KSDISPATCH_FASTIO | IRP_MJ_READ), STATUS_SUCCESS);
      EXPECT_NE(object->FastIoDispatch->FastIoRead, nullptr);
      EXPECT_EQ(KsSetMajorFunctionHandler(object, KSDISPATCH_FASTIO | IRP_MJ_CREATE), STATUS_INVALID_PARAMETER);
      ObDereferenceObject(file);
    });
  });
}

}  // namespace
}  // namespace p2p::test
