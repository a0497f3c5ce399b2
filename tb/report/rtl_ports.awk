# The ports of a SystemVerilog module and the lines of their declarations, as initialisers of C++.
/^ *(input|output) +logic/ {
  line = $0
  sub(/ *\/\/.*/, "", line)
  sub(/,? *$/, "", line)
  sub(/.*[ \]]/, "", line)
  printf "{\"%s\", %d},\n", line, FNR
}
