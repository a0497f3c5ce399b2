// IRPs a second: allocated, sent down a stack of three drivers with a completion routine each, completed, freed.
//   bench_irp_stack [Google Benchmark's options]
// The kernel runs on the tests' hardware, where nothing else happens; simulated time does not matter here.
#include "sw/ntos/ddk.h"

#include <benchmark/benchmark.h>

#include <systemc>

#include "ntos/kernel.h"
#include "sw/ntos/pnp/drivers.h"
#include "tests/ntos/fake_hardware.h"

namespace {

using namespace p2p;

constexpr int kDrivers = 3;
PDEVICE_OBJECT g_devices[kDrivers];  // lowest first
ULONGLONG g_routines = 0;

NTSTATUS NTAPI on_the_way_up(PDEVICE_OBJECT, PIRP irp, PVOID) {
  ++g_routines;
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI back_with_its_sender(PDEVICE_OBJECT, PIRP, PVOID) {
  ++g_routines;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS NTAPI forward(PDEVICE_OBJECT device, PIRP irp) {
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, on_the_way_up, nullptr, TRUE, TRUE, TRUE);
  return IoCallDriver(*static_cast<PDEVICE_OBJECT*>(device->DeviceExtension), irp);
}
NTSTATUS NTAPI finish(PDEVICE_OBJECT, PIRP irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

void build_stack() {
  for (int i = 0; i < kDrivers; ++i) {
    PDRIVER_OBJECT driver = pnp::create_driver_object("bench" + std::to_string(i));
    for (auto& routine : driver->MajorFunction) routine = i == 0 ? finish : forward;
    IoCreateDevice(driver, sizeof(PDEVICE_OBJECT), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_devices[i]);
    if (i != 0) {
      *static_cast<PDEVICE_OBJECT*>(g_devices[i]->DeviceExtension) =
          IoAttachDeviceToDeviceStack(g_devices[i], g_devices[i - 1]);
    }
    g_devices[i]->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  }
}

void three_drivers(benchmark::State& state) {
  PDEVICE_OBJECT top = g_devices[kDrivers - 1];
  const ULONGLONG before = g_routines;
  for (auto _ : state) {
    PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    IoSetCompletionRoutine(irp, back_with_its_sender, nullptr, TRUE, TRUE, TRUE);
    IoCallDriver(top, irp);
    IoFreeIrp(irp);
  }
  if (g_routines - before != static_cast<ULONGLONG>(kDrivers * state.iterations())) {
    state.SkipWithError("a completion routine was not called");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(three_drivers)->Iterations(1'000'000)->Unit(benchmark::kNanosecond)->Name("irp_down_and_up_three_drivers");

}  // namespace

int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  p2p::test::FakeHardware hardware;
  ntos::Kernel kernel(hardware, {});
  kernel.run_in_system_thread("bench", [] {
    build_stack();
    benchmark::RunSpecifiedBenchmarks();
  });
  p2p::test::FakeHardware::run();
  if (kernel.bugcheck() != nullptr) std::fprintf(stderr, "bench_irp_stack: %s\n", kernel.bugcheck()->message.c_str());
  return kernel.bugcheck() == nullptr ? 0 : 1;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
