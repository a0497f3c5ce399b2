// The package's, and what it lacks for cameras.
#include_next <ks.h>
#include <p2p_ks_extras.h>
