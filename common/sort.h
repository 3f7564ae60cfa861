/* Sorting for rows whose keys somebody else chose: qsort may be quadratic on
 * them, and is in some libraries. */
#ifndef PG_SORT_H
#define PG_SORT_H

#include <stdbool.h>
#include <stddef.h>

/* Stable, O(n log n), one pass when the rows are in order already. |compare| as
 * for qsort. False: no memory; the rows are as they were. */
bool pg_sort(void *rows, size_t count, size_t size,
             int (*compare)(const void *left, const void *right));

#endif
