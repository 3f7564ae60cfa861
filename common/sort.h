/* Sorting for rows whose keys somebody else chose: qsort may be quadratic on
 * them, and is in some libraries. And finding the first of several equal rows, which
 * bsearch does not promise. */
#ifndef PG_SORT_H
#define PG_SORT_H

#include <stdbool.h>
#include <stddef.h>

/* Stable, O(n log n), one pass when the rows are in order already. |compare| as
 * for qsort. False: no memory; the rows are as they were. */
bool pg_sort(void *rows, size_t count, size_t size,
             int (*compare)(const void *left, const void *right));

/* How many of the sorted rows stand before |key|: the index of the first that does
 * not, |count| when all do. |before| must be true for them and for no later one. */
size_t pg_lower_bound(const void *rows, size_t count, size_t size, const void *key,
                      bool (*before)(const void *row, const void *key));

#endif
