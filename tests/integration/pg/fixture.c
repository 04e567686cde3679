#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fixture_missing(void)
{
    if (getenv("FUP_TEST_POSTGRES") != NULL) {
        return 0;
    }
    return getenv("FUP_REQUIRE_SERVICES") != NULL ? 1 : 77;
}

static void on_guard(uv_timer_t *guard)
{
    struct fixture *f = guard->data;

    f->timed_out = true;
}

bool until(struct fixture *f, const int *counter, int want)
{
    f->timed_out = false;
    uv_update_time(&f->loop);
    (void)uv_timer_start(&f->guard, on_guard, WAIT_MS, 0);
    while (*counter < want && !f->timed_out) {
        (void)uv_run(&f->loop, UV_RUN_ONCE);
    }
    (void)uv_timer_stop(&f->guard);
    return *counter >= want;
}

/* Add keyword='value' to the login. */
static void login_add(struct fixture *f, const char *keyword, const char *value)
{
    size_t len = strlen(f->login);

    len += (size_t)snprintf(f->login + len, sizeof f->login - len, "%s='",
                            keyword);
    for (; *value != '\0' && len < sizeof f->login - 4; value++) {
        if (*value == '\'' || *value == '\\') {
            f->login[len++] = '\\';
        }
        f->login[len++] = *value;
    }
    memcpy(f->login + len, "' ", 3);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL || uv_loop_init(&f->loop) != 0) {
        free(f);
        return -1;
    }
    (void)uv_timer_init(&f->loop, &f->guard);
    f->guard.data = f;
    f->admin = PQconnectdb(getenv("FUP_TEST_POSTGRES"));
    if (PQstatus(f->admin) != CONNECTION_OK) {
        (void)fprintf(stderr, "%s", PQerrorMessage(f->admin));
        return -1;
    }
    (void)snprintf(f->name, sizeof f->name, "test-%d", (int)getpid());
    login_add(f, "user", PQuser(f->admin));
    login_add(f, "password", PQpass(f->admin));
    login_add(f, "dbname", PQdb(f->admin));
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    int code;

    if (f->pg != NULL) {
        session_close(f);
    }
    fup_proxy_close(f->proxy);
    PQfinish(f->admin);
    uv_close((uv_handle_t *)&f->guard, NULL);
    (void)uv_run(&f->loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&f->loop);
    if (code == 0 && f->from_inside == 0) {
        free(f);
        return 0;
    }
    (void)fprintf(stderr, "loop: %d, called back from inside: %d\n", code,
                  f->from_inside);
    return -1;
}

long admin(struct fixture *f, const char *sql)
{
    PGresult *res = PQexec(f->admin, sql);
    ExecStatusType status = PQresultStatus(res);
    long value = 0;

    if (status == PGRES_TUPLES_OK && PQntuples(res) > 0) {
        value = strtol(PQgetvalue(res, 0, 0), NULL, 10);
    }
    PQclear(res);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(f->admin));
    }
    return value;
}

void proxy_open(struct fixture *f)
{
    char target[256];

    (void)snprintf(target, sizeof target,
                   PQhost(f->admin)[0] == '/' ? "%s/.s.PGSQL.%s" : "%s:%s",
                   PQhost(f->admin)[0] == '/' ? PQhost(f->admin)
                                              : PQhostaddr(f->admin),
                   PQport(f->admin));
    f->proxy = fup_proxy_open(&f->loop, target);
    assert_non_null(f->proxy);
}

static void on_state(struct fup_pg *pg, bool ready, const struct fup_err *err)
{
    struct fixture *f = fup_pg_data(pg);

    f->from_inside += f->submitting;
    if (ready) {
        f->ready++;
    } else {
        f->lost++;
        f->why = *err;
    }
}

void session_open(struct fixture *f,
                  const char *where,
                  uint64_t connect_ms,
                  uint64_t answer_ms)
{
    char conninfo[1024];
    struct fup_pg_options options = {
        .conninfo = conninfo,
        .application = f->name,
        .connect_ms = connect_ms,
        .answer_ms = answer_ms,
        .on_state = on_state,
        .data = f,
    };
    struct fup_err err = {0};

    (void)snprintf(conninfo, sizeof conninfo, "%s %s",
                   where != NULL ? f->login : "",
                   where != NULL ? where : getenv("FUP_TEST_POSTGRES"));
    f->submitting = true;
    if (fup_pg_open(&f->loop, &options, &f->pg, &err) != FUP_OK) {
        fail_msg("%s", err.msg);
    }
    f->submitting = false;
}

void session_open_proxy(struct fixture *f,
                        uint64_t connect_ms,
                        uint64_t answer_ms)
{
    char where[64];

    (void)snprintf(where, sizeof where, "host=127.0.0.1 port=%d",
                   fup_proxy_port(f->proxy));
    session_open(f, where, connect_ms, answer_ms);
}

static void on_closed(void *data)
{
    struct fixture *f = data;

    f->closed = true;
}

void session_close(struct fixture *f)
{
    f->closed = false;
    f->submitting = true;
    fup_pg_close(f->pg, on_closed, f);
    f->submitting = false;
    while (!f->closed) {
        (void)uv_run(&f->loop, UV_RUN_ONCE);
    }
    f->pg = NULL;
}

static void on_answer(struct fup_pg_request *req,
                      enum fup_code code,
                      const struct fup_pg_rows *rows,
                      const struct fup_err *err)
{
    struct call *call = (struct call *)req; /* its first member */
    struct fixture *f = req->data;

    f->from_inside += f->submitting;
    call->answers++;
    call->place = f->answered++;
    call->code = code;
    call->err = *err;
    if (code == FUP_OK) {
        const char *text = rows->n > 0 ? fup_pg_text(rows, 0, 0) : NULL;

        call->rows = rows->n;
        (void)snprintf(call->text, sizeof call->text, "%s",
                       text != NULL ? text : "(null)");
    }
    if (f->then != NULL) {
        f->then(f, call);
    }
}

struct call *submit(struct fixture *f,
                    const struct fup_statement *statement,
                    const char *param)
{
    struct call *call = &f->calls[f->used++];
    bool before = f->submitting;

    call->req.data = f;
    f->submitting = true;
    fup_pg_submit(f->pg, &call->req, statement, &param, param != NULL,
                  on_answer);
    f->submitting = before;
    return call;
}
