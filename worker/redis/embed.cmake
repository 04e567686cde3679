# Turn Lua files into a C file with one script each, as byte arrays.
#
#   cmake -D OUT=scripts.c -D PRELUDE=fence.lua -D FENCED=a.lua;b.lua
#         -D PLAIN=c.lua -P embed.cmake
#
# PRELUDE stands before each of FENCED.

function(bytes_of ret file)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  string(REPEAT "0x..," 12 line)
  string(REGEX REPLACE "(${line})" "\\1\n" hex "${hex}")
  set(${ret} "${hex}" PARENT_SCOPE)
endfunction()

function(add_script prelude file)
  get_filename_component(name ${file} NAME_WE)
  bytes_of(bytes ${file})
  string(APPEND text "\nstatic const char ${name}_text[] = {\n")
  string(APPEND text "${prelude}${bytes}0};\n\n")
  string(APPEND text "struct fup_redis_script fup_script_${name} = {\n")
  string(APPEND text "    .name = \"${name}\", .text = ${name}_text};\n")
  file(APPEND ${OUT}.new "${text}")
endfunction()

file(WRITE ${OUT}.new "/* Made by embed.cmake. */\n\n#include \"scripts.h\"\n")
bytes_of(prelude ${PRELUDE})
foreach(file IN LISTS FENCED)
  add_script("${prelude}" ${file})
endforeach()
foreach(file IN LISTS PLAIN)
  add_script("" ${file})
endforeach()
file(RENAME ${OUT}.new ${OUT})
