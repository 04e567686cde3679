# Builds a project that embeds SQL and prints it; then edits, adds and removes
# files and wants to see each change after a plain build.

set(sql ${WORK_DIR}/sql)
file(REMOVE_RECURSE ${WORK_DIR})
file(WRITE ${WORK_DIR}/CMakeLists.txt "
cmake_minimum_required(VERSION 3.25)
project(embed_test LANGUAGES C)
include(${SOURCE_DIR}/cmake/embed.cmake)
add_executable(show show.c)
target_include_directories(show PRIVATE ${SOURCE_DIR}/include)
target_compile_options(show PRIVATE
  -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror)
fup_embed_sql(show ${sql})
")
file(WRITE ${WORK_DIR}/show.c [[
#include <stdio.h>

#include "pg/statements.h"

int main(void)
{
    for (size_t i = 0; i < fup_migrations_n; i++) {
        printf("m %s=%s\n", fup_migrations[i].name, fup_migrations[i].sql);
    }
    for (size_t i = 0; i < fup_functions_n; i++) {
        printf("f %s=%s\n", fup_functions[i].name, fup_functions[i].sql);
    }
    for (size_t i = 0; i < fup_adapters_n; i++) {
        printf("a %s=%s\n", fup_adapters[i].name, fup_adapters[i].sql);
    }
#ifdef STATEMENT
    printf("s %s=%s%s\n", STATEMENT.name, STATEMENT.sql,
           STATEMENT.binary ? "b" : "t");
#endif
    return 0;
}
]])

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code
    OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(code)
    message(FATAL_ERROR "${ARGN}: ${code}\n${out}")
  endif()
endfunction()

# Build and compare what the program prints.
function(expect what text)
  run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
  execute_process(COMMAND ${WORK_DIR}/build/show OUTPUT_VARIABLE out)
  if(NOT out STREQUAL text)
    message(FATAL_ERROR "${what}: got\n${out}\nnot\n${text}")
  endif()
endfunction()

run(${CMAKE_COMMAND} -S ${WORK_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
  -D CMAKE_C_COMPILER=${COMPILER})
expect("no folders at all" "")

file(WRITE ${sql}/migrations/0002_b.sql "select 2")
file(WRITE ${sql}/migrations/0001_a.sql "select 'ä', \"\\\\;[1]\"")
expect("added, sorted" "m 0001_a=select 'ä', \"\\\\;[1]\"\nm 0002_b=select 2\n")

string(REPEAT "x" 5000 long)
file(WRITE ${sql}/migrations/0001_a.sql "${long}")
expect("edited, long" "m 0001_a=${long}\nm 0002_b=select 2\n")

file(REMOVE ${sql}/migrations/0001_a.sql)
file(WRITE ${sql}/adapters/plain.sql "")
file(WRITE ${sql}/functions/time.sql "f")
expect("removed; an empty one" "m 0002_b=select 2\nf time=f\na plain=\n")

file(WRITE ${sql}/statements/fire_next.sql "-- one\nselect 1\n")
file(APPEND ${WORK_DIR}/CMakeLists.txt
  "target_compile_definitions(show PRIVATE STATEMENT=fup_sql_fire_next)\n")
expect("a statement"
  "m 0002_b=select 2\nf time=f\na plain=\ns fire_next=-- one\nselect 1\nt\n")
file(WRITE ${sql}/statements/fire_next.sql "-- one\n-- format: binary\n")
string(CONCAT all "m 0002_b=select 2\nf time=f\na plain=\n"
  "s fire_next=-- one\n-- format: binary\nb\n")
expect("a binary one" "${all}")
file(WRITE ${sql}/statements/fire_next.sql "-- one\nselect 1\n")

file(WRITE ${sql}/adapters/shared/x.sql "shared\n")
file(WRITE ${sql}/adapters/plain.sql "\\ir shared/x.sql\nown\n")
set(rest "s fire_next=-- one\nselect 1\nt\n")
expect("another file in place of the first line"
  "m 0002_b=select 2\nf time=f\na plain=shared\n\nown\n\n${rest}")
file(WRITE ${sql}/adapters/shared/x.sql "other")
expect("which was edited"
  "m 0002_b=select 2\nf time=f\na plain=other\nown\n\n${rest}")
