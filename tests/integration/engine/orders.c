#include "orders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#define WORDS_MAX 30

static char answer[TEXT_BYTES];

void orders_silence(struct world *w, const char *id, const char *channel)
{
    world_conversation(w, id, channel);
    world_message(w, id, "in", "human", "now()");
    world_message(w, id, "out", "human", "clock_timestamp()");
    assert_true(world_until(w, WAIT_MS,
                            "SELECT count(*) = 1 FROM followup.enrollment "
                            "WHERE conversation = '%s'",
                            id));
}

/* Words in place: at blanks, and "~" becomes one. */
static int split(char *text, char *words[WORDS_MAX])
{
    int n = 0;

    for (char *p = strtok(text, " "); p != NULL && n < WORDS_MAX;
         p = strtok(NULL, " ")) {
        words[n++] = p;
    }
    for (int i = 0; i < n; i++) {
        for (char *p = words[i]; *p != '\0'; p++) {
            *p = (char)(*p == '~' ? ' ' : *p);
        }
    }
    return n;
}

const char *orders_give(struct world *w, const char *fields)
{
    static int counter;
    char line[1024];
    char id[32];
    char *words[WORDS_MAX];
    const char *argv[WORDS_MAX + 5] = {"XADD", "followup:commands", "*"};
    int n;
    redisReply *reply;

    (void)snprintf(id, sizeof id, "order-%d", counter++);
    (void)snprintf(line, sizeof line, "%s", fields);
    n = split(line, words);
    for (int i = 0; i < n; i++) {
        argv[3 + i] = words[i];
    }
    argv[3 + n] = "request_id";
    argv[4 + n] = id;
    reply = redisCommandArgv(w->redis.admin, 5 + n, argv, NULL);
    assert_non_null(reply);
    freeReplyObject(reply);
    reply = redis_server_ask(&w->redis, "BLPOP followup:reply:%s 15", id);
    (void)snprintf(answer, sizeof answer, "%s",
                   reply->type == REDIS_REPLY_ARRAY ? reply->element[1]->str
                                                    : "");
    freeReplyObject(reply);
    return answer;
}

const char *orders_value(struct world *w, const char *path)
{
    return world_text(w, "SELECT $j$%s$j$::jsonb #>> '%s'", answer, path);
}

int orders_cli(struct world *w, const char *words, const char **ret_text)
{
    static char text[TEXT_BYTES * 64];
    char line[1024];
    char path[128];
    char *split_words[WORDS_MAX];
    const char *argv[WORDS_MAX + 1] = {NULL};
    FILE *file;
    size_t len = 0;
    int n;
    int code;

    (void)snprintf(path, sizeof path, "%s/command.log", w->dir);
    (void)unlink(path);
    (void)snprintf(line, sizeof line, "%s", words);
    n = split(line, split_words);
    for (int i = 0; i < n; i++) {
        argv[i] = split_words[i];
    }
    code = world_run(w, argv);
    file = fopen(path, "r");
    if (file != NULL) {
        len = fread(text, 1, sizeof text - 1, file);
        (void)fclose(file);
    }
    text[len] = '\0';
    *ret_text = text;
    return code;
}
