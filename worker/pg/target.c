#include "target.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

/* libpq quotes pieces of the conninfo, and any of them may be a piece of a
 * password that was not escaped: keep its words up to the first such piece. The
 * separators that it quotes are harmless. */
static void refuse(struct fup_err *err, const char *libpq)
{
    size_t len = strcspn(libpq, "\n");

    for (const char *quote = libpq; (quote = strchr(quote, '"')) != NULL;) {
        if (strchr("=:/]", quote[1]) == NULL || quote[1] == '\0' ||
            quote[2] != '"' || strchr(" )", quote[3]) == NULL) {
            len = (size_t)(quote - libpq);
            break;
        }
        quote += 3;
    }
    while (len > 0 && strchr(" :\n", libpq[len - 1]) != NULL) {
        len--;
    }
    (void)fup_err_set(err, FUP_EINVAL, "connection string: %.*s", (int)len,
                      libpq);
}

static const char *value_of(const PQconninfoOption *options,
                            const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0) {
            return options->val != NULL ? options->val : "";
        }
    }
    return "";
}

/* What @target says, else the environment. */
static const char *effective(const struct fup_pg_target *target,
                             const PQconninfoOption *defaults,
                             const char *keyword)
{
    const char *value = value_of(target->given, keyword);

    return value[0] != '\0' ? value : value_of(defaults, keyword);
}

static int count_items(const char *list)
{
    int n = 1;

    for (; *list != '\0'; list++) {
        n += *list == ',';
    }
    return n;
}

/* Copy item @at of @list, which is separated by commas; a list of one counts
 * for all. False when it does not fit. */
static bool copy_item(const char *list, int at, char *ret, size_t size)
{
    size_t len;

    if (strchr(list, ',') == NULL) {
        at = 0;
    }
    for (; at > 0; at--) {
        list = strchr(list, ',') + 1;
    }
    len = strcspn(list, ",");
    if (len >= size) {
        return false;
    }
    memcpy(ret, list, len);
    ret[len] = '\0';
    return true;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long port = strtol(text, NULL, 10);

    return text[0] == '\0' ||
           (text[digits] == '\0' && port > 0 && port < 65536);
}

static bool is_address(const char *text)
{
    unsigned char addr[16];

    return uv_inet_pton(AF_INET, text, addr) == 0 ||
           uv_inet_pton(AF_INET6, text, addr) == 0;
}

/* A slash begins a folder, an @ an abstract socket. */
static bool is_socket(const char *name)
{
    return name[0] == '\0' || name[0] == '/' || name[0] == '@';
}

static enum fup_code host_init(struct fup_pg_host *host, struct fup_err *err)
{
    if (!is_port(host->port)) {
        return fup_err_set(err, FUP_EINVAL,
                           "connection string: the port is no number from 1 "
                           "to 65535");
    }
    if (host->name[0] != '\0' && strchr(host->name + 1, '@') != NULL) {
        return fup_err_set(err, FUP_EINVAL,
                           "connection string: the host holds an @; in a "
                           "password write %%40 for it");
    }
    if (host->addr[0] == '\0' && !is_socket(host->name)) {
        if (is_address(host->name) && strlen(host->name) < sizeof host->addr) {
            memcpy(host->addr, host->name, strlen(host->name) + 1);
        } else {
            host->resolve = true;
        }
    }
    return FUP_OK;
}

static enum fup_code hosts_init(struct fup_pg_target *target,
                                const PQconninfoOption *defaults,
                                struct fup_err *err)
{
    const char *name = effective(target, defaults, "host");
    const char *addr = effective(target, defaults, "hostaddr");
    const char *port = effective(target, defaults, "port");
    int n = count_items(addr[0] != '\0' ? addr : name);

    if ((name[0] != '\0' && count_items(name) != n) ||
        (count_items(port) != n && count_items(port) != 1)) {
        return fup_err_set(err, FUP_EINVAL,
                           "connection string: not as many host, hostaddr and "
                           "port as one another");
    }
    if (n > FUP_PG_HOSTS_MAX) {
        return fup_err_set(err, FUP_EINVAL,
                           "connection string: more than %d hosts",
                           FUP_PG_HOSTS_MAX);
    }
    for (int i = 0; i < n; i++) {
        struct fup_pg_host *host = &target->hosts.at[i];

        if (!copy_item(name, i, host->name, sizeof host->name) ||
            !copy_item(addr, i, host->addr, sizeof host->addr) ||
            !copy_item(port, i, host->port, sizeof host->port)) {
            return fup_err_set(err, FUP_EINVAL,
                               "connection string: host, hostaddr or port is "
                               "too long");
        }
        if (host_init(host, err) != FUP_OK) {
            return FUP_EINVAL;
        }
    }
    target->hosts.n = n;
    return FUP_OK;
}

