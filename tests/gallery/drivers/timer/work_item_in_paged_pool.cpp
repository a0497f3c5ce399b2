// gallery: 0xC4 0x131
// A work item lies in paged pool; the queue is walked at DISPATCH_LEVEL.
#include "skeleton.h"

struct JOB {
  WORK_QUEUE_ITEM Item;
  KEVENT* Done;
};

static VOID Work(PVOID Context) { KeSetEvent(static_cast<JOB*>(Context)->Done, IO_NO_INCREMENT, FALSE); }

static NTSTATUS Control(PDEVICE, PIRP Irp) {
#ifdef FIXED
  const POOL_TYPE type = NonPagedPool;
#else
  const POOL_TYPE type = PagedPool;
#endif
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  JOB* job = static_cast<JOB*>(ExAllocatePoolWithTag(type, sizeof(JOB), GALLERY_TAG));
  if (job == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  job->Done = &done;
  ExInitializeWorkItem(&job->Item, Work, job);
  ExQueueWorkItem(&job->Item, DelayedWorkQueue);
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
  ExFreePoolWithTag(job, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
