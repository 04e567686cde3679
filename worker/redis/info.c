#include "info.h"

#include <string.h>

#include <hiredis/hiredis.h>

static bool names(const char *line, const char *name)
{
    size_t len = strlen(name);

    return strncmp(line, name, len) == 0 && line[len] == ':';
}

bool fup_info_get(const struct redisReply *reply,
                  const char *name,
                  char value[FUP_INFO_MAX])
{
    const char *line = reply->str;
    size_t len;

    value[0] = '\0';
    while (line != NULL && *line != '\0' && !names(line, name)) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    if (line == NULL || *line == '\0') {
        return false;
    }
    line += strlen(name) + 1;
    len = strcspn(line, "\r\n");
    if (len >= FUP_INFO_MAX) {
        return false;
    }
    memcpy(value, line, len);
    value[len] = '\0';
    return len > 0;
}
