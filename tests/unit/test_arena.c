#include "common/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#define MIB ((size_t)1024 * 1024)

static void memory_is_zeroed_and_aligned(void **state) {
  struct pg_arena *arena = pg_arena_new(MIB);
  (void)state;
  assert_non_null(arena);
  for (size_t size = 1; size < 200; size++) {
    unsigned char *data = pg_arena_alloc(arena, 1, size);
    assert_non_null(data);
    assert_int_equal((uintptr_t)data % sizeof(void *), 0);
    assert_int_equal((uintptr_t)data % sizeof(long long), 0);
    for (size_t i = 0; i < size; i++)
      assert_int_equal(data[i], 0);
    memset(data, 0xA5, size);
    assert_non_null(pg_arena_str(arena, "odd")); /* leaves the end unaligned */
  }
  pg_arena_free(arena);
}

static void blocks_do_not_overlap_across_many_chunks(void **state) {
  enum { COUNT = 20000 };
  static uint32_t *blocks[COUNT];
  struct pg_arena *arena = pg_arena_new(16 * MIB);
  (void)state;
  for (uint32_t i = 0; i < COUNT; i++) {
    size_t count = 1 + i % 37;
    blocks[i] = pg_arena_alloc(arena, count, sizeof *blocks[i]);
    assert_non_null(blocks[i]);
    for (size_t at = 0; at < count; at++)
      blocks[i][at] = i;
  }
  for (uint32_t i = 0; i < COUNT; i++)
    for (size_t at = 0; at < 1 + i % 37; at++)
      assert_int_equal(blocks[i][at], i);
  pg_arena_free(arena);
}

static void ceiling_can_be_used_up_but_not_passed(void **state) {
  struct pg_arena *arena = pg_arena_new(64);
  (void)state;
  assert_non_null(pg_arena_alloc(arena, 1, 64));
  assert_null(pg_arena_alloc(arena, 1, 1));
  pg_arena_free(arena);
  arena = pg_arena_new(64);
  assert_null(pg_arena_alloc(arena, 1, 65));
  assert_non_null(pg_arena_alloc(arena, 1, 8)); /* a refusal breaks nothing */
  pg_arena_free(arena);
}

static void many_small_blocks_meet_the_ceiling_too(void **state) {
  struct pg_arena *arena = pg_arena_new(100000);
  size_t given = 0;
  (void)state;
  while (pg_arena_alloc(arena, 1, 16)) {
    given += 16;
    assert_true(given <= 100000);
  }
  assert_true(given > 90000);
  pg_arena_free(arena);
}

static void count_times_size_that_overflows_is_refused(void **state) {
  struct pg_arena *arena = pg_arena_new(SIZE_MAX);
  (void)state;
  assert_null(pg_arena_alloc(arena, SIZE_MAX / 2, 3));
  assert_null(pg_arena_alloc(arena, SIZE_MAX, 1));
  assert_null(pg_arena_text(arena, "", SIZE_MAX));
  pg_arena_free(arena);
}

static void nothing_at_all_is_still_a_block(void **state) {
  struct pg_arena *arena = pg_arena_new(MIB);
  (void)state;
  assert_non_null(pg_arena_alloc(arena, 0, 16));
  assert_non_null(pg_arena_alloc(arena, 16, 0));
  pg_arena_free(arena);
}

static void text_is_copied_and_terminated(void **state) {
  struct pg_arena *arena = pg_arena_new(MIB);
  char source[] = "W3SVC and more";
  (void)state;
  char *copy = pg_arena_text(arena, source, 5);
  source[0] = 'x';
  assert_string_equal(copy, "W3SVC");
  assert_string_equal(pg_arena_str(arena, "was"), "was");
  assert_string_equal(pg_arena_text(arena, NULL, 0), "");
  assert_null(pg_arena_str(arena, NULL));
  pg_arena_free(arena);
}

static void large_block_does_not_waste_the_current_chunk(void **state) {
  /* 1000 + 500,000 + 1000 bytes under a ceiling with little room to spare. */
  struct pg_arena *arena = pg_arena_new(505000);
  (void)state;
  assert_non_null(pg_arena_alloc(arena, 1, 1000));
  assert_non_null(pg_arena_alloc(arena, 1, 500000));
  assert_non_null(pg_arena_alloc(arena, 1, 1000));
  pg_arena_free(arena);
}

static void freeing_nothing_is_fine(void **state) {
  (void)state;
  pg_arena_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zeroed_and_aligned),
      cmocka_unit_test(blocks_do_not_overlap_across_many_chunks),
      cmocka_unit_test(ceiling_can_be_used_up_but_not_passed),
      cmocka_unit_test(many_small_blocks_meet_the_ceiling_too),
      cmocka_unit_test(count_times_size_that_overflows_is_refused),
      cmocka_unit_test(nothing_at_all_is_still_a_block),
      cmocka_unit_test(text_is_copied_and_terminated),
      cmocka_unit_test(large_block_does_not_waste_the_current_chunk),
      cmocka_unit_test(freeing_nothing_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
