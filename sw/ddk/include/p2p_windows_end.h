// Ends what p2p_windows_begin.h began.
#undef _WIN32
#undef _WIN64
#undef WIN32
#undef _AMD64_
#undef _M_AMD64
#undef _M_X64
