/* Private: the scripts of scripts/, made part of the program by embed.cmake. */

#ifndef FUP_REDIS_SCRIPTS_H
#define FUP_REDIS_SCRIPTS_H

#include "redis/session.h"

extern struct fup_redis_script fup_script_answer;
extern struct fup_redis_script fup_script_begin;
extern struct fup_redis_script fup_script_claim;
extern struct fup_redis_script fup_script_heal;
extern struct fup_redis_script fup_script_look;
extern struct fup_redis_script fup_script_meta;
extern struct fup_redis_script fup_script_relay;
extern struct fup_redis_script fup_script_settle;

#endif
