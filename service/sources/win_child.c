#include "service/sources/win_child.h"

#include "common/limits.h"
#include "common/win_error.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* After the deadline the job is ended again this often, in case the reader was
 * between two reads when it was ended the first time. */
#define END_AGAIN_MS 100

struct run {
  HANDLE read_end, write_end;
  HANDLE job, process, thread;
  HANDLE reader; /* this thread, for cancelling its read */
  PTP_TIMER timer;
  volatile LONG expired;
  struct win_child *child;
  size_t max, room;
};

static bool failed(struct run *run, const char *function) {
  if (!run->child->error[0])
    win_error(run->child->error, sizeof run->child->error, function, GetLastError());
  return false;
}

/* Ending the job closes the last write end, which ends the read; the read is
 * cancelled as well in case someone else still holds that end. */
static void CALLBACK deadline_passed(PTP_CALLBACK_INSTANCE instance, PVOID context,
                                     PTP_TIMER timer) {
  struct run *run = context;
  (void)instance;
  (void)timer;
  InterlockedExchange(&run->expired, 1);
  TerminateJobObject(run->job, ERROR_TIMEOUT);
  CancelSynchronousIo(run->reader);
}

static bool set_timer(struct run *run, uint32_t deadline_ms) {
  ULARGE_INTEGER due;
  FILETIME when;
  run->timer = CreateThreadpoolTimer(deadline_passed, run, NULL);
  if (!run->timer)
    return failed(run, "CreateThreadpoolTimer");
  due.QuadPart = 0 - (uint64_t)deadline_ms * 10000u; /* relative, in 100 ns */
  when.dwLowDateTime = due.LowPart;
  when.dwHighDateTime = due.HighPart;
  SetThreadpoolTimer(run->timer, &when, END_AGAIN_MS, 0);
  return true;
}

static void clear_timer(struct run *run) {
  if (!run->timer)
    return;
  SetThreadpoolTimer(run->timer, NULL, 0, 0);
  WaitForThreadpoolTimerCallbacks(run->timer, TRUE);
  CloseThreadpoolTimer(run->timer);
}

static bool make_pipe(struct run *run) {
  SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
  if (!CreatePipe(&run->read_end, &run->write_end, &inherit, 0))
    return failed(run, "CreatePipe");
  if (!SetHandleInformation(run->read_end, HANDLE_FLAG_INHERIT, 0))
    return failed(run, "SetHandleInformation");
  return true;
}

/* The job ends with its last handle, so the child cannot outlive the service. */
static bool make_job(struct run *run) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  limits.BasicLimitInformation.LimitFlags =
      JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
  run->job = CreateJobObjectW(NULL, NULL);
  if (!run->job)
    return failed(run, "CreateJobObjectW");
  if (!SetInformationJobObject(run->job, JobObjectExtendedLimitInformation, &limits,
                               sizeof limits))
    return failed(run, "SetInformationJobObject");
  return true;
}

/* An explicit list, or the child would get every inheritable handle that any
 * thread of the service holds at this moment. */
static LPPROC_THREAD_ATTRIBUTE_LIST handle_list(struct run *run) {
  SIZE_T size = 0;
  InitializeProcThreadAttributeList(NULL, 1, 0, &size);
  LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
  if (!list || !InitializeProcThreadAttributeList(list, 1, 0, &size)) {
    failed(run, "InitializeProcThreadAttributeList");
    free(list);
    return NULL;
  }
  if (!UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                 &run->write_end, sizeof run->write_end, NULL, NULL)) {
    failed(run, "UpdateProcThreadAttribute");
    DeleteProcThreadAttributeList(list);
    free(list);
    return NULL;
  }
  return list;
}

/* Suspended until it is in the job: a child that runs first could start children
 * of its own outside. It gets no standard input. */
static bool create(struct run *run, const wchar_t *program, wchar_t *command_line,
                   LPPROC_THREAD_ATTRIBUTE_LIST list) {
  STARTUPINFOEXW start;
  PROCESS_INFORMATION info;
  wchar_t folder[MAX_PATH];
  DWORD flags = CREATE_NO_WINDOW | CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT;
  UINT chars = GetSystemDirectoryW(folder, MAX_PATH);
  if (chars == 0 || chars >= MAX_PATH)
    return failed(run, "GetSystemDirectoryW");
  memset(&start, 0, sizeof start);
  start.StartupInfo.cb = sizeof start;
  start.StartupInfo.dwFlags = STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW;
  start.StartupInfo.wShowWindow = SW_HIDE;
  start.StartupInfo.hStdOutput = run->write_end;
  start.StartupInfo.hStdError = run->write_end;
  start.lpAttributeList = list;
  if (!CreateProcessW(program, command_line, NULL, NULL, TRUE, flags, NULL, folder,
                      &start.StartupInfo, &info))
    return failed(run, "CreateProcessW");
  run->process = info.hProcess;
  run->thread = info.hThread;
  if (!AssignProcessToJobObject(run->job, run->process)) {
    failed(run, "AssignProcessToJobObject");
    TerminateProcess(run->process, ERROR_TIMEOUT);
    return false;
  }
  return true;
}

