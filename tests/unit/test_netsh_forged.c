/* Queue names that hold lines of netsh's own shape. In every fixture the program
 * of PID 6660 owns the queue and really listens for http://+:80/EVE/; it wants
 * the service of PID 3408 (or W3SVC by name) to be stopped for it. */
#include "tests/unit/netsh_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

/* No queue but IIS's own may tie port 80 to the victim and be believed. */
static void assert_victim_is_safe(const struct pg_http_queue *queue) {
  bool blamed = queue->controller == 3408;
  for (size_t i = 0; i < queue->pid_count; i++)
    blamed = blamed || queue->pids[i] == 3408;
  for (size_t i = 0; i < queue->service_count; i++)
    blamed = blamed || strcmp(queue->services[i], "W3SVC") == 0;
  bool genuine = queue->name != NULL && strcmp(queue->name, "DefaultAppPool") == 0 &&
                 queue->pid_count == 1 && queue->pids[0] == 3248;
  if (blamed && !genuine)
    assert_false(queue->counts_agree);
}

static void assert_harmless(const char *file) {
  struct pg_text text;
  netsh_fixture(file, &text);
  struct pg_snapshot *snapshot = netsh_parsed(text.data, text.len, PG_OK);
  for (size_t i = 0; i < snapshot->queue_count; i++)
    assert_victim_is_safe(&snapshot->queues[i]);
  /* Blocks before the forgery are not hurt by it. */
  assert_true(snapshot->queues[0].counts_agree);
  assert_int_equal(snapshot->queues[0].pids[0], 1720);
  snapshot_unref(snapshot);
  pg_text_free(&text);
}

static void no_forged_name_blames_another_process(void **state) {
  static const char *const files[] = {
      "forged_process_list_a.txt",
      "forged_process_list_c.txt",
      "forged_idle_c.txt",
      "forged_controller_c.txt",
      "forged_url_list_c.txt",
      "forged_whole_block_a.txt",
      "forged_whole_block_c.txt",
      "forged_group_a.txt",
      "forged_group_same_name_a.txt",
      "forged_group_idle_a.txt",
      "forged_other_label_c.txt",
      "forged_taken_url_c.txt",
      "forged_carriage_return_c.txt",
      "forged_name_of_neighbour_c.txt",
  };
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    assert_harmless(files[i]);
}

static void second_list_of_processes_casts_doubt(void **state) {
  (void)state;
  assert_netsh(
      "Q: a\n  N: 1\n  P:\n    44\n  N: 1\n  P:\n    48\n  U:\n    HTTP://+:81/\n",
      "doubt a 44 48 http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  N: 0\n  P:\n  U:\n    HTTP://+:81/\n",
               "doubt a 44 http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  x: y\n    48\n  U:\n    HTTP://+:81/\n",
               "doubt a 44 http://+:81/\n");
}

static void urls_above_the_processes_cast_doubt(void **state) {
  (void)state;
  assert_netsh("Q: a\n  U:\n    HTTP://+:81/\n  N: 1\n  P:\n    44\n",
               "doubt a 44 http://+:81/\n");
}

static void group_of_another_queue_casts_doubt(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  G:\n    Q: b\n    U:\n      HTTP://+:81/\n",
               "doubt a 44 http://+:81/\n");
}

static void url_of_two_queues_casts_doubt_on_both(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  U:\n    HTTP://+:81/X/\n"
               "Q: b\n  N: 1\n  P:\n    48\n  U:\n    http://+:81/x/\n"
               "Q: c\n  N: 1\n  P:\n    52\n  U:\n    HTTP://+:81/Y/\n",
               "doubt a 44 http://+:81/X/\n"
               "doubt b 48 http://+:81/x/\n"
               "ok c 52 http://+:81/Y/\n");
}

static void line_that_begins_unlike_a_block_casts_doubt_around_it(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n"
               "other\n  N: 1\n  P:\n    48\n  U:\n    HTTP://+:81/\n"
               "Q: b\n  N: 1\n  P:\n    52\n"
               "Q: c\n  N: 1\n  P:\n    56\n",
               "doubt a 44\n"
               "doubt other 48 http://+:81/\n"
               "doubt b 52\n" /* short enough to be part of the name as well */
               "doubt c 56\n");
}

static void doubt_ends_behind_a_block_too_long_for_a_name(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 4096);
  pg_text_str_add(&text, "Q: torn\nQ: long\n  N: 1\n  P:\n    44\n  G:\n");
  for (int i = 0; i < 30; i++)
    pg_text_str_add(&text, "    a: bcdefgh\n");
  pg_text_str_add(&text, "Q: next\n  N: 1\n  P:\n    48\n");
  assert_netsh(pg_text_str(&text), "doubt long 44\nok next 48\n");
  pg_text_free(&text);
}

static void short_block_that_looks_unlike_others_casts_doubt(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\nQ: b\n  V: 2\n  N: 1\n  P:\n    48\n",
               "doubt a 44\nok b 48\n"); /* the last one is followed by no forged line */
  /* other lines above the URLs matter to blocks that have some */
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  U:\n    HTTP://+:81/\n"
               "Q: b\n  N: 1\n  P:\n    48\n"
               "Q: c\n  N: 1\n  P:\n    52\n  G:\n  U:\n    HTTP://+:82/\n",
               "doubt a 44 http://+:81/\nok b 48\nok c 52 http://+:82/\n");
  /* a controller's line is not another look */
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\nQ: b\n  N: 0\n  C: 2216\n  P:\nQ: c\n  N: 1\n"
               "  P:\n    48\n",
               "ok a 44\nok b <2216\nok c 48\n");
}

static void several_shared_names_cast_doubt_unless_they_are_sentences(void **state) {
  (void)state;
  assert_netsh("Q: Pool\n  N: 1\n  P:\n    44\nQ: No name.\n  N: 1\n  P:\n    48\n"
               "Q: No name.\n  N: 1\n  P:\n    52\nQ: pool\n  N: 1\n  P:\n    56\n",
               "doubt Pool 44\nok - 48\nok - 52\ndoubt pool 56\n");
}

static void control_characters_cast_doubt(void **state) {
  (void)state;
  assert_netsh("Q: a\rb\n  N: 1\n  P:\n    44\n", "doubt a\rb 44\n");
  assert_netsh("Q: a\n  x: \x1B[2J\n  N: 1\n  P:\n    44\n", "doubt a 44\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_forged_name_blames_another_process),
      cmocka_unit_test(second_list_of_processes_casts_doubt),
      cmocka_unit_test(urls_above_the_processes_cast_doubt),
      cmocka_unit_test(group_of_another_queue_casts_doubt),
      cmocka_unit_test(url_of_two_queues_casts_doubt_on_both),
      cmocka_unit_test(line_that_begins_unlike_a_block_casts_doubt_around_it),
      cmocka_unit_test(doubt_ends_behind_a_block_too_long_for_a_name),
      cmocka_unit_test(short_block_that_looks_unlike_others_casts_doubt),
      cmocka_unit_test(several_shared_names_cast_doubt_unless_they_are_sentences),
      cmocka_unit_test(control_characters_cast_doubt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
