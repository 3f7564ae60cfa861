/* How the bench programs print what they measured: each figure beside its aim. */
#ifndef PG_BENCH_FIGURES_H
#define PG_BENCH_FIGURES_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

enum aim { AT_LEAST, AT_MOST };

/* "name   value unit   aim <= 1.2   ok", or MISSED. Flushed at once. */
void figure(const char *name, double value, const char *unit, enum aim aim,
            double wanted);
/* What stands behind the figure above it. */
void figure_detail(const char *format, ...) PG_PRINTF(1, 2);

/* Sorts |values| and gives the middle one; 0 of none. */
double median(double *values, size_t count);
/* The value that |percent| % of |values| do not exceed. Sorts. */
double percentile(double *values, size_t count, double percent);

#endif
