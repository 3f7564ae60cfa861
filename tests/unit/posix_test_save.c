#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
  char folder[32], path[64];
};

static int open_place(void **state) {
  struct place *p = calloc(1, sizeof *p);
  snprintf(p->folder, sizeof p->folder, "pg-save-XXXXXX");
  assert_non_null(mkdtemp(p->folder));
  snprintf(p->path, sizeof p->path, "%s/out.json", p->folder);
  *state = p;
  return 0;
}

/* Nothing else may be left in the folder. */
static int close_place(void **state) {
  struct place *p = *state;
  unlink(p->path);
  assert_int_equal(rmdir(p->folder), 0);
  free(p);
  return 0;
}

static void a_file_is_replaced_whole(void **state) {
  struct place *p = *state;
  struct pg_fault fault = {0};
  char read_back[8] = "";
  assert_int_equal(save_file(p->path, "long one", 8, &fault), PG_OK);
  assert_int_equal(save_file(p->path, "short", 5, &fault), PG_OK);
  FILE *file = fopen(p->path, "rb");
  assert_int_equal(fread(read_back, 1, sizeof read_back - 1, file), 5);
  fclose(file);
  assert_string_equal(read_back, "short");
}

/* "-o /dev/null", as root, would leave a file in the place of the device. */
static void what_is_no_file_is_not_replaced(void **state) {
  struct place *p = *state;
  struct pg_fault fault = {0};
  struct stat found;
  assert_int_equal(mkfifo(p->path, 0600), 0);
  assert_int_equal(save_file(p->path, "{}", 2, &fault), PG_E_IO);
  assert_non_null(strstr(fault.message, "not a regular file"));
  assert_int_equal(lstat(p->path, &found), 0);
  assert_true(S_ISFIFO(found.st_mode));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_file_is_replaced_whole, open_place, close_place),
      cmocka_unit_test_setup_teardown(what_is_no_file_is_not_replaced, open_place,
                                      close_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
