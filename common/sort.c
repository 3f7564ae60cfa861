#include "common/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int compare_rows(const void *left, const void *right);

/* One pass of a merge sort: neighbouring runs of |width| rows become one. */
static void merge_runs(const char *from, char *to, size_t count, size_t size,
                       size_t width, compare_rows *compare) {
  for (size_t left = 0; left < count; left += 2 * width) {
    size_t middle = count - left > width ? left + width : count;
    size_t end = count - middle > width ? middle + width : count;
    size_t a = left, b = middle;
    for (size_t out = left; out < end; out++) {
      bool take_a =
          b == end || (a < middle && compare(from + a * size, from + b * size) <= 0);
      memcpy(to + out * size, from + (take_a ? a++ : b++) * size, size);
    }
  }
}

static bool in_order(const char *row, size_t count, size_t size, compare_rows *compare) {
  for (size_t i = 1; i < count; i++)
    if (compare(row + (i - 1) * size, row + i * size) > 0)
      return false;
  return true;
}

bool pg_sort(void *rows, size_t count, size_t size, compare_rows *compare) {
  if (in_order(rows, count, size, compare))
    return true;
  char *spare = count <= SIZE_MAX / size ? malloc(count * size) : NULL;
  if (spare == NULL)
    return false;
  char *from = rows, *to = spare;
  for (size_t width = 1; width < count; width *= 2) {
    merge_runs(from, to, count, size, width, compare);
    char *swap = from;
    from = to;
    to = swap;
  }
  if (from == spare)
    memcpy(rows, spare, count * size);
  free(spare);
  return true;
}

size_t pg_lower_bound(const void *rows, size_t count, size_t size, const void *key,
                      bool (*before)(const void *row, const void *key)) {
  const char *base = rows;
  size_t low = 0;

  while (count > 0) {
    size_t half = count / 2;
    if (before(base + (low + half) * size, key)) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}
