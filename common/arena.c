#include "common/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST ((size_t)4 * 1024)
#define CHUNK_LAST ((size_t)1024 * 1024)

/* Spelled out because not every C library has max_align_t. */
union aligned {
  void *pointer;
  long long integer;
  long double real;
  void (*function)(void);
};

struct align_probe {
  char before;
  union aligned value;
};

#define ALIGNMENT offsetof(struct align_probe, value)

struct chunk {
  struct chunk *next;
  union aligned data[];
};

struct pg_arena {
  char *at, *end; /* what is left of the newest chunk */
  struct chunk *chunks;
  size_t next_size; /* of the next chunk */
  size_t held, max; /* bytes in chunks */
};

struct pg_arena *pg_arena_new(size_t max) {
  struct pg_arena *arena = calloc(1, sizeof *arena);
  if (arena) {
    arena->max = max;
    arena->next_size = CHUNK_FIRST;
  }
  return arena;
}

void pg_arena_free(struct pg_arena *arena) {
  if (!arena)
    return;
  for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    free(chunk);
  }
  free(arena);
}

/* A zeroed chunk of |size| bytes. The system gives large ones as untouched
 * pages, so zeroing costs nothing until they are used. */
static char *add_chunk(struct pg_arena *arena, size_t size) {
  if (size > SIZE_MAX - sizeof(struct chunk))
    return NULL;
  struct chunk *chunk = calloc(1, offsetof(struct chunk, data) + size);
  if (!chunk)
    return NULL;
  chunk->next = arena->chunks;
  arena->chunks = chunk;
  arena->held += size;
  return (char *)chunk->data;
}

/* The newest chunk is too small for |size| bytes. */
static void *take_more(struct pg_arena *arena, size_t size) {
  size_t left = arena->max - arena->held;
  if (size > left)
    return NULL;
  /* A large block gets a chunk to itself: the rest of the current one stays in
   * use, and nothing is wasted behind the large one. */
  if (size > arena->next_size / 4)
    return add_chunk(arena, size);
  size_t chunk_size = arena->next_size < left ? arena->next_size : left;
  char *data = add_chunk(arena, chunk_size);
  if (!data)
    return NULL;
  arena->at = data + size;
  arena->end = data + chunk_size;
  if (arena->next_size < CHUNK_LAST)
    arena->next_size *= 2;
  return data;
}

static void *take(struct pg_arena *arena, size_t size, size_t alignment) {
  size_t padding = (size_t)(0 - (uintptr_t)arena->at) & (alignment - 1);
  size_t left = (size_t)(arena->end - arena->at);
  if (padding > left || size > left - padding)
    return take_more(arena, size);
  void *result = arena->at + padding;
  arena->at += padding + size;
  return result;
}

void *pg_arena_alloc(struct pg_arena *arena, size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size)
    return NULL;
  size_t bytes = count * size;
  return take(arena, bytes ? bytes : 1, ALIGNMENT);
}

char *pg_arena_text(struct pg_arena *arena, const char *data, size_t len) {
  if (len == SIZE_MAX)
    return NULL;
  char *copy = take(arena, len + 1, 1); /* the terminator is there already */
  if (copy && len)
    memcpy(copy, data, len);
  return copy;
}

char *pg_arena_str(struct pg_arena *arena, const char *string) {
  return string ? pg_arena_text(arena, string, strlen(string)) : NULL;
}
