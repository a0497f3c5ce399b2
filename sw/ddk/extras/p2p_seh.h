// Structured exception handling between a driver's translated __try statements (sw/ddk/cc/seh.cpp), their run time
// (crt/seh.c) and the kernel that raises exceptions. C; needs no other header.
#ifndef P2P_SEH_H
#define P2P_SEH_H

#ifdef __cplusplus
extern "C" {
#endif

struct _EXCEPTION_POINTERS;

/// What a part of a __try statement is entered with: the value of P2pSehSave when it returns again.
#define P2P_SEH_FILTER 1
#define P2P_SEH_FINALLY 2
#define P2P_SEH_HANDLER 3

/// A __try statement that is being executed; a thread's are linked from the innermost out.
struct P2pSehFrame {
  struct P2pSehFrame* Next;
  /// Calls the filter (its value is the result) or the __finally block on top of the stack, as it stands.
  int(P2P_NTAPI* Call)(struct P2pSehFrame* Frame, int Part);
  /// Gives up the stack above the statement and goes on in its __except block.
  void(P2P_NTAPI* Jump)(struct P2pSehFrame* Frame, int Part);
  struct _EXCEPTION_POINTERS* Pointers;  ///< while its filter runs
  void* Returns;                         ///< stack of the innermost Call in progress
  int Kind;                              ///< 1: __except, 2: __finally
  int Code;                              ///< of the exception its filter or handler is for
  int Normal;                            ///< the block ended at its end, or by __leave
  int Linked;
  unsigned long Registers[12];  ///< rbx rbp rsi rdi r12 r13 r14 r15 rsp rip
  unsigned char Xmm[160];       ///< xmm6 to xmm15
};

/// The calling thread's innermost frame. Kernel export; any IRQL.
struct P2pSehFrame** P2P_NTAPI P2pSehFrames(void);

#ifdef P2P_DDK_DRIVER
void P2pSehPush(struct P2pSehFrame* frame, int kind);
int P2pSehSave(struct P2pSehFrame* frame) __attribute__((returns_twice));
void P2pSehLeave(struct P2pSehFrame* frame);
void P2pSehEnd(struct P2pSehFrame* frame, int value) __attribute__((noreturn));
static __inline__ __attribute__((noreturn, unused)) void P2pSehDone(struct P2pSehFrame* frame) { P2pSehEnd(frame, 0); }
static __inline__ __attribute__((unused)) unsigned int P2pSehCode(const struct P2pSehFrame* frame) {
  return (unsigned int)frame->Code;
}
static __inline__ __attribute__((unused)) struct _EXCEPTION_POINTERS* P2pSehInformation(
    const struct P2pSehFrame* frame) {
  return frame->Pointers;
}
static __inline__ __attribute__((unused)) int P2pSehAbnormal(const struct P2pSehFrame* frame) { return !frame->Normal; }
#endif

#ifdef __cplusplus
}
#endif
#endif
