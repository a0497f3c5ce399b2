// Exits of __try statements, compiled as C and as C++. Each case notes what runs, in order; report() prints it.
#include <ntddk.h>

#include "spelled.h"
#ifndef SPELLED_IN_ANOTHER_CASE
#error another header was found
#endif

#ifdef __cplusplus
#define CASE(name) cpp_##name
#define LANGUAGE "cpp "
extern "C" {
#else
#define CASE(name) c_##name
#define LANGUAGE "c "
#endif

const Implicit = 3;       // MSVC: int
static const Hidden = 4;  // the same

static char g_notes[512];
static size_t g_length;

static void note(const char* text) {
  while (*text != 0 && g_length + 1 < sizeof g_notes) g_notes[g_length++] = *text++;
  g_notes[g_length] = 0;
}
static void report(const char* name) {
  DbgPrint("%s%s:%s", LANGUAGE, name, g_notes);
  g_length = 0;
  g_notes[0] = 0;
}
static void note_abnormal(int abnormal) { note(abnormal ? " finally(abnormal)" : " finally"); }

#define WIDE_TEXT(x) L#x
static void CASE(spellings)(void) {
  const LONGLONG large = 0x100000000I64;
  const ULONGLONG most = 18446744073709551615ui64;
  const WCHAR* text = WIDE_TEXT(a + b);
  note(large >> 32 == 1 && most + 1 == 0 ? " numbers" : " wrong numbers");
  note(text[0] == L'a' && text[4] == L'b' && text[5] == 0 ? " text" : " wrong text");
#ifndef __cplusplus
  try {
    leave;
  } finally {
    note(" words");
  }
#endif
}

static void CASE(finally_fallthrough)(void) {
  __try {
    note(" body");
  } __finally {
    note_abnormal(AbnormalTermination());
  }
  note(" after");
}

static int CASE(finally_return_inner)(void) {
  int value = 1;
  __try {
    __try {
      note(" body");
      return value++ + Implicit;
    } __finally {
      note_abnormal(AbnormalTermination());
      value = 100;  // too late: the value of the return is known
    }
  } __finally {
    note(" outer");
    note_abnormal(AbnormalTermination());
  }
  return 0;
}
static void CASE(finally_return)(void) {
  if (CASE(finally_return_inner)() == 4) note(" returned");
}

static void CASE(finally_goto)(void) {
  __try {
    note(" body");
    goto out;
  } __finally {
    note_abnormal(AbnormalTermination());
  }
  note(" skipped");
out:
  note(" out");
}

static void CASE(finally_break_continue)(void) {
  int i;
  for (i = 0; i < Hidden; ++i) {
    __try {
      if (i == 0) continue;
      if (i == 2) break;
      note(" body");
    } __finally {
      note_abnormal(AbnormalTermination());
    }
    note(" next");
  }
}

static void CASE(leave_early)(void) {
  int turns = 0;
  __try {
    for (;;) {
      int initialised = turns;
      __try {
        if (initialised == 1) __leave;
        note(" body");
      } __finally {
        note_abnormal(AbnormalTermination());
      }
      if (++turns == 2) __leave;
    }
    int crossed = 7;
    if (crossed) note(" skipped");
  } __finally {
    note(" outer");
    note_abnormal(AbnormalTermination());
  }
}

// A filter sees the variables, and runs before any __finally.
static int CASE(ask)(const int* variable, ULONG code, PEXCEPTION_POINTERS pointers) {
  note(*variable == 42 ? " filter" : " filter?");
  if (code != (ULONG)STATUS_DEVICE_BUSY) note(" code?");
  if (pointers->ExceptionRecord->ExceptionCode != (NTSTATUS)code) note(" record?");
  return EXCEPTION_EXECUTE_HANDLER;
}
static void CASE(raise_deep)(NTSTATUS status, int depth) {
  volatile char room[256];
  room[0] = (char)depth;
  if (depth < 0) return;
  __try {
    if (depth == 0) ExRaiseStatus(status);
    CASE(raise_deep)(status, depth - 1);
    note(" skipped");
  } __finally {
    note_abnormal(AbnormalTermination());
  }
  room[1] = room[0];
}
static void CASE(except_order)(void) {
  int variable = 1;
  __try {
    variable = 42;
    CASE(raise_deep)(STATUS_DEVICE_BUSY, 1);
    note(" skipped");
  } __except (CASE(ask)(&variable, GetExceptionCode(), GetExceptionInformation())) {
    note(" handler");
    if (GetExceptionCode() != (ULONG)STATUS_DEVICE_BUSY) note(" code?");
    if (variable != 42) note(" variable?");
  }
  note(" after");
}

static void CASE(except_passes_on)(void) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (GetExceptionCode() == (ULONG)STATUS_DEVICE_BUSY ? EXCEPTION_EXECUTE_HANDLER
                                                                : EXCEPTION_CONTINUE_SEARCH) {
      note(" wrong");
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(" right");
  }
}

