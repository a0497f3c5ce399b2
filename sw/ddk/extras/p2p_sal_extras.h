// Source annotations that mingw-w64's sal.h lacks; they say nothing to this compiler.
#ifndef P2P_SAL_EXTRAS_H
#define P2P_SAL_EXTRAS_H

#define _Dispatch_type_(x)
#define _Function_class_(x)
#define _IRQL_requires_(x)
#define _IRQL_requires_max_(x)
#define _IRQL_requires_min_(x)
#define _IRQL_requires_same_
#define _IRQL_raises_(x)
#define _IRQL_saves_
#define _IRQL_restores_
#define _IRQL_saves_global_(x, y)
#define _IRQL_restores_global_(x, y)
#define _Kernel_float_used_
#define _Requires_lock_held_(x)
#define _Requires_lock_not_held_(x)
#define _Acquires_lock_(x)
#define _Releases_lock_(x)
#define _Must_inspect_result_
#define _Use_decl_annotations_
#define _Analysis_assume_(x)
#define __drv_aliasesMem
#define __drv_allocatesMem(x)
#define __drv_freesMem(x)
#define __drv_maxIRQL(x)
#define __drv_sameIRQL

#endif
