/* The commands that use servers: each a function in a file of its own. Those
 * that do not are in commands_offline.h.
 *
 * @argv[0] is the command's name; what follows are the command's own flags, the
 * options of options.def having been taken out. Each prints its results to
 * stdout and its errors to stderr and returns an exit code (enum fup_exit). */

#ifndef FUP_APP_COMMANDS_H
#define FUP_APP_COMMANDS_H

#include "options.h"

int fup_cmd_worker(const struct fup_options *options, int argc, char **argv);
int fup_cmd_migrate(const struct fup_options *options, int argc, char **argv);
int fup_cmd_status(const struct fup_options *options, int argc, char **argv);
int fup_cmd_explain(const struct fup_options *options, int argc, char **argv);
int fup_cmd_enroll(const struct fup_options *options, int argc, char **argv);
int fup_cmd_report(const struct fup_options *options, int argc, char **argv);
int fup_cmd_sender(const struct fup_options *options, int argc, char **argv);

/* All operator verbs: argv[0] says which. */
int fup_cmd_operate(const struct fup_options *options, int argc, char **argv);

/* migrate-version --dry-run; without the flag it is such a verb. */
int fup_cmd_migrate_version(const struct fup_options *options,
                            int argc,
                            char **argv);

#endif
