/* The record of a run in its database, in the schema "recorder": what the CRM
 * did (act), which permits were given and as of which snapshot (permit), who
 * owned which partition (owner); and at the end also what the provider saw
 * (call) and what Redis holds (timer, entry, told, key). */

#ifndef FUP_FAULT_RECORD_H
#define FUP_FAULT_RECORD_H

#include "run.h"

/* Before anything runs: tables, the wrapper around permits, a trigger. */
void record_open(struct run *run);

/* At the end: the tape and Redis into tables. */
void record_close(struct run *run);

#endif
