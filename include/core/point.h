/* Places in the code at which a test lets the program die: the fault tests run
 * it with FUP_DIE_AT=LABEL or FUP_DIE_AT=LABEL:N in its environment, and it
 * kills itself when it comes there the Nth time (the first). FUP_STOP_AT is the
 * same with SIGSTOP: it sleeps until somebody wakes it.
 *
 * Only in builds with FUP_POINTS; in others a point is nothing, and what ships
 * has none. */

#ifndef FUP_CORE_POINT_H
#define FUP_CORE_POINT_H

#ifdef FUP_POINTS
void fup_point(const char *label);
#define FUP_POINT(label) fup_point(label)
#else
#define FUP_POINT(label) ((void)0)
#endif

#endif
