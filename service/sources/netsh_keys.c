#include "service/sources/netsh_keys.h"

#include <stdlib.h>
#include <string.h>

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static unsigned char lower(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* FNV-1a. Only for speed: words are compared as well. */
struct netsh_key netsh_key(struct netsh_slice word, size_t owner, size_t item) {
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < word.len; i++)
    hash = (hash ^ lower(word.data[i])) * UINT64_C(1099511628211);
  return (struct netsh_key){hash, word, owner, item};
}

/* Not pg_casecmp: words from the text may hold a zero byte. */
static int compare_words(const struct netsh_key *a, const struct netsh_key *b) {
  int order = COMPARE(a->hash, b->hash);
  if (order == 0)
    order = COMPARE(a->word.len, b->word.len);
  for (size_t i = 0; order == 0 && i < a->word.len; i++)
    order = COMPARE(lower(a->word.data[i]), lower(b->word.data[i]));
  return order;
}

bool netsh_key_same(const struct netsh_key *a, const struct netsh_key *b) {
  return compare_words(a, b) == 0;
}

static bool in_order(const struct netsh_key *a, const struct netsh_key *b) {
  int order = compare_words(a, b);
  if (order == 0)
    order = COMPARE(a->owner, b->owner);
  return order != 0 ? order < 0 : a->item <= b->item;
}

static void merge_runs(const struct netsh_key *from, struct netsh_key *to, size_t count,
                       size_t width) {
  for (size_t left = 0; left < count; left += 2 * width) {
    size_t middle = count - left > width ? left + width : count;
    size_t end = count - middle > width ? middle + width : count;
    size_t a = left, b = middle;
    for (size_t out = left; out < end; out++) {
      bool take_a = b == end || (a < middle && in_order(&from[a], &from[b]));
      to[out] = from[take_a ? a++ : b++];
    }
  }
}

/* A merge sort: qsort may be quadratic on words that a hostile text chose. */
bool netsh_keys_sort(struct netsh_key *keys, size_t count) {
  if (count < 2)
    return true;
  struct netsh_key *spare = calloc(count, sizeof *spare);
  if (spare == NULL)
    return false;
  struct netsh_key *from = keys, *to = spare;
  for (size_t width = 1; width < count; width *= 2) {
    merge_runs(from, to, count, width);
    struct netsh_key *swap = from;
    from = to;
    to = swap;
  }
  if (from == spare)
    memcpy(keys, spare, count * sizeof *keys);
  free(spare);
  return true;
}

struct netsh_key *netsh_keys_find(struct netsh_key *keys, size_t count,
                                  struct netsh_slice word) {
  struct netsh_key wanted = netsh_key(word, 0, 0);
  size_t first = 0, end = count;
  while (first < end) {
    size_t middle = first + (end - first) / 2;
    if (compare_words(&keys[middle], &wanted) < 0)
      first = middle + 1;
    else
      end = middle;
  }
  return first < count && netsh_key_same(&keys[first], &wanted) ? &keys[first] : NULL;
}

size_t netsh_keys_run(const struct netsh_key *keys, size_t count, size_t first) {
  size_t end = first + 1;
  while (end < count && netsh_key_same(&keys[first], &keys[end]))
    end++;
  return end;
}
