/* What the translation of __try refuses, one case a definition. Line 20 is where. */
void work(void);
int code(void);

void refused(int n) {
#ifdef REFUSE_leave_outside
#line 20
  __leave;
#elif defined REFUSE_no_handler
#line 20
  __try {
    work();
  }
  work();
#elif defined REFUSE_filter_outside
#line 20
  n = GetExceptionCode();
#else
  for (;;) {
    __try {
      work();
    } __finally {
      while (n > 0) {
        if (--n == 5) break;
      }
#line 20
#ifdef REFUSE_finally_return
      return;
#elif defined REFUSE_finally_break
      break;
#else
      goto out;
#endif
    }
  }
out:
  work();
#endif
}
