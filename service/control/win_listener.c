/* The hardened named pipe. A thread of its own makes every instance of the name,
 * waits for a client on the newest, and hands connected ones to the loop.
 *
 * The name is ours as long as one handle of one instance is open, so the thread
 * never lets go of the last: the next listening instance exists before the
 * connected one is handed over, and where none can be made (the cap, or Windows
 * refuses) a duplicate of the connected handle, the anchor, stays behind until
 * one can. */
#include <uv.h>
#include <windows.h>

#include "service/control/listener.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/control/win_pipe_holder.h"
#include "service/control/win_pipe_security.h"

#include <io.h>
#include <stdlib.h>
#include <string.h>

#define PIPE_BUFFER_BYTES (64u * PG_KIB)
#define RETRY_MS 250

struct accepted {
  HANDLE pipe;
  char user[PG_USER_CHARS];
};

struct listener {
  struct listener_options options;
  wchar_t *name;
  SECURITY_ATTRIBUTES security;
  uv_thread_t thread;
  bool thread_runs;
  uv_async_t async;
  HANDLE stop, released; /* events: manual, auto-reset */
  OVERLAPPED connect;

  /* The accept thread only. */
  HANDLE listening, anchor;

  /* Connections handed over and not released, those in |queue| included. */
  volatile LONG connections;

  uv_mutex_t lock; /* for the queue */
  struct accepted queue[PG_CONN_MAX];
  size_t queued;

  void (*closed)(void *context);
  void *closed_context;
};

/* The one place that makes an instance. FIRST_PIPE_INSTANCE exactly once: asking
 * again makes our own second instance fail, never asking lets a squatter own the
 * name. One instance more than connections, because at the cap the anchor's
 * client may be gone while its instance still counts. */
static HANDLE make_instance(struct listener *l, bool first) {
  DWORD open = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
               (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);
  DWORD mode =
      PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
  HANDLE pipe = CreateNamedPipeW(l->name, open, mode, PG_CONN_MAX + 1, PIPE_BUFFER_BYTES,
                                 PIPE_BUFFER_BYTES, 0, &l->security);
  return pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
}

static void close_handle(HANDLE *handle) {
  if (*handle)
    CloseHandle(*handle);
  *handle = NULL;
}

/* --- the accept thread --- */

/* The quota's key and nothing else: a PID can be somebody else's by now. */
static void user_of(HANDLE pipe, char *out, size_t size) {
  ULONG pid = 0;
  HANDLE process = NULL;
  if (GetNamedPipeClientProcessId(pipe, &pid))
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
  if (!process || !win_process_user(process, out, size))
    (void)pg_copy(out, size, PG_USER_UNKNOWN);
  close_handle(&process);
}

static bool stopping(const struct listener *l) {
  return WaitForSingleObject(l->stop, 0) == WAIT_OBJECT_0;
}

/* Until a place is free, or for |timeout|, or until told to stop. */
static void wait_for_place(const struct listener *l, DWORD timeout) {
  HANDLE events[] = {l->stop, l->released};
  WaitForMultipleObjects(2, events, FALSE, timeout);
}

/* A listening instance, if the cap allows one and Windows makes it. */
static void renew(struct listener *l) {
  if (l->listening || l->connections >= PG_CONN_MAX)
    return;
  l->listening = make_instance(l, false);
  if (l->listening)
    close_handle(&l->anchor);
}

static void hand_over(struct listener *l, HANDLE pipe) {
  uv_mutex_lock(&l->lock);
  struct accepted *accepted = &l->queue[l->queued++];
  accepted->pipe = pipe;
  user_of(pipe, accepted->user, sizeof accepted->user);
  uv_mutex_unlock(&l->lock);
  uv_async_send(&l->async);
}

