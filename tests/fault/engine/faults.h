/* The faults, in groups; see run.h for what each brings. */

#ifndef FUP_FAULT_FAULTS_H
#define FUP_FAULT_FAULTS_H

#include <stddef.h>

#include "run.h"

/* Each table is ended by a fault without a name. */
extern const struct fault faults_worker[];
extern const struct fault faults_sender[];
extern const struct fault faults_redis[];
extern const struct fault faults_postgres[];
extern const struct fault faults_network[];
extern const struct fault faults_time[];
extern const struct fault faults_load[];

/* One that lasts: run->minutes. */
extern const struct fault faults_soak[];

/* What two groups do. The senders stand still for @fault->number ms. */
void fault_senders_away(struct run *run, const struct fault *fault);

/* They stand still, and come back to many messages and a provider that takes
 * @fault->number ms for each: the last of a batch goes out long after its
 * permit, while next steps fall due. */
void fault_senders_late(struct run *run, const struct fault *fault);

/* Engines that are broken on purpose: the verdict must not be clean. */
extern const struct fault faults_broken[];

#endif