static enum fup_code
parse(struct fup_pg_target *target, const char *conninfo, struct fup_err *err)
{
    char *text = NULL;
    PQconninfoOption *defaults;
    enum fup_code code;

    target->given = PQconninfoParse(conninfo, &text);
    if (target->given == NULL) {
        if (text == NULL) {
            return fup_err_set(err, FUP_ENOMEM, "out of memory");
        }
        refuse(err, text);
        PQfreemem(text);
        return FUP_EINVAL;
    }
    if (value_of(target->given, "service")[0] != '\0') {
        /* libpq would resolve the host that it finds there, and block. */
        return fup_err_set(err, FUP_EINVAL,
                           "connection string: write host and port instead of "
                           "service");
    }
    defaults = PQconndefaults();
    if (defaults == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    code = hosts_init(target, defaults, err);
    if (code == FUP_OK) {
        target->options = strdup(effective(target, defaults, "options"));
        if (target->options == NULL) {
            code = fup_err_set(err, FUP_ENOMEM, "out of memory");
        }
    }
    PQconninfoFree(defaults);
    return code;
}

enum fup_code fup_pg_target_init(struct fup_pg_target *target,
                                 const char *conninfo,
                                 struct fup_err *err)
{
    enum fup_code code;

    memset(target, 0, sizeof *target);
    code = parse(target, conninfo, err);
    if (code != FUP_OK) {
        fup_pg_target_done(target);
    }
    return code;
}

void fup_pg_target_done(struct fup_pg_target *target)
{
    PQconninfoFree(target->given);
    target->given = NULL;
    free(target->options);
    target->options = NULL;
}

void fup_pg_hosts_add(struct fup_pg_hosts *hosts,
                      const struct fup_pg_host *host,
                      const char *addr)
{
    struct fup_pg_host *new;
    size_t len = strlen(addr);

    if (hosts->n == FUP_PG_HOSTS_MAX || len >= sizeof new->addr) {
        return;
    }
    new = &hosts->at[hosts->n++];
    *new = *host;
    memcpy(new->addr, addr, len + 1);
}

static void
add(struct fup_pg_params *params, const char *keyword, const char *value)
{
    /* libpq knows some 45 keywords; the last place stays null. */
    assert(params->n < FUP_PG_PARAMS_MAX - 1);
    params->keywords[params->n] = keyword;
    params->values[params->n++] = value;
}

static void add_given(struct fup_pg_params *params,
                      const PQconninfoOption *given)
{
    for (; given->keyword != NULL; given++) {
        if (given->val != NULL) {
            add(params, given->keyword, given->val);
        }
    }
}

static void join_hosts(struct fup_pg_params *params,
                       const struct fup_pg_hosts *hosts,
                       unsigned first)
{
    for (int i = 0; i < hosts->n; i++) {
        unsigned at = (first + (unsigned)i) % (unsigned)hosts->n;

        if (i > 0) {
            fup_buf_addc(&params->host, ',');
            fup_buf_addc(&params->addr, ',');
            fup_buf_addc(&params->port, ',');
        }
        fup_buf_adds(&params->host, hosts->at[at].name);
        fup_buf_adds(&params->addr, hosts->at[at].addr);
        fup_buf_adds(&params->port, hosts->at[at].port);
    }
}

enum fup_code fup_pg_params_init(struct fup_pg_params *params,
                                 const struct fup_pg_target *target,
                                 const struct fup_pg_hosts *hosts,
                                 unsigned first,
                                 const char *application,
                                 uint64_t timeout_ms)
{
    struct fup_buf *bufs[] = {&params->host, &params->addr, &params->port,
                              &params->options};

    memset(params, 0, sizeof *params);
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) {
        fup_buf_init(bufs[i], 16384);
    }
    join_hosts(params, hosts, first);
    if (timeout_ms > 0) {
        /* Statements of a few ms, whose costs are guessed high: compiling one
         * takes a hundred times as long as running it, planning it for the
         * parameters of each call several times as long, starting processes
         * for a page of a large ledger longer still. The plan stays while
         * tables grow: they are not to be read whole for being small. */
        fup_buf_addf(&params->options,
                     "-c jit=off -c plan_cache_mode=force_generic_plan "
                     "-c max_parallel_workers_per_gather=0 "
                     "-c random_page_cost=1.1 -c statement_timeout=%" PRIu64
                     " ",
                     timeout_ms);
    }
    fup_buf_adds(&params->options, target->options);
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) {
        if (bufs[i]->failed != FUP_OK) {
            return bufs[i]->failed;
        }
    }
    /* What comes later wins: our wishes, the operator's, our needs. */
    add(params, "fallback_application_name", application);
    add(params, "connect_timeout", "10"); /* heeded by blocking ones only */
    add(params, "keepalives_idle", "30");
    add(params, "keepalives_interval", "10");
    add(params, "keepalives_count", "3");
    add(params, "target_session_attrs", "read-write");
    add_given(params, target->given);
    add(params, "host", fup_buf_text(&params->host));
    add(params, "hostaddr", fup_buf_text(&params->addr));
    add(params, "port", fup_buf_text(&params->port));
    add(params, "options", fup_buf_text(&params->options));
    add(params, "client_encoding", "UTF8");
    return FUP_OK;
}

void fup_pg_params_done(struct fup_pg_params *params)
{
    fup_buf_done(&params->host);
    fup_buf_done(&params->addr);
    fup_buf_done(&params->port);
    fup_buf_done(&params->options);
}
