// What translated __try statements call. P2pSehSave notes the registers of the function and returns 0; a filter, a
// __finally block or a handler is entered by returning from it again with another value. Filters and __finally blocks
// are called: they see the variables of their function through its frame pointer, but the stack below whoever raised
// the exception stays. The functions are compiled so that every variable lives in memory (sw/ddk/cc/main.cpp).
#include <p2p_seh.h>

#include <stddef.h>

enum { kKindFinally = 2 };

// NOLINTBEGIN: assembly knows these names and places.
#define AT(member) __builtin_offsetof(struct P2pSehFrame, member)
_Static_assert(AT(Returns) == 32 && AT(Registers) == 56 && AT(Xmm) == 152, "the places that the code below uses");

#ifdef P2P_ABI_MS
#define FRAME "%rcx"
#define VALUE "%edx"
#define SAVE_XMM(base, place)                                                                                         \
  "movups %xmm6," place "+0(" base ")\n movups %xmm7," place "+16(" base ")\n movups %xmm8," place "+32(" base        \
  ")\n movups %xmm9," place "+48(" base ")\n movups %xmm10," place "+64(" base ")\n movups %xmm11," place "+80(" base \
  ")\n movups %xmm12," place "+96(" base ")\n movups %xmm13," place "+112(" base ")\n movups %xmm14," place           \
  "+128(" base ")\n movups %xmm15," place "+144(" base ")\n"
#define LOAD_XMM(base, place)                                                                                        \
  "movups " place "+0(" base "),%xmm6\n movups " place "+16(" base "),%xmm7\n movups " place "+32(" base             \
  "),%xmm8\n movups " place "+48(" base "),%xmm9\n movups " place "+64(" base "),%xmm10\n movups " place "+80(" base \
  "),%xmm11\n movups " place "+96(" base "),%xmm12\n movups " place "+112(" base "),%xmm13\n movups " place          \
  "+128(" base "),%xmm14\n movups " place "+144(" base "),%xmm15\n"
#else
#define FRAME "%rdi"
#define VALUE "%esi"
#define SAVE_XMM(base, place) ""
#define LOAD_XMM(base, place) ""
#endif

#define LOAD_REGISTERS(base)                                                                                      \
  LOAD_XMM(base, "152")                                                                                           \
  "mov 56(" base "),%rbx\n mov 64(" base "),%rbp\n mov 88(" base "),%r12\n mov 96(" base "),%r13\n mov 104(" base \
  "),%r14\n mov 112(" base "),%r15\n mov 72(" base "),%rsi\n"

// int P2pSehSave(frame)
__asm__(
    ".text\n .globl P2pSehSave\n .hidden P2pSehSave\n .type P2pSehSave,@function\nP2pSehSave:\n"
    "mov %rbx,56(" FRAME ")\n mov %rbp,64(" FRAME ")\n mov %rsi,72(" FRAME ")\n mov %rdi,80(" FRAME
    ")\n"
    "mov %r12,88(" FRAME ")\n mov %r13,96(" FRAME ")\n mov %r14,104(" FRAME ")\n mov %r15,112(" FRAME
    ")\n"
    "lea 8(%rsp),%rax\n mov %rax,120(" FRAME ")\n mov (%rsp),%rax\n mov %rax,128(" FRAME
    ")\n" SAVE_XMM(FRAME, "152") "xor %eax,%eax\n ret\n .size P2pSehSave,.-P2pSehSave\n");

// int p2p_seh_call(frame, part): until P2pSehEnd. The room left on the stack is for the arguments of what the part
// calls, which its function's code puts where the stack pointer is.
__asm__(
    ".globl p2p_seh_call\n .hidden p2p_seh_call\n .type p2p_seh_call,@function\np2p_seh_call:\n"
    "push %rbp\n push %rbx\n push %rsi\n push %rdi\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "sub $168,%rsp\n" SAVE_XMM(
        "%rsp", "0") "push 32(" FRAME ")\n mov %rsp,32(" FRAME
                     ")\n"
                     "lea -4096(%rsp),%rsp\n and $-16,%rsp\n mov " VALUE ",%eax\n mov " FRAME ",%rdx\n" LOAD_REGISTERS(
                         "%rdx") "mov 80(%rdx),%rdi\n jmp *128(%rdx)\n .size p2p_seh_call,.-p2p_seh_call\n");

// void P2pSehEnd(frame, value)
__asm__(
    ".globl P2pSehEnd\n .hidden P2pSehEnd\n .type P2pSehEnd,@function\nP2pSehEnd:\n"
    "mov 32(" FRAME "),%rsp\n pop 32(" FRAME ")\n mov " VALUE ",%eax\n"
    LOAD_XMM("%rsp", "0")
    "add $168,%rsp\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rdi\n pop %rsi\n pop %rbx\n pop %rbp\n ret\n"
    ".size P2pSehEnd,.-P2pSehEnd\n");

// void p2p_seh_jump(frame, part)
__asm__(
    ".globl p2p_seh_jump\n .hidden p2p_seh_jump\n .type p2p_seh_jump,@function\np2p_seh_jump:\n"
    "mov " VALUE ",%eax\n mov " FRAME ",%rdx\n mov 120(%rdx),%rsp\n" LOAD_REGISTERS(
        "%rdx") "mov 80(%rdx),%rdi\n jmp *128(%rdx)\n .size p2p_seh_jump,.-p2p_seh_jump\n");
// NOLINTEND

int p2p_seh_call(struct P2pSehFrame* frame, int part);
void p2p_seh_jump(struct P2pSehFrame* frame, int part);

void P2pSehPush(struct P2pSehFrame* frame, int kind) {
  struct P2pSehFrame** innermost = P2pSehFrames();
  frame->Next = *innermost;
  frame->Call = p2p_seh_call;
  frame->Jump = p2p_seh_jump;
  frame->Pointers = NULL;
  frame->Returns = NULL;
  frame->Kind = kind;
  frame->Code = 0;
  frame->Normal = 0;
  frame->Linked = 1;
  *innermost = frame;
}

// Control leaves the statement, whichever way. The kernel has taken the frame out where an exception was the way.
void P2pSehLeave(struct P2pSehFrame* frame) {
  if (!frame->Linked) return;
  frame->Linked = 0;
  *P2pSehFrames() = frame->Next;
  if (frame->Kind == kKindFinally) p2p_seh_call(frame, P2P_SEH_FINALLY);
}
