#include "client/one_off.h"

#include "client/platform.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <windows.h>
#include <process.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define PROGRAM L"portguardsvc.exe"
#define PATH_CHARS 32768 /* the longest path Windows knows */

struct look {
  HANDLE read_end, write_end, nothing; /* the pipe; NUL for input and messages */
  HANDLE job;
  PROCESS_INFORMATION process;
  LPPROC_THREAD_ATTRIBUTE_LIST attributes;
  HANDLE inherited[2];
  struct pg_text *out;
};

static enum pg_error failed(struct pg_fault *fault, const char *function) {
  char words[WIN_ERROR_CHARS];
  DWORD code = GetLastError();
  bool missing = code == ERROR_FILE_NOT_FOUND;
  pg_fail(fault, missing ? PG_E_NOTFOUND : PG_E_WINDOWS, "portguardsvc.exe explain: %s",
          win_error(words, sizeof words, function, code));
  if (fault != NULL)
    fault->win32 = code;
  return missing ? PG_E_NOTFOUND : PG_E_WINDOWS;
}

/* The folder of this program itself, never PATH and never the working
 * directory. */
static bool program_path(wchar_t *path) {
  DWORD len = GetModuleFileNameW(NULL, path, PATH_CHARS);
  if (len == 0 || len >= PATH_CHARS)
    return false;
  wchar_t *slash = wcsrchr(path, L'\\');
  if (slash == NULL || (size_t)(slash + 1 - path) + wcslen(PROGRAM) >= PATH_CHARS)
    return false;
  wmemcpy(slash + 1, PROGRAM, wcslen(PROGRAM) + 1);
  return true;
}

char *one_off_program(bool *there) {
  wchar_t *wide = malloc(PATH_CHARS * sizeof *wide);
  bool known = wide != NULL && program_path(wide);
  *there = known && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
  char *path = known ? win_utf8(wide) : NULL;
  free(wide);
  return path;
}

static bool open_ends(struct look *look) {
  SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
  if (!CreatePipe(&look->read_end, &look->write_end, &inherit, 0))
    return false;
  if (!SetHandleInformation(look->read_end, HANDLE_FLAG_INHERIT, 0))
    return false;
  look->nothing =
      CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE,
                  FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit, OPEN_EXISTING, 0, NULL);
  return look->nothing != INVALID_HANDLE_VALUE;
}

/* The child gets these two handles and nothing else of ours. */
static bool list_handles(struct look *look) {
  SIZE_T size = 0;
  (void)InitializeProcThreadAttributeList(NULL, 1, 0, &size);
  LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
  if (list == NULL)
    return false;
  if (!InitializeProcThreadAttributeList(list, 1, 0, &size)) {
    free(list);
    return false;
  }
  look->attributes = list;
  look->inherited[0] = look->write_end;
  look->inherited[1] = look->nothing;
  return UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                   look->inherited, sizeof look->inherited, NULL,
                                   NULL) != 0;
}

static bool create_process(struct look *look, const wchar_t *path, uint16_t port) {
  STARTUPINFOEXW startup;
  wchar_t line[80];
  memset(&startup, 0, sizeof startup);
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = look->nothing;
  startup.StartupInfo.hStdOutput = look->write_end;
  startup.StartupInfo.hStdError = look->nothing;
  startup.lpAttributeList = look->attributes;
  if (port != 0)
    (void)swprintf(line, sizeof line / sizeof line[0],
                   L"portguardsvc.exe explain --port %u --json", (unsigned)port);
  else
    wcscpy_s(line, sizeof line / sizeof line[0], L"portguardsvc.exe explain --json");
  return CreateProcessW(path, line, NULL, NULL, TRUE,
                        CREATE_NO_WINDOW | CREATE_SUSPENDED |
                            EXTENDED_STARTUPINFO_PRESENT,
                        NULL, NULL, &startup.StartupInfo, &look->process) != 0;
}

/* The job takes the program's own children (netsh) along when time is up. */
static void put_into_job(struct look *look) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  look->job = CreateJobObjectW(NULL, NULL);
  if (look->job == NULL)
    return;
  (void)SetInformationJobObject(look->job, JobObjectExtendedLimitInformation, &limits,
                                sizeof limits);
  (void)AssignProcessToJobObject(look->job, look->process.hProcess);
}

