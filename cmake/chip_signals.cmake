# cmake -DHEADER=Vvcap___024root.h -DOUTPUT=chip_signals.inc -P chip_signals.cmake
# Every port of the Verilated design as a line P2P_CHIP_PORT(member, "path", bits), every register of it (…_q) as a line
# P2P_CHIP_SIGNAL(member, "path", bits).
set(out "")
file(STRINGS ${HEADER} lines REGEX "^ *VL_(IN|OUT)[0-9]*\\([A-Za-z0-9_]+,[0-9]+,0\\);$")
foreach(line IN LISTS lines)
  string(REGEX MATCH "\\(([A-Za-z0-9_]+),([0-9]+),0\\)" matched "${line}")
  math(EXPR bits "${CMAKE_MATCH_2} + 1")
  string(APPEND out "P2P_CHIP_PORT(${CMAKE_MATCH_1}, \"${CMAKE_MATCH_1}\", ${bits})\n")
endforeach()
file(STRINGS ${HEADER} lines REGEX "^ *[CSIQ]Data/\\*[0-9]+:0\\*/ vcap__DOT__.*_q;$")
foreach(line IN LISTS lines)
  string(REGEX MATCH "/\\*([0-9]+):0\\*/ ([A-Za-z0-9_]+);" matched "${line}")
  math(EXPR bits "${CMAKE_MATCH_1} + 1")
  set(member ${CMAKE_MATCH_2})
  if(member MATCHES "__V")
    continue()  # Verilator's own
  endif()
  string(REGEX REPLACE "^vcap__DOT__" "" path ${member})
  string(REGEX REPLACE "__BRA__([0-9]+)__KET__" "[\\1]" path ${path})
  string(REPLACE "__DOT__" "." path ${path})
  string(APPEND out "P2P_CHIP_SIGNAL(${member}, \"${path}\", ${bits})\n")
endforeach()
file(WRITE ${OUTPUT} "${out}")