static void CASE(raise_in_handler)(void) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      note(" first");
      ExRaiseStatus(STATUS_DEVICE_BUSY);
    }
  } __except (GetExceptionCode() == (ULONG)STATUS_DEVICE_BUSY) {
    note(" second");
  }
}

static void CASE(raise_in_finally)(void) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __finally {
      note_abnormal(AbnormalTermination());
      ExRaiseStatus(STATUS_DEVICE_BUSY);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(GetExceptionCode() == (ULONG)STATUS_DEVICE_BUSY ? " replaced" : " kept");
  }
}

static void CASE(finally_around_exception_in_loop)(void) {
  int i;
  for (i = 0; i < 2; ++i) {
    __try {
      __try {
        note(" body");
        ExRaiseStatus(STATUS_NO_MEMORY);
      } __finally {
        int turn;
        for (turn = 0; turn < 5; ++turn) {
          if (turn == 1) break;  // of a loop inside the block: no jump out
        }
        note_abnormal(AbnormalTermination());
      }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      note(" handler");
      if (i == 1) break;
      continue;
    }
    note(" skipped");
  }
}

static NTSTATUS CASE(handler_returns_inner)(void) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return (NTSTATUS)GetExceptionCode();
  }
  return STATUS_SUCCESS;
}
static void CASE(handler_returns)(void) {
  if (CASE(handler_returns_inner)() == STATUS_NO_MEMORY) note(" status");
}

// Undefined for a sanitizer, an exception for the processor.
__attribute__((no_sanitize("undefined"))) static void CASE(faults)(void) {
  int* volatile nothing = NULL;
  volatile int zero = 0;
  __try {
    *nothing = 1;
    note(" skipped");
  } __except (GetExceptionCode() == (ULONG)STATUS_ACCESS_VIOLATION &&
              (GetExceptionInformation())->ExceptionRecord->ExceptionInformation[0] == 1) {
    note(" write");
  }
  __try {
    zero = 10 / zero;
    note(" skipped");
  } __except (GetExceptionCode() == (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO) {
    note(" divide");
  }
}

static void CASE(probes)(void) {
  PMDL mdl;
  __try {
    ProbeForRead((PVOID)0x10001, 4, 4);
  } __except (GetExceptionCode() == (ULONG)STATUS_DATATYPE_MISALIGNMENT) {
    note(" misaligned");
  }
  __try {
    ProbeForRead(g_notes, 4, 1);  // a driver's own
  } __except (GetExceptionCode() == (ULONG)STATUS_ACCESS_VIOLATION) {
    note(" kernel");
  }
  __try {
    ProbeForWrite(NULL, 4, 1);
  } __except (GetExceptionCode() == (ULONG)STATUS_ACCESS_VIOLATION) {
    note(" null");
  }
  mdl = IoAllocateMdl((PVOID)0x10000, 4, FALSE, FALSE, NULL);
  __try {
    MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    note(" locked");
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(" lock");
  }
  IoFreeMdl(mdl);
}

static void CASE(not_continuable)(void) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (GetExceptionCode() == (ULONG)STATUS_NO_MEMORY ? EXCEPTION_CONTINUE_EXECUTION
                                                              : EXCEPTION_CONTINUE_SEARCH) {
      note(" wrong");
    }
  } __except (GetExceptionCode() == (ULONG)STATUS_NONCONTINUABLE_EXCEPTION) {
    note(" noncontinuable");
  }
}

_Use_decl_annotations_ static void CASE(run)(void) {
  PAGED_CODE();
#define RUN(name) \
  CASE(name)();   \
  report(#name)
  RUN(spellings);
  RUN(finally_fallthrough);
  RUN(finally_return);
  RUN(finally_goto);
  RUN(finally_break_continue);
  RUN(leave_early);
  RUN(except_order);
  RUN(except_passes_on);
  RUN(raise_in_handler);
  RUN(raise_in_finally);
  RUN(finally_around_exception_in_loop);
  RUN(handler_returns);
  RUN(faults);
  RUN(probes);
  RUN(not_continuable);
}

#ifdef __cplusplus
}
#endif
