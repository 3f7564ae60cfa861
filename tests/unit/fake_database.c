#include "fake_database.h"

#include <stdlib.h>
#include <uv.h>

static struct {
  uv_mutex_t lock;
  uv_cond_t changed;
  bool hangs, fails;
  unsigned questions;
} database;

void fake_database_start(void) {
  if (uv_mutex_init(&database.lock) != 0 || uv_cond_init(&database.changed) != 0)
    abort();
}

void fake_database_end(void) {
  uv_cond_destroy(&database.changed);
  uv_mutex_destroy(&database.lock);
}

void fake_database_set(bool hangs, bool fails) {
  uv_mutex_lock(&database.lock);
  database.hangs = hangs;
  database.fails = fails;
  database.questions = 0;
  uv_cond_broadcast(&database.changed);
  uv_mutex_unlock(&database.lock);
}

unsigned fake_database_questions(void) {
  uv_mutex_lock(&database.lock);
  unsigned questions = database.questions;
  uv_mutex_unlock(&database.lock);
  return questions;
}

void fake_database_wait(void) {
  uv_mutex_lock(&database.lock);
  while (database.questions == 0)
    uv_cond_wait(&database.changed, &database.lock);
  uv_mutex_unlock(&database.lock);
}

bool fake_database_enter(void) {
  uv_mutex_lock(&database.lock);
  database.questions++;
  uv_cond_broadcast(&database.changed);
  while (database.hangs)
    uv_cond_wait(&database.changed, &database.lock);
  bool fails = database.fails;
  uv_mutex_unlock(&database.lock);
  return fails;
}

enum pg_error fake_database_fail(struct pg_fault *fault) {
  return pg_fail(fault, PG_E_IO, "the disk is not itself today");
}
