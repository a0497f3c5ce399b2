// Booting the simulated kernel, loading drivers, starting devices. Plain C++: no DDK header, so tb can include it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace p2p {
class Hardware;
}

namespace p2p::ntos {

/// What software costs, in nanoseconds of simulated time. Read from the run's TOML; these are the documented defaults
/// (docs/cost-model.md). Register accesses cost what the bus takes, plus `mmio_issue`.
struct CostModel {
  std::uint32_t interrupt_latency = 1000;
  std::uint32_t dpc_dispatch = 500;
  std::uint32_t context_switch = 1500;
  std::uint32_t system_call = 300;
  std::uint32_t mmio_issue = 40;
  std::uint32_t copy_per_kib = 100;
};

/// What a driver finds in the registry.
struct RegistryValue {
  /// "service" (the key DriverEntry is given), "device" or "software" (IoOpenDeviceRegistryKey with
  /// PLUGPLAY_REGKEY_DEVICE or _DRIVER), or a path from \Registry; a subkey behind a backslash.
  std::string key;
  std::string name;
  /// REG_DWORD, REG_QWORD, REG_SZ, REG_MULTI_SZ, REG_BINARY.
  std::variant<std::uint32_t, std::uint64_t, std::string, std::vector<std::string>, std::vector<std::uint8_t>> data;
};

/// A folder of the host where a driver finds files: what ZwCreateFile knows by `name`.
struct FileFolder {
  std::string name;    ///< a drive or a folder of it, as "c:" or "\\DosDevices\\c:\\data"
  std::string folder;  ///< of the host
};

/// Who runs next, and when, where Windows leaves it open.
enum class Schedule {
  kFifo,   ///< no delays but those of the cost model; equals in order of arrival
  kRandom  ///< seeded: delays, other threads and processors, IRQLs of completion routines (sw/ntos/ke/schedule.h)
};

struct KernelConfig {
  unsigned cpus = 2;
  Schedule schedule = Schedule::kFifo;
  CostModel cost;
  std::uint64_t seed = 1;
  bool verifier = true;
  /// An asserted line that survives this many consecutive ISR passes is an interrupt storm.
  unsigned storm_limit = 1000;
  /// A cancelled IRP must be completed within this simulated time: longer is bug check 0xC4/0x135 under the Verifier,
  /// and otherwise how long a thread that ends waits for its requests.
  std::uint32_t cancel_limit_ms = 1'000;
  /// A power request that sets or asks for a state may be on its way this long: longer is bug check 0x9F/3, with the
  /// Verifier or without. 0: for ever. Windows waits for ten minutes.
  std::uint32_t power_limit_ms = 10'000;
  /// An application's request that is not completed within this simulated time is bug check 0xC9/0x200. 0: requests may
  /// wait for ever, as on Windows; see Kernel::outstanding_irps.
  std::uint32_t irp_limit_ms = 0;
  /// A driver's code may run this long, of the host's CPU time, without simulated time passing: longer is bug check
  /// 0x133 or 0xEA, with the Verifier or without. 0: for ever.
  std::uint32_t spin_limit_ms = 10'000;
  /// An ISR or a DPC routine may run, or a spin lock be held, this long in simulated time: longer is bug check 0x133,
  /// with the Verifier or without. 0: for ever. The documented guideline is 25 us for locks and ISRs, 100 us for DPCs.
  std::uint32_t dispatch_limit_us = 1'000;
  /// Map registers an adapter may hold at once (pages).
  unsigned map_registers = 4096;
  /// Every transfer through a copy, as on a machine whose devices do not see the CPU's caches: a driver that reads
  /// before PutScatterGatherList or FlushAdapterBuffers reads old bytes.
  bool dma_bounce = false;
  /// Low-resource simulation: the allocation with this number, from 1, is refused. 0: none.
  std::uint64_t fail_allocation = 0;
  std::vector<RegistryValue> registry;
  std::vector<FileFolder> files;  ///< the first whose name begins a file's name counts
};

/// A return address on a call stack.
struct CallFrame {
  std::string module;        ///< path of the program or shared object
  std::uint64_t offset = 0;  ///< of the call in it
  std::string symbol;        ///< nearest dynamic symbol, demangled; may be empty
};

struct BugCheck {
  std::uint32_t code = 0;
  std::uint64_t parameters[4] = {};
  std::string rule;     ///< e.g. "SpinlockRelease" or "IRQL_NOT_LESS_OR_EQUAL"
  std::string message;  ///< one line for people
  std::uint64_t bus_cycle = 0;
  unsigned cpu = 0, irql = 0;    ///< where it happened
  std::string thread;            ///< name of the thread whose context it was
  std::uint64_t irp = 0;         ///< the IRP it is about, else the one its thread was handling; 0: none
  std::vector<CallFrame> stack;  ///< innermost first
  /// Of a lock order that contradicts an earlier one: where the locks were taken the other way round.
  std::vector<CallFrame> contrary_stack;
};

/// A request that has not come back to whoever sent it.
struct OutstandingIrp {
  std::uint64_t id = 0;
  std::string driver;           ///< whose it is now
  std::string thread;           ///< who waits for it; empty if no thread does
  std::uint64_t bus_cycle = 0;  ///< since when nothing has happened to it
  std::string description;      ///< one line: what it is, where it is, how it got there
};

struct KernelCounters {
  std::uint64_t irps_issued = 0, irps_completed = 0, irps_cancelled = 0, irps_outstanding = 0;
  std::uint64_t isr_calls = 0, dpcs = 0, spurious = 0, storms = 0;
  std::uint64_t pool_bytes_outstanding = 0;
  std::uint64_t allocations = 0;  ///< that Windows may refuse, refused ones included
};

/// In place of a PCI function: a device on the root bus, without resources (drivers that bring their own hardware).
constexpr unsigned kRootDevice = 0x1'0000;

/// One per process (SystemC elaborates once). Construct before sc_start, while elaborating.
class Kernel {
 public:
  Kernel(Hardware& hardware, const KernelConfig& config);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  /// A driver as a plain entry point (`extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING)`, driver ABI).
  using DriverEntryPoint = void*;

