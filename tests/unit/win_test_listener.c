/* The hardened listener with real pipes: its cap, its name, and clients that come
 * and go. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <uv.h>
#include <windows.h>

#include "common/limits.h"
#include "common/protocol.h"
#include "common/win_utf.h"
#include "service/control/listener.h"
#include "service/control/pipe_look.h"
#include "service/control/win_pipe_holder.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 20000

/* What looks at a pipe calls this instead of Windows: it may refuse, or tell of another
 * process. */
static bool server_untold;
static ULONG other_server; /* 0: the one that it is */

static BOOL WINAPI tell_server(HANDLE pipe, PULONG pid) {
  typedef BOOL(WINAPI * tell)(HANDLE, PULONG);
  tell real = (tell)(void (*)(void))GetProcAddress(GetModuleHandleW(L"kernel32.dll"),
                                                   "GetNamedPipeServerProcessId");
  if (server_untold)
    SetLastError(ERROR_INVALID_FUNCTION);
  if (server_untold || !real(pipe, pid))
    return FALSE;
  *pid = other_server != 0 ? other_server : *pid;
  return TRUE;
}

extern BOOL(WINAPI *__imp_GetNamedPipeServerProcessId)(HANDLE, PULONG);
BOOL(WINAPI *__imp_GetNamedPipeServerProcessId)(HANDLE, PULONG) = tell_server;

struct fixture {
  uv_loop_t loop;
  uv_timer_t heartbeat; /* wakes uv_run, so that conditions are looked at */
  char name[80];
  wchar_t *wide;
  struct listener *listener;
  struct listener_client clients[PG_CONN_MAX + 1];
  size_t connected;
  size_t closing, released;
  bool closed, written;
  char got[64];
};

static void on_heartbeat(uv_timer_t *timer) {
  (void)timer;
}

static void on_connected(void *context, const struct listener_client *client) {
  struct fixture *f = context;
  assert_true(f->connected < PG_CONN_MAX + 1);
  f->clients[f->connected++] = *client;
  client->pipe->data = f;
}

static void on_listener_closed(void *context) {
  struct fixture *f = context;
  f->closed = true;
  f->listener = NULL;
}

static void on_pipe_closed(uv_handle_t *handle) {
  struct fixture *f = handle->data;
  free(handle);
  f->released++;
  if (f->listener)
    listener_released(f->listener);
}

#define run_until(f, condition)                                    \
  do {                                                             \
    uint64_t end_ = uv_hrtime() + DEADLINE_MS * (uint64_t)1000000; \
    while (!(condition) && uv_hrtime() < end_)                     \
      uv_run(&(f)->loop, UV_RUN_ONCE);                             \
    assert_true(condition);                                        \
  } while (0)

static struct listener_options options_of(struct fixture *f) {
  struct listener_options options = {.loop = &f->loop,
                                     .name = f->name,
                                     .access = LISTENER_DEVELOPMENT,
                                     .connected = on_connected,
                                     .context = f};
  return options;
}

static int open_listener(void **state) {
  static int number;
  struct pg_fault fault;
  struct fixture *f = calloc(1, sizeof *f);
  assert_non_null(f);
  snprintf(f->name, sizeof f->name, "\\\\.\\pipe\\portguard-test-%lu-%d",
           (unsigned long)GetCurrentProcessId(), number++);
  f->wide = win_wide(f->name);
  uv_loop_init(&f->loop);
  uv_timer_init(&f->loop, &f->heartbeat);
  uv_timer_start(&f->heartbeat, on_heartbeat, 5, 5);
  struct listener_options options = options_of(f);
  assert_int_equal(listener_open(&options, &f->listener, &fault), PG_OK);
  *state = f;
  return 0;
}

static void release(struct fixture *f, size_t index) {
  uv_handle_t *pipe = (uv_handle_t *)f->clients[index].pipe;
  f->clients[index].pipe = NULL;
  f->closing++;
  uv_close(pipe, on_pipe_closed);
}

/* The listener first: a look from outside may still be on its way to the loop, and a
 * client handed over after the others were released would hold the name. Wine lets go
 * of the name a little later than the last handle. */
static int close_listener(void **state) {
  struct fixture *f = *state;
  listener_close(f->listener, on_listener_closed, f);
  for (size_t i = 0; i < f->connected; i++)
    if (f->clients[i].pipe)
      release(f, i);
  run_until(f, f->closed && f->released == f->closing);
  run_until(f, !win_pipe_exists(f->wide));
  uv_close((uv_handle_t *)&f->heartbeat, NULL);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  free(f->wide);
  free(f);
  return 0;
}

