#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Fill @addr from "/path" or "@abstract"; returns its length, 0 when bad. */
static socklen_t address(const char *text, struct sockaddr_un *addr)
{
    size_t len = strlen(text);

    *addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((text[0] != '/' && text[0] != '@') || len < 2 ||
        len >= sizeof addr->sun_path) {
        return 0;
    }
    memcpy(addr->sun_path, text, len);
    if (text[0] == '@') {
        addr->sun_path[0] = '\0';
    }
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* Microseconds in @text, 0 when it is no number. */
static uint64_t number(const char *text)
{
    char *end;
    unsigned long long value;

    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return 0;
    }
    errno = 0;
    value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 ? value : 0;
}

static uint64_t watchdog_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID");

    if (pid != NULL && number(pid) != (uint64_t)getpid()) {
        return 0;
    }
    return number(getenv("WATCHDOG_USEC")) / 1000;
}

enum fup_code fup_notify_init(struct fup_notify *notify, struct fup_err *err)
{
    const char *text = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr;
    socklen_t len;

    *notify = (struct fup_notify){.fd = -1};
    if (text == NULL || text[0] == '\0') {
        return FUP_OK;
    }
    len = address(text, &addr);
    if (len == 0) {
        return fup_err_set(err, FUP_EINVAL,
                           "NOTIFY_SOCKET: expected a path or @name");
    }
    notify->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (notify->fd < 0 ||
        connect(notify->fd, (const struct sockaddr *)&addr, len) != 0) {
        int why = errno;

        fup_notify_done(notify);
        return fup_err_set(err, FUP_EIO, "NOTIFY_SOCKET: %s", strerror(why));
    }
    /* A manager that does not read must not hold us up. */
    (void)fcntl(notify->fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(notify->fd, F_SETFL, O_NONBLOCK);
    notify->watchdog_ms = watchdog_ms();
    return FUP_OK;
}

void fup_notify_done(struct fup_notify *notify)
{
    if (notify->fd >= 0) {
        (void)close(notify->fd);
    }
    *notify = (struct fup_notify){.fd = -1};
}

/* What could not be sent is lost: the manager's own deadlines decide. */
static void tell(const struct fup_notify *notify, const char *text)
{
    if (notify->fd >= 0) {
        (void)send(notify->fd, text, strlen(text), MSG_NOSIGNAL);
    }
}

static void
tell_status(const struct fup_notify *notify, const char *head, const char *text)
{
    char line[256];
    int len = text == NULL ? 0 : (int)strcspn(text, "\r\n");

    len = len > 200 ? 200 : len;
    (void)snprintf(line, sizeof line, "%s%s%.*s", head,
                   text == NULL ? "" : "STATUS=", len, text ? text : "");
    tell(notify, line);
}

void fup_notify_ready(const struct fup_notify *notify, const char *status)
{
    tell_status(notify, "READY=1\n", status);
}

void fup_notify_reloading(const struct fup_notify *notify)
{
    char text[64];
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    (void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
    tell(notify, text);
}

void fup_notify_stopping(const struct fup_notify *notify)
{
    tell(notify, "STOPPING=1");
}

void fup_notify_watchdog(const struct fup_notify *notify)
{
    tell(notify, "WATCHDOG=1");
}

void fup_notify_status(const struct fup_notify *notify, const char *status)
{
    tell_status(notify, "", status);
}
