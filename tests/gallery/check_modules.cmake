# cmake "-DFILES=GLOB" -DTOOL=nm -DABI=ms|sysv -DCHECK=check_module.cmake -P check_modules.cmake
file(GLOB files ${FILES})
foreach(file IN LISTS files)
  set(FILE ${file})
  include(${CHECK})
endforeach()
