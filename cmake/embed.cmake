# SQL as C: statements, migrations, functions and adapters become constants.
#
# Included, it offers
#
#   fup_embed_sql(TARGET DIRECTORY)
#
# which adds to TARGET one source with
#
#   DIRECTORY/statements/NAME.sql  const struct fup_statement fup_sql_NAME;
#                                  a line "-- format: binary" asks for its rows
#                                  in that format
#   DIRECTORY/migrations/*.sql     fup_migrations[], fup_migrations_n
#   DIRECTORY/functions/*.sql      fup_functions[], fup_functions_n
#   DIRECTORY/adapters/*.sql       fup_adapters[], fup_adapters_n
#
# sorted by name, and on its public include path the header pg/statements.h,
# which declares the first. A file that is edited, added or removed is seen by
# the next build. Folders may be empty or missing.
#
# Run as a script (cmake -P), it writes the two files:
#   -D LIST=   file with one SQL file a line, as "kind path"
#   -D HEADER= -D SOURCE=   what to write

cmake_minimum_required(VERSION 3.25)

function(fup_embed_sql target directory)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embed)
  set(lines "")
  set(files "")
  foreach(kind IN ITEMS statements migrations functions adapters)
    file(GLOB found CONFIGURE_DEPENDS ${directory}/${kind}/*.sql)
    foreach(path IN LISTS found)
      string(APPEND lines "${kind} ${path}\n")
    endforeach()
    list(APPEND files ${found})
  endforeach()
  file(GLOB shared CONFIGURE_DEPENDS ${directory}/adapters/shared/*.sql)
  list(APPEND files ${shared})
  # Rewritten only when it changes, so that a removed file is noticed too.
  file(CONFIGURE OUTPUT ${out}/list.txt CONTENT "${lines}" @ONLY)
  add_custom_command(
    OUTPUT ${out}/include/pg/statements.h ${out}/sql.c
    COMMAND ${CMAKE_COMMAND} -D LIST=${out}/list.txt
      -D HEADER=${out}/include/pg/statements.h -D SOURCE=${out}/sql.c
      -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${out}/list.txt ${files} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Embedding SQL" VERBATIM)
  target_sources(${target}
    PRIVATE ${out}/sql.c ${out}/include/pg/statements.h)
  target_include_directories(${target} PUBLIC ${out}/include)
  # Whoever includes the header waits for it, by linking the target.
  add_custom_target(${target}_sql DEPENDS ${out}/include/pg/statements.h)
  add_dependencies(${target} ${target}_sql)
endfunction()

# Bytes rather than a string: literals over 4095 bytes are not portable C.
# Character constants rather than numbers: those over 127 overflow a char.
# A first line "\\ir NAME" stands for that file, beside this one, as in psql.
function(bytes_of path ret)
  file(READ ${path} hex HEX)
  file(STRINGS ${path} first LIMIT_COUNT 1)
  if(first MATCHES "^\\\\ir (.+)$")
    get_filename_component(folder ${path} DIRECTORY)
    file(READ ${folder}/${CMAKE_MATCH_1} included HEX)
    string(LENGTH "${first}" length)
    math(EXPR length "${length} * 2")
    string(SUBSTRING ${hex} ${length} -1 hex)
    string(PREPEND hex ${included})
  endif()
  string(REGEX MATCHALL ".." pairs "${hex}")
  if("00" IN_LIST pairs)
    message(FATAL_ERROR "${path}: holds a zero byte")
  endif()
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," text "${hex}")
  string(REPEAT "." 70 ten) # ten of them to a line
  string(REGEX REPLACE "(${ten})" "\\1\n" text "${text}")
  set(${ret} "${text}" PARENT_SCOPE)
endfunction()

function(write_files)
  file(STRINGS ${LIST} lines)
  set(head "/* Made from sql/ by cmake/embed.cmake: edit there. */\n\n")
  set(header "")
  set(source "")
  set(migrations "")
  set(functions "")
  set(adapters "")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z]+) (.*)$" line "${line}")
    set(kind ${CMAKE_MATCH_1})
    set(path ${CMAKE_MATCH_2})
    get_filename_component(name ${path} NAME_WLE)
    if(NOT name MATCHES "^[a-z0-9][a-z0-9_]*$")
      message(FATAL_ERROR "${path}: name it in lower case, digits and _")
    endif()
    bytes_of(${path} bytes)
    string(APPEND source "static const char ${kind}_${name}[] = {\n${bytes}0};\n")
    if(kind STREQUAL "statements")
      file(STRINGS ${path} format REGEX "^-- format: binary$")
      if(format)
        set(binary true)
      else()
        set(binary false)
      endif()
      string(APPEND header "extern const struct fup_statement fup_sql_${name};\n")
      string(APPEND source "const struct fup_statement fup_sql_${name} = {"
        "\"${name}\", ${kind}_${name}, ${binary}};\n")
    else()
      string(APPEND ${kind} "    {\"${name}\", ${kind}_${name}},\n")
    endif()
  endforeach()
  # A last row of nulls, for C knows no empty arrays.
  foreach(kind IN ITEMS migrations functions adapters)
    string(APPEND source
      "const struct fup_script fup_${kind}[] = {\n${${kind}}    {0, 0},\n};\n"
      "const size_t fup_${kind}_n =\n"
      "    sizeof fup_${kind} / sizeof fup_${kind}[0] - 1;\n")
  endforeach()
  set(guard FUP_PG_STATEMENTS_H)
  file(WRITE ${HEADER} "${head}#ifndef ${guard}\n#define ${guard}\n\n"
    "#include \"pg/statement.h\"\n\n${header}\n#endif\n")
  file(WRITE ${SOURCE} "${head}#include \"pg/statements.h\"\n\n${source}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  write_files()
endif()
