// CMake wants a source of its own in the library that verilate() fills.
