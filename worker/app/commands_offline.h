/* The commands that need no server and no configuration.
 *
 * @argv[0] is the command's name ("check"). Each prints what was asked for to
 * stdout and problems to stderr, and returns an exit code: 0 done, 1 errors
 * found, 2 wrong usage. */

#ifndef FUP_APP_COMMANDS_OFFLINE_H
#define FUP_APP_COMMANDS_OFFLINE_H

/* check [--format table|json] [PATH...]: schedules, their texts, channels. */
int fup_cmd_check(int argc, char **argv);

/* simulate --schedule FILE --timelines FILE: what would have been sent. */
int fup_cmd_simulate(int argc, char **argv);

/* render --schedule F --step N --facts F: the message a sender would get. */
int fup_cmd_render(int argc, char **argv);

#endif
