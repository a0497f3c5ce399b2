#include "tb/run/driver_run.h"

#include <systemc>

#include "ntos/kernel.h"
#include "proxy/capture.h"
#include "sim/sanitizer_stack.h"
#include "tb/run/driver_module.h"
#include "tb/run/verdict.h"

namespace p2p::tb {

namespace {
ntos::KernelConfig kernel_config(const RunOptions& options) {
  ntos::KernelConfig config = options.kernel;
  config.seed = options.seed;
  config.verifier = options.verifier;
  return config;
}

std::string start_failure(const std::string& driver, bool loaded, std::int32_t status) {
  return "driver " + driver + (loaded ? ": the device did not start: " : ": DriverEntry returned ") +
         proxy::status_text(status);
}
}  // namespace

void run_driver(Hardware& machine, const RunOptions& options, void* entry, unsigned function,
                const std::string& program, const std::function<void()>& application, RunResult* result) {
  const std::string service = driver_service_name(options.driver);
  ntos::Kernel kernel(machine, kernel_config(options));
  const auto shut_down = [&] {
    const std::int32_t removed = kernel.query_remove_and_remove_device(function);
    if (removed < 0) result->failures.push_back("IRP_MN_QUERY_REMOVE_DEVICE failed: " + proxy::status_text(removed));
    kernel.unload_driver(service);
    machine.stop("done");
  };
  kernel.run_in_system_thread("boot", [&] {
    const std::int32_t loaded = kernel.load_driver(service, entry);
    const std::int32_t started = loaded >= 0 ? kernel.start_device(service, function) : loaded;
    if (started < 0) {
      result->failures.push_back(start_failure(options.driver, loaded >= 0, started));
      if (loaded >= 0) kernel.unload_driver(service);  // what it left behind shows
      machine.stop("the driver did not start");
      return;
    }
    kernel.run_in_user_thread("application", [&] {
      application();
      kernel.run_in_system_thread("shutdown", shut_down);
    });
  });
  {
    const sim::ThreadStackAfterwards back;
    sc_core::sc_start();
  }
  take_kernel_results(kernel, program, result);
}

}  // namespace p2p::tb