  /// Everything below runs inside the simulation, at PASSIVE_LEVEL, in a kernel thread of `run_in_system_thread`.
  /// Loads the driver (DriverEntry), then for PCI function `function` or kRootDevice: PDO, AddDevice, START. Returns
  /// NTSTATUS.
  std::int32_t load_driver(std::string_view name, DriverEntryPoint entry);
  std::int32_t start_device(std::string_view driver, unsigned function);
  /// Puts a loaded filter driver below or above the function driver of the next start_device of `function`.
  std::int32_t add_filter(std::string_view driver, unsigned function, bool upper);
  /// QUERY_STOP and STOP, as for new resources; then START again. A refusal is cancelled and returned.
  std::int32_t stop_device(unsigned function);
  std::int32_t restart_device(unsigned function);
  /// Takes the system from S0 to S1…S4, asking every device first, or back to S0. A refusal leaves it in S0.
  std::int32_t set_system_power(unsigned s_state);
  std::int32_t query_remove_and_remove_device(unsigned function);
  /// IRP_MN_SURPRISE_REMOVAL now, IRP_MN_REMOVE_DEVICE once the last handle is closed.
  std::int32_t surprise_remove_device(unsigned function);
  std::int32_t unload_driver(std::string_view name);

  /// Creates a simulated system thread that runs `body` (may be called before sc_start). Thread ids count from 1.
  std::uint64_t run_in_system_thread(std::string_view name, std::function<void()> body);
  /// The same with previous mode UserMode: what an application's thread is.
  std::uint64_t run_in_user_thread(std::string_view name, std::function<void()> body);

  const BugCheck* bugcheck() const;  ///< nullptr while none happened
  KernelCounters counters() const;
  /// Requests on their way, by id: why a run that has nothing left to do is not finished. Also after sc_start().
  std::vector<OutstandingIrp> outstanding_irps() const;
};

}  // namespace p2p::ntos
