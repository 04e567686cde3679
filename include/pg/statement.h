/* SQL that is embedded at build time from sql/: no SQL in C strings. */

#ifndef FUP_PG_STATEMENT_H
#define FUP_PG_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

/* One file of sql/statements: prepared once a connection under @name. The line
 * "-- format: binary" in it says how its rows are to come. */
struct fup_statement {
    const char *name;
    const char *sql;
    bool binary; /* its rows come in PostgreSQL's binary format */
};

/* One file of sql/migrations, functions or adapters. @name is the file's name
 * without ".sql". */
struct fup_script {
    const char *name;
    const char *sql;
};

/* In order of their numbers. */
extern const struct fup_script fup_migrations[];
extern const size_t fup_migrations_n;

/* Made anew, all together, when one of them differs from what is installed. */
extern const struct fup_script fup_functions[];
extern const size_t fup_functions_n;

extern const struct fup_script fup_adapters[];
extern const size_t fup_adapters_n;

#endif
