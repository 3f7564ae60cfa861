#include "tests/bench/figures.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void figure(const char *name, double value, const char *unit, enum aim aim,
            double wanted) {
  bool met = aim == AT_LEAST ? value >= wanted : value <= wanted;
  printf("  %-46s %9.2f %-6s aim %s %-5g %s\n", name, value, unit,
         aim == AT_LEAST ? ">=" : "<=", wanted, met ? "ok" : "MISSED");
  fflush(stdout);
}

void figure_detail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  printf("      ");
  vprintf(format, args);
  printf("\n");
  va_end(args);
  fflush(stdout);
}

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

double percentile(double *values, size_t count, double percent) {
  if (count == 0)
    return 0;
  qsort(values, count, sizeof *values, by_value);
  size_t at = (size_t)((double)count * percent / 100);
  return values[at < count ? at : count - 1];
}

double median(double *values, size_t count) {
  return percentile(values, count, 50);
}
