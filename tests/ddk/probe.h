// What the probe driver and the test that loads it agree on. Include after a DDK header.
#pragma once

EXTERN_C VOID NTAPI ProbeExpect(BOOLEAN Holds, PCSTR What, ULONG Line);
EXTERN_C ULONG64 NTAPI ProbeTenArguments(ULONG64 a, ULONG64 b, ULONG64 c, ULONG64 d, ULONG64 e, ULONG64 f, ULONG64 g,
                                         ULONG64 h, ULONG64 i, ULONG64 j);
EXTERN_C ULONG64 NTAPI ProbeVariadic(ULONG Count, ...);
typedef struct _PROBE_PAIR {
  ULONG64 First, Second;
} PROBE_PAIR;
EXTERN_C PROBE_PAIR NTAPI ProbeReturnsStruct(ULONG64 Value);

#define EXPECT(condition) ProbeExpect((condition) ? TRUE : FALSE, #condition, __LINE__)

// The test hands this to the driver as its registry path.
#ifdef __cplusplus
struct IProbe {
  virtual ULONG64 STDMETHODCALLTYPE Add(ULONG64 Left, ULONG64 Right) = 0;
  virtual ULONG64 STDMETHODCALLTYPE Five(ULONG64 a, ULONG64 b, ULONG64 c, ULONG64 d, ULONG64 e) = 0;
};
typedef ULONG64(NTAPI* PPROBE_CALLBACK)(IProbe* Host, ULONG64 Value);
struct PROBE_EXCHANGE {
  IProbe* Host;
  PPROBE_CALLBACK Callback;
  IProbe* Driver;
  GUID VideoCategory;
  PIO_COMPLETION_ROUTINE Completion;
  PIO_COMPLETION_ROUTINE CompletionInC;
};
#endif
