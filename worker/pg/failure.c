#include "failure.h"

#include <stdio.h>
#include <string.h>

#include "pg/session.h"

/* SQLSTATEs, or their beginnings; the first that fits counts. */
static const struct {
    const char *sqlstate;
    enum fup_code code;
} rows[] = {
    {"FU001", FUP_EFENCED},
    {"08", FUP_EAWAY},    /* connection, of a foreign server too */
    {"25006", FUP_EAWAY}, /* read only: a standby */
    {"26000", FUP_EAWAY}, /* prepared statement is gone: prepared anew */
    {"40001", FUP_EAWAY}, /* serialization */
    {"40P01", FUP_EAWAY}, /* deadlock */
    {"53", FUP_EAWAY},    /* connections, memory, disk */
    {"55P03", FUP_EAWAY}, /* lock not available */
    {"57014", FUP_EAWAY}, /* statement_timeout, or cancelled */
    {"57P01", FUP_EAWAY}, /* shutting down */
    {"57P02", FUP_EAWAY}, /* crashed */
    {"57P03", FUP_EAWAY}, /* starting up */
};

enum fup_code fup_pg_failure_code(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strncmp(sqlstate, rows[i].sqlstate, strlen(rows[i].sqlstate)) ==
            0) {
            return rows[i].code;
        }
    }
    return FUP_EREFUSED;
}

bool fup_pg_err_is_data(const struct fup_err *err)
{
    return strncmp(err->msg, "22", 2) == 0 || strncmp(err->msg, "23", 2) == 0 ||
           strncmp(err->msg, "54", 2) == 0;
}

bool fup_pg_failure_proves(const char *sqlstate)
{
    return strncmp(sqlstate, "08", 2) != 0;
}

static const char *field(const PGresult *res, int which)
{
    const char *text = PQresultErrorField(res, which);

    return text != NULL ? text : "";
}

bool fup_pg_failure_is_stale(const PGresult *res)
{
    const char *sqlstate = field(res, PG_DIAG_SQLSTATE);

    /* 0A000 has many causes and its text is translated; the name of the
     * server's function is not. */
    return strcmp(sqlstate, "26000") == 0 ||
           (strcmp(sqlstate, "0A000") == 0 &&
            strcmp(field(res, PG_DIAG_SOURCE_FUNCTION),
                   "RevalidateCachedQuery") == 0);
}

enum fup_code
fup_pg_failure_set(struct fup_err *err, enum fup_code code, const PGresult *res)
{
    return fup_err_set(err, code, "%s: %s", field(res, PG_DIAG_SQLSTATE),
                       field(res, PG_DIAG_MESSAGE_PRIMARY));
}

/* Blank each @secret in @text. */
static void hide(char *text, const char *secret)
{
    size_t len = strlen(secret);

    for (char *at = text; (at = strstr(at, secret)) != NULL; at += len) {
        memset(at, '*', len);
    }
}

static void make_one_line(char *text)
{
    size_t len = strlen(text);

    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\n' || *c == '\t') {
            *c = ' ';
        }
    }
    while (len > 0 && text[len - 1] == ' ') {
        text[--len] = '\0';
    }
}

enum fup_code fup_pg_failure_set_conn(struct fup_err *err,
                                      enum fup_code code,
                                      const PGconn *conn)
{
    const char *password = PQpass(conn);
    char text[2048]; /* more than @err holds: a cut must not halve a secret */

    (void)snprintf(text, sizeof text, "%s", PQerrorMessage(conn));
    /* Servers repeat what they were told, a user's name for instance. */
    if (password != NULL && strlen(password) > 3) {
        hide(text, password);
    }
    make_one_line(text);
    return fup_err_set(err, code, "%s",
                       text[0] != '\0' ? text : "connection failed");
}
