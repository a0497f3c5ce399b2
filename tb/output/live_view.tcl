# GTKWave runs this twice a second while `pin2pin run --live` goes on: it loads what the waveform has got since. A window
# that stands at the end stays at the end. Loading takes longer as the file grows; it may take a fifth of the time.
if {![namespace exists pin2pin]} {
  namespace eval pin2pin {
    variable bytes 0 next 0 begun 0

    proc width {} { expr {[gtkwave::getWindowEndTime] - [gtkwave::getWindowStartTime]} }

    proc show_more {} {
      variable bytes
      variable next
      variable begun
      # The folder is renamed when the run is over: GTKWave is still in it, but Tcl keeps the name that it had.
      set file /proc/[pid]/cwd/trace.fst
      if {[clock milliseconds] < $next || ![file exists $file] || [file size $file] == $bytes} return
      set bytes [file size $file]
      set began [clock milliseconds]
      # To a fiftieth of the window: its end is a pixel's, and GTKWave rounds. At first nobody has put it anywhere.
      set at_end [expr {!$begun || [gtkwave::getWindowEndTime] + [width] / 50 >= [gtkwave::getMaxTime]}]
      set begun 1
      gtkwave::reLoadFile
      if {$at_end} { gtkwave::setWindowStartTime [expr {[gtkwave::getMaxTime] - [width]}] }
      set next [expr {[clock milliseconds] + 4 * ([clock milliseconds] - $began)}]
    }
  }
}
pin2pin::show_more
