# Targets every target of ours links: include root, warnings as errors, optional sanitizers.
add_library(p2p_options INTERFACE)
target_include_directories(p2p_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(p2p_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(P2P_SANITIZE)
  target_compile_options(p2p_options INTERFACE -fsanitize=${P2P_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # Interfaces implemented in a driver carry no run-time type information.
    -fno-sanitize=vptr
    # Instrumented, std::regex looks to GCC as if it were not initialised (GCC bug 105562).
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
  target_link_options(p2p_options INTERFACE -fsanitize=${P2P_SANITIZE})
endif()
# GCC 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(p2p_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