static void client_connected(struct listener *l) {
  HANDLE self = GetCurrentProcess(), pipe = l->listening;
  l->listening = NULL;
  InterlockedIncrement(&l->connections);
  renew(l);
  if (!l->listening && !l->anchor &&
      !DuplicateHandle(self, pipe, self, &l->anchor, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
    /* Rather lose this client than the name. */
    l->anchor = NULL;
    InterlockedDecrement(&l->connections);
    DisconnectNamedPipe(pipe);
    l->listening = pipe;
    wait_for_place(l, RETRY_MS);
    return;
  }
  hand_over(l, pipe);
}

/* The client that connected is gone already (ERROR_NO_DATA and its kin): normal.
 * An instance that cannot even be disconnected is replaced, but not before there
 * is another one. */
static void client_lost(struct listener *l) {
  if (DisconnectNamedPipe(l->listening))
    return;
  HANDLE broken = l->listening;
  l->listening = NULL;
  renew(l);
  if (l->listening) {
    CloseHandle(broken);
    return;
  }
  l->listening = broken;
  wait_for_place(l, RETRY_MS);
}

/* True when the pending connect has ended, however; false when told to stop. */
static bool wait_for_client(struct listener *l) {
  HANDLE events[] = {l->stop, l->connect.hEvent};
  DWORD bytes = 0;
  if (WaitForMultipleObjects(2, events, FALSE, INFINITE) != WAIT_OBJECT_0)
    return true;
  CancelIoEx(l->listening, &l->connect);
  GetOverlappedResult(l->listening, &l->connect, &bytes, TRUE);
  return false;
}

static void accept_one(struct listener *l) {
  DWORD bytes = 0;
  ResetEvent(l->connect.hEvent);
  bool connected = ConnectNamedPipe(l->listening, &l->connect);
  DWORD error = connected ? NO_ERROR : GetLastError();
  if (error == ERROR_IO_PENDING) {
    if (!wait_for_client(l))
      return;
    connected = GetOverlappedResult(l->listening, &l->connect, &bytes, FALSE);
  } else if (error == ERROR_PIPE_CONNECTED) {
    connected = true;
  }
  if (connected)
    client_connected(l);
  else
    client_lost(l);
}

static void accept_thread(void *context) {
  struct listener *l = context;
  while (!stopping(l)) {
    renew(l);
    if (l->listening)
      accept_one(l);
    else
      wait_for_place(l, l->connections >= PG_CONN_MAX ? INFINITE : RETRY_MS);
  }
  close_handle(&l->listening);
  close_handle(&l->anchor);
}

/* --- the loop --- */

static bool take_accepted(struct listener *l, struct accepted *out) {
  uv_mutex_lock(&l->lock);
  bool taken = l->queued > 0;
  if (taken) {
    *out = l->queue[0];
    l->queued--;
    memmove(&l->queue[0], &l->queue[1], l->queued * sizeof l->queue[0]);
  }
  uv_mutex_unlock(&l->lock);
  return taken;
}

static void free_pipe(uv_handle_t *handle) {
  free(handle);
}

/* NULL when there is no memory or libuv refuses; |handle| is gone either way. */
static uv_pipe_t *adopt(struct listener *l, HANDLE handle) {
  uv_pipe_t *pipe = malloc(sizeof *pipe);
  if (!pipe || uv_pipe_init(l->options.loop, pipe, 0) != 0) {
    free(pipe);
    CloseHandle(handle);
    return NULL;
  }
  int fd = _open_osfhandle((intptr_t)handle, 0);
  if (fd < 0)
    CloseHandle(handle);
  if (fd >= 0 && uv_pipe_open(pipe, fd) == 0)
    return pipe; /* which owns |fd|, and with it the handle */
  if (fd >= 0)
    _close(fd);
  uv_close((uv_handle_t *)pipe, free_pipe);
  return NULL;
}

static void on_accepted(uv_async_t *async) {
  struct listener *l = async->data;
  struct accepted accepted;
  struct listener_client client;
  while (take_accepted(l, &accepted)) {
    client.pipe = adopt(l, accepted.pipe);
    (void)pg_copy(client.user, sizeof client.user, accepted.user);
    if (client.pipe)
      l->options.connected(l->options.context, &client);
    else
      listener_released(l);
  }
}

void listener_released(struct listener *l) {
  InterlockedDecrement(&l->connections);
  SetEvent(l->released);
}

static void release_memory(struct listener *l) {
  close_handle(&l->listening);
  close_handle(&l->stop);
  close_handle(&l->released);
  close_handle(&l->connect.hEvent);
  LocalFree(l->security.lpSecurityDescriptor);
  uv_mutex_destroy(&l->lock);
  free(l->name);
  free(l);
}

static enum pg_error refused(struct pg_fault *fault, const char *function, DWORD error) {
  char words[WIN_ERROR_CHARS];
  win_error(words, sizeof words, function, error);
  enum pg_error code = pg_fail(fault, PG_E_WINDOWS, "%s", words);
  if (fault)
    fault->win32 = error;
  return code;
}

static enum pg_error make_events(struct listener *l, struct pg_fault *fault) {
  l->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
  l->released = CreateEventW(NULL, FALSE, FALSE, NULL);
  l->connect.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (l->stop && l->released && l->connect.hEvent)
    return PG_OK;
  return refused(fault, "CreateEventW", GetLastError());
}

/* Asking who is there first gives better words; FIRST_PIPE_INSTANCE closes the
 * gap between asking and making. */
static enum pg_error take_name(struct listener *l, struct pg_fault *fault) {
  if (win_pipe_exists(l->name))
    return win_pipe_taken(l->name, fault);
  l->listening = make_instance(l, true);
  if (l->listening)
    return PG_OK;
  DWORD error = GetLastError();
  if (win_pipe_exists(l->name))
    return win_pipe_taken(l->name, fault);
  return refused(fault, "CreateNamedPipeW", error);
}

static enum pg_error prepare(struct listener *l, struct pg_fault *fault) {
  l->name = win_wide(l->options.name);
  if (!l->name)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  l->security.nLength = sizeof l->security;
  l->security.lpSecurityDescriptor = win_pipe_security(l->options.access, fault);
  if (!l->security.lpSecurityDescriptor)
    return PG_E_WINDOWS;
  enum pg_error code = make_events(l, fault);
  return code ? code : take_name(l, fault);
}

static void on_async_closed(uv_handle_t *handle) {
  struct listener *l = handle->data;
  void (*closed)(void *context) = l->closed;
  void *context = l->closed_context;
  release_memory(l);
  if (closed)
    closed(context);
}

enum pg_error listener_open(const struct listener_options *options, struct listener **out,
                            struct pg_fault *fault) {
  *out = NULL;
  struct listener *l = calloc(1, sizeof *l);
  if (!l || uv_mutex_init(&l->lock) != 0) {
    free(l);
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  }
  l->options = *options;
  enum pg_error code = prepare(l, fault);
  if (!code && uv_async_init(options->loop, &l->async, on_accepted) != 0)
    code = pg_fail(fault, PG_E_WINDOWS, "the event loop refused a wake-up handle");
  if (code) {
    release_memory(l);
    return code;
  }
  l->async.data = l;
  l->thread_runs = uv_thread_create(&l->thread, accept_thread, l) == 0;
  if (!l->thread_runs) {
    listener_close(l, NULL, NULL);
    return pg_fail(fault, PG_E_NOMEM, "no thread for accepting connections");
  }
  *out = l;
  return PG_OK;
}

void listener_close(struct listener *l, void (*closed)(void *context), void *context) {
  struct accepted accepted;
  l->closed = closed;
  l->closed_context = context;
  SetEvent(l->stop);
  if (l->thread_runs)
    uv_thread_join(&l->thread);
  while (take_accepted(l, &accepted))
    CloseHandle(accepted.pipe);
  uv_close((uv_handle_t *)&l->async, on_async_closed);
}