static bool start(struct run *run, const wchar_t *program, const wchar_t *command_line) {
  /* CreateProcessW may write into its command line. */
  wchar_t *copy = _wcsdup(command_line);
  LPPROC_THREAD_ATTRIBUTE_LIST list = copy ? handle_list(run) : NULL;
  bool started = list && create(run, program, copy, list);
  if (!copy)
    snprintf(run->child->error, sizeof run->child->error, "out of memory");
  if (list) {
    DeleteProcThreadAttributeList(list);
    free(list);
  }
  free(copy);
  CloseHandle(run->write_end); /* ours, or the read would never end */
  run->write_end = NULL;
  return started;
}

static bool make_room(struct run *run) {
  struct win_child *child = run->child;
  size_t room = run->room ? run->room * 2 : 64u * PG_KIB;
  if (room > run->max + 1)
    room = run->max + 1; /* one byte more than allowed tells too much from just enough */
  if (room == run->room) {
    snprintf(child->error, sizeof child->error, "more than %u KiB of output",
             (unsigned)(run->max / PG_KIB));
    return false;
  }
  char *output = realloc(child->output, room);
  if (!output) {
    snprintf(child->error, sizeof child->error, "out of memory");
    return false;
  }
  child->output = output;
  run->room = room;
  return true;
}

static bool read_all(struct run *run) {
  struct win_child *child = run->child;
  DWORD got = 0;
  while (!run->expired) {
    if (child->len == run->room && !make_room(run))
      return false;
    if (!ReadFile(run->read_end, child->output + child->len,
                  (DWORD)(run->room - child->len), &got, NULL))
      break;
    child->len += got;
  }
  if (run->expired || GetLastError() == ERROR_BROKEN_PIPE)
    return !run->expired;
  return failed(run, "ReadFile");
}

/* True when it ended by itself in time. */
static bool run_to_end(struct run *run) {
  DWORD exit_code = 0;
  if (ResumeThread(run->thread) == (DWORD)-1)
    return failed(run, "ResumeThread");
  if (!read_all(run))
    return false;
  /* It has closed its output; the timer still guards the rest of its life. */
  WaitForSingleObject(run->process, INFINITE);
  if (run->expired || !GetExitCodeProcess(run->process, &exit_code))
    return false;
  run->child->exit_code = exit_code;
  return true;
}

static bool own_thread(struct run *run) {
  HANDLE self = GetCurrentProcess();
  if (!DuplicateHandle(self, GetCurrentThread(), self, &run->reader, 0, FALSE,
                       DUPLICATE_SAME_ACCESS))
    return failed(run, "DuplicateHandle");
  return true;
}

static void close_handle(HANDLE handle) {
  if (handle)
    CloseHandle(handle);
}

static void finish(struct run *run) {
  clear_timer(run);
  if (run->job)
    TerminateJobObject(run->job, ERROR_TIMEOUT);
  close_handle(run->read_end);
  close_handle(run->write_end);
  close_handle(run->thread);
  close_handle(run->process);
  close_handle(run->job);
  close_handle(run->reader);
}

void win_child_run(const wchar_t *program, const wchar_t *command_line, size_t max,
                   uint32_t deadline_ms, struct win_child *child) {
  struct run run = {.child = child, .max = max};
  memset(child, 0, sizeof *child);
  bool ended = own_thread(&run) && make_pipe(&run) && make_job(&run) &&
               start(&run, program, command_line) && set_timer(&run, deadline_ms) &&
               run_to_end(&run);
  finish(&run);
  if (ended)
    return;
  if (run.expired)
    snprintf(child->error, sizeof child->error, "timed out after %u ms",
             (unsigned)deadline_ms);
  else if (!child->error[0])
    snprintf(child->error, sizeof child->error, "ended without an exit code");
  free(child->output);
  child->output = NULL;
  child->len = 0;
}
