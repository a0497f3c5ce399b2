// A driver without a mistake: the skeleton as it is, and what filters stand on.
#include "skeleton.h"

const HOOKS Hooks = {};
