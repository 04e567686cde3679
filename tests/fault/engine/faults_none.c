#include "faults.h"
const struct fault faults_postgres[] = {{.name = NULL}};
const struct fault faults_network[] = {{.name = NULL}};
const struct fault faults_time[] = {{.name = NULL}};
const struct fault faults_load[] = {{.name = NULL}};
const struct fault faults_broken[] = {{.name = NULL}};
