#include "service/sources/netsh_keys.h"

#include "common/sort.h"

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

static bool is_same(const struct netsh_key *a, const struct netsh_key *b) {
  return compare_words(a, b) == 0;
}

static int by_word(const void *left, const void *right) {
  const struct netsh_key *a = left, *b = right;
  int order = compare_words(a, b);
  if (order == 0)
    order = COMPARE(a->owner, b->owner);
  return order != 0 ? order : COMPARE(a->item, b->item);
}

bool netsh_keys_sort(struct netsh_key *keys, size_t count) {
  return pg_sort(keys, count, sizeof *keys, by_word);
}

static bool word_before(const void *row, const void *key) {
  return compare_words(row, key) < 0;
}

struct netsh_key *netsh_keys_find(struct netsh_key *keys, size_t count,
                                  struct netsh_slice word) {
  struct netsh_key wanted = netsh_key(word, 0, 0);
  size_t first = pg_lower_bound(keys, count, sizeof *keys, &wanted, word_before);
  return first < count && is_same(&keys[first], &wanted) ? &keys[first] : NULL;
}

size_t netsh_keys_run(const struct netsh_key *keys, size_t count, size_t first) {
  size_t end = first + 1;
  while (end < count && is_same(&keys[first], &keys[end]))
    end++;
  return end;
}