static HANDLE try_connect(const struct fixture *f) {
  return CreateFileW(f->wide, PG_PIPE_CLIENT_ACCESS, 0, NULL, OPEN_EXISTING,
                     SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
}

/* As a client does: busy for a moment means waiting. */
static HANDLE connect_client(const struct fixture *f) {
  ULONGLONG end = GetTickCount64() + DEADLINE_MS;
  HANDLE pipe = try_connect(f);
  while (pipe == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY &&
         GetTickCount64() < end) {
    WaitNamedPipeW(f->wide, DEADLINE_MS);
    pipe = try_connect(f);
  }
  assert_true(pipe != INVALID_HANDLE_VALUE);
  return pipe;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct fixture *f = handle->data;
  (void)suggested;
  buffer->base = f->got;
  buffer->len = sizeof f->got - 1;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  (void)stream;
  if (count >= 0)
    buffer->base[count] = '\0';
}

static void on_written(uv_write_t *request, int status) {
  struct fixture *f = request->data;
  f->written = status == 0;
}

static void a_client_and_the_loop_talk_both_ways(void **state) {
  struct fixture *f = *state;
  char answer[16] = "";
  DWORD bytes = 0;
  HANDLE client = connect_client(f);
  run_until(f, f->connected == 1);
  assert_true(WriteFile(client, "ask\n", 4, &bytes, NULL));
  uv_stream_t *stream = (uv_stream_t *)f->clients[0].pipe;
  assert_int_equal(uv_read_start(stream, on_alloc, on_read), 0);
  run_until(f, strcmp(f->got, "ask\n") == 0);

  uv_write_t write = {.data = f};
  uv_buf_t text = uv_buf_init("told\n", 5);
  assert_int_equal(uv_write(&write, stream, &text, 1, on_written), 0);
  run_until(f, f->written);
  assert_true(ReadFile(client, answer, sizeof answer - 1, &bytes, NULL));
  assert_string_equal(answer, "told\n");
  CloseHandle(client);
}

static void the_quota_key_is_the_sid_of_the_client(void **state) {
  struct fixture *f = *state;
  HANDLE client = connect_client(f);
  run_until(f, f->connected == 1);
  assert_int_equal(strncmp(f->clients[0].user, "S-1-5-", 6), 0);
  CloseHandle(client);
}

/* Until it is looked at: all instances may be in use for a moment. */
static enum pg_error look_once(struct fixture *f, enum listener_access access,
                               struct pipe_look *look) {
  uint64_t end = uv_hrtime() + DEADLINE_MS * (uint64_t)1000000;
  do {
    uv_run(&f->loop, UV_RUN_NOWAIT);
    pipe_look(f->name, access, look);
  } while (look->fault.code == PG_E_BUSY && uv_hrtime() < end);
  return look->fault.code;
}

static void look_at(struct fixture *f, enum listener_access access,
                    struct pipe_look *look) {
  assert_int_equal(look_once(f, access, look), PG_OK);
}

static void from_outside_it_has_the_rights_it_was_made_with(void **state) {
  struct fixture *f = *state;
  struct pipe_look look;
  look_at(f, LISTENER_DEVELOPMENT, &look);
  assert_true(look.same);
  assert_non_null(strstr(look.found, "D:P(A;;"));
  look_at(f, LISTENER_STATUS, &look);
  assert_false(look.same);
  assert_non_null(strstr(look.expected, ";;;AU)"));
  assert_null(strstr(look.found, ";;;AU)"));
}

static void look_in_vain(struct fixture *f, enum pg_error error, struct pipe_look *look) {
  enum pg_error found = look_once(f, LISTENER_DEVELOPMENT, look);
  server_untold = false;
  other_server = 0;
  assert_int_equal(found, error);
  assert_false(look->same);
}

static void from_outside_a_pipe_of_another_process_is_refused(void **state) {
  struct pipe_look look;
  other_server = GetCurrentProcessId() + 4;
  look_in_vain(*state, PG_E_REFUSED, &look);
}

static void from_outside_a_pipe_whose_server_is_not_told_is_not_ours(void **state) {
  struct pipe_look look;
  server_untold = true;
  look_in_vain(*state, PG_E_WINDOWS, &look);
  assert_int_equal(look.fault.win32, ERROR_INVALID_FUNCTION);
  assert_non_null(strstr(look.fault.message, "GetNamedPipeServerProcessId"));
}

static void from_outside_a_name_that_nobody_serves_is_not_found(void **state) {
  struct fixture *f = *state;
  struct pipe_look look;
  (void)f;
  pipe_look("\\\\.\\pipe\\portguard-test-nobody", LISTENER_STATUS, &look);
  assert_int_equal(look.fault.code, PG_E_NOTFOUND);
  assert_false(look.same);
}

static void clients_that_leave_at_once_do_no_harm(void **state) {
  struct fixture *f = *state;
  size_t done = 0;
  for (int i = 0; i < 300; i++) {
    CloseHandle(connect_client(f));
    uv_run(&f->loop, UV_RUN_NOWAIT);
    for (; done < f->connected; done++)
      release(f, done);
    run_until(f, f->released == f->closing);
    f->connected = done = 0;
  }
  HANDLE client = connect_client(f);
  /* Whoever is connected now may be a leaver that was still on its way. */
  run_until(f, f->connected >= 1);
  CloseHandle(client);
}

static void fill(struct fixture *f, HANDLE *clients) {
  for (size_t i = 0; i < PG_CONN_MAX; i++)
    clients[i] = connect_client(f);
  run_until(f, f->connected == PG_CONN_MAX);
}

static void one_client_too_many_waits_for_a_place(void **state) {
  struct fixture *f = *state;
  HANDLE clients[PG_CONN_MAX];
  fill(f, clients);
  assert_true(try_connect(f) == INVALID_HANDLE_VALUE);
  assert_int_equal(GetLastError(), ERROR_PIPE_BUSY);

  release(f, 0);
  run_until(f, f->released == 1);
  HANDLE late = connect_client(f);
  run_until(f, f->connected == PG_CONN_MAX + 1);
  CloseHandle(late);
  for (size_t i = 0; i < PG_CONN_MAX; i++)
    CloseHandle(clients[i]);
}

static void the_name_stays_ours_when_all_leave_at_once(void **state) {
  struct fixture *f = *state;
  HANDLE clients[PG_CONN_MAX];
  fill(f, clients);
  for (size_t i = 0; i < PG_CONN_MAX; i++)
    CloseHandle(clients[i]);
  for (size_t i = 0; i < PG_CONN_MAX; i++)
    release(f, i);
  while (f->released < PG_CONN_MAX) {
    assert_true(win_pipe_exists(f->wide));
    uv_run(&f->loop, UV_RUN_ONCE);
  }
  assert_true(win_pipe_exists(f->wide));
  f->connected = 0;
  HANDLE client = connect_client(f);
  run_until(f, f->connected == 1);
  CloseHandle(client);
}

static void a_name_that_is_taken_is_busy_and_says_by_whom(void **state) {
  struct fixture *f = *state;
  struct pg_fault fault;
  struct listener *second = NULL;
  char pid[32];
  struct listener_options options = options_of(f);
  assert_int_equal(listener_open(&options, &second, &fault), PG_E_BUSY);
  assert_null(second);
  snprintf(pid, sizeof pid, "process %lu", (unsigned long)GetCurrentProcessId());
  assert_non_null(strstr(fault.message, pid));
  assert_non_null(strstr(fault.message, "win_test_listener"));
  assert_int_not_equal(fault.hint[0], '\0');
}

static void the_pipe_carries_the_descriptor_it_was_made_with(void **state) {
  struct fixture *f = *state;
  PSECURITY_DESCRIPTOR descriptor = NULL;
  char *sddl = NULL;
  HANDLE client = connect_client(f);
  run_until(f, f->connected == 1);
  assert_int_equal(GetSecurityInfo(client, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION,
                                   NULL, NULL, NULL, NULL, &descriptor),
                   ERROR_SUCCESS);
  assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
      descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &sddl, NULL));
  /* One entry, for the user; Windows shows the generic right as what it means. */
  assert_non_null(strstr(sddl, f->clients[0].user));
  const char *first = strchr(sddl, '(');
  assert_non_null(first);
  assert_null(strchr(first + 1, '('));
  LocalFree(sddl);
  LocalFree(descriptor);
  CloseHandle(client);
}

#define with_listener(test) \
  cmocka_unit_test_setup_teardown(test, open_listener, close_listener)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_listener(a_client_and_the_loop_talk_both_ways),
      with_listener(the_quota_key_is_the_sid_of_the_client),
      with_listener(from_outside_it_has_the_rights_it_was_made_with),
      with_listener(from_outside_a_pipe_of_another_process_is_refused),
      with_listener(from_outside_a_pipe_whose_server_is_not_told_is_not_ours),
      with_listener(from_outside_a_name_that_nobody_serves_is_not_found),
      with_listener(clients_that_leave_at_once_do_no_harm),
      with_listener(one_client_too_many_waits_for_a_place),
      with_listener(the_name_stays_ours_when_all_leave_at_once),
      with_listener(a_name_that_is_taken_is_busy_and_says_by_whom),
      with_listener(the_pipe_carries_the_descriptor_it_was_made_with),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