static void end_program(struct look *look) {
  if (look->job != NULL)
    (void)TerminateJobObject(look->job, 1);
  (void)TerminateProcess(look->process.hProcess, 1);
}

static void close_handle(HANDLE *handle) {
  if (*handle != NULL && *handle != INVALID_HANDLE_VALUE)
    CloseHandle(*handle);
  *handle = NULL;
}

static enum pg_error start(struct look *look, uint16_t port, struct pg_fault *fault) {
  wchar_t *path = malloc(PATH_CHARS * sizeof *path);
  if (path == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  enum pg_error err = PG_OK;
  if (!program_path(path))
    err = failed(fault, "GetModuleFileNameW");
  else if (!open_ends(look))
    err = failed(fault, "CreatePipe");
  else if (!list_handles(look))
    err = failed(fault, "UpdateProcThreadAttribute");
  else if (!create_process(look, path, port))
    err = failed(fault, "CreateProcessW");
  free(path);
  if (err != PG_OK)
    return err;
  put_into_job(look);
  (void)ResumeThread(look->process.hThread);
  close_handle(&look->write_end); /* or the end of its output would never come */
  return PG_OK;
}

/* An anonymous pipe knows no time limit: a thread reads it, and the caller ends
 * the program, and so the output, when time is up. */
static unsigned __stdcall read_output(void *argument) {
  struct look *look = argument;
  char piece[4096];
  DWORD got = 0;
  while (!look->out->failed &&
         ReadFile(look->read_end, piece, sizeof piece, &got, NULL) && got > 0)
    pg_text_add(look->out, piece, got);
  if (look->out->failed)
    end_program(look); /* too much: nobody reads the rest, it must not block */
  return 0;
}

static DWORD remaining(int64_t deadline) {
  int64_t left = deadline - client_mono_ms();
  return left > 0 ? (DWORD)left : 0;
}

static enum pg_error judge(struct look *look, bool late, struct pg_fault *fault) {
  DWORD code = 0;
  if (look->out->failed)
    return pg_fail(fault, PG_E_TOOBIG, "portguardsvc.exe explain says too much");
  if (late)
    return pg_fail(fault, PG_E_TIMEOUT, "portguardsvc.exe explain took too long");
  if (!GetExitCodeProcess(look->process.hProcess, &code))
    return failed(fault, "GetExitCodeProcess");
  if (code != 0)
    return pg_fail(fault, PG_E_WINDOWS,
                   "portguardsvc.exe explain did not end well (code %lu)", code);
  return PG_OK;
}

static enum pg_error collect(struct look *look, int64_t deadline,
                             struct pg_fault *fault) {
  uintptr_t thread = _beginthreadex(NULL, 0, read_output, look, 0, NULL);
  if (thread == 0) {
    end_program(look);
    return pg_fail(fault, PG_E_NOMEM, "cannot start a thread");
  }
  HANDLE reader = (HANDLE)thread;
  bool late =
      WaitForSingleObject(reader, remaining(deadline)) != WAIT_OBJECT_0 ||
      WaitForSingleObject(look->process.hProcess, remaining(deadline)) != WAIT_OBJECT_0;
  if (late)
    end_program(look);
  (void)WaitForSingleObject(reader, INFINITE); /* its pipe is at its end by now */
  CloseHandle(reader);
  return judge(look, late, fault);
}

enum pg_error one_off_run(uint16_t port, int64_t deadline, struct pg_text *out,
                          struct pg_fault *fault) {
  struct look look;
  memset(&look, 0, sizeof look);
  look.out = out;
  enum pg_error err = start(&look, port, fault);
  if (err == PG_OK)
    err = collect(&look, deadline, fault);
  if (look.attributes != NULL) {
    DeleteProcThreadAttributeList(look.attributes);
    free(look.attributes);
  }
  close_handle(&look.process.hThread);
  close_handle(&look.process.hProcess);
  close_handle(&look.job);
  close_handle(&look.nothing);
  close_handle(&look.write_end);
  close_handle(&look.read_end);
  return err;
}
