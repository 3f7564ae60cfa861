#include "service/files/files.h"

#include "common/limits.h"
#include "common/protocol.h"
#include "common/win_utf.h"
#include "service/files/trust.h"
#include "service/files/win_local.h"
#include "service/files/win_seen.h"
#include "service/files/words.h"

#include <windows.h>

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <shlobj.h>

#define PIECE (64 * 1024)
#define PATH_MAX_CHARS 32768 /* Windows' own limit */

/* Nothing inherited; SYSTEM, Administrators and the user of this process (the service's
 * is SYSTEM) may do everything, and what is made inside gets the same. Others may not
 * even list it: whoever may read a file can keep everybody from it, with an open that
 * shares nothing, or make them wait, with an oplock; and for that the right to look at
 * its attributes is enough, which comes with the right to list the folder. */
#define FOLDER_SDDL "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)"

/* A reparse point is opened itself and then refused, never followed. */
#define OPEN_AS_IT_IS FILE_FLAG_OPEN_REPARSE_POINT

struct files {
  HANDLE folder;
  bool held;  /* nobody can get in our way with it */
  char *path; /* in full, without a backslash at its end */
};

/* --- paths --- */

/* The path in full and in long names, as the handle will tell it. */
static wchar_t *full_path(const wchar_t *given) {
  wchar_t *full = malloc(PATH_MAX_CHARS * sizeof *full);
  DWORD len = full != NULL ? GetFullPathNameW(given, PATH_MAX_CHARS, full, NULL) : 0;
  if (len == 0 || len >= PATH_MAX_CHARS) {
    free(full);
    return NULL;
  }
  /* It may fail for what is not there; then there are no short names to resolve. */
  DWORD longer = GetLongPathNameW(full, full, PATH_MAX_CHARS);
  len = longer > 0 && longer < PATH_MAX_CHARS ? longer : len;
  if (len > 3 && full[len - 1] == L'\\') /* but "C:\" keeps it */
    full[len - 1] = L'\0';
  return full;
}

static char *full_utf8(const char *given) {
  wchar_t *wide = win_wide(given);
  wchar_t *full = wide != NULL ? full_path(wide) : NULL;
  char *path = full != NULL ? win_utf8(full) : NULL;
  free(full);
  free(wide);
  return path;
}

/* From the registry's list of folders: no variable of the environment is believed. */
static char *product_folder(void) {
  wchar_t *wide = NULL;
  HRESULT told = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &wide);
  char *base = SUCCEEDED(told) ? win_utf8(wide) : NULL;
  char *path = base != NULL ? files_join(base, '\\', PG_SERVICE_NAME) : NULL;
  free(base);
  CoTaskMemFree(wide);
  return path;
}

/* --- the folder --- */

static enum pg_error make_folder(const wchar_t *wide, const char *path,
                                 struct pg_fault *fault) {
  char sddl[512];
  SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
  struct pg_fault inner = {.code = PG_OK};
  char *self = win_seen_self(&inner);
  wchar_t *wide_sddl = NULL;
  enum pg_error error = inner.code;
  if (self != NULL) {
    snprintf(sddl, sizeof sddl, FOLDER_SDDL, self);
    wide_sddl = win_wide(sddl);
  }
  if (wide_sddl != NULL &&
      !ConvertStringSecurityDescriptorToSecurityDescriptorW(
          wide_sddl, SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL))
    error = win_seen_failed(&inner, path, "the security descriptor of the folder");
  else if (wide_sddl != NULL && !CreateDirectoryW(wide, &security) &&
           GetLastError() != ERROR_ALREADY_EXISTS)
    error = win_seen_failed(&inner, path, "CreateDirectoryW");
  if (error != PG_OK && fault != NULL)
    *fault = inner;
  LocalFree(security.lpSecurityDescriptor);
  free(wide_sddl);
  free(self);
  return error;
}

static HANDLE open_for(const wchar_t *wide, DWORD access) {
  return CreateFileW(wide, access | FILE_READ_ATTRIBUTES | READ_CONTROL,
                     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                     FILE_FLAG_BACKUP_SEMANTICS | OPEN_AS_IT_IS, NULL);
}

/* Held without FILE_SHARE_DELETE, so that nobody puts another folder in its place, and in
 * use for reading and writing: whoever opens it later has to share both, or could keep
 * files in it from being replaced. Sharing counts only for a handle that may do
 * something: hence the first two rights. They are what can be denied, or not to be had
 * while somebody has the folder for himself alone; then it is looked at without. */
static HANDLE open_handle(const wchar_t *wide, bool *held) {
  HANDLE handle = open_for(wide, FILE_LIST_DIRECTORY | FILE_ADD_FILE);
  *held = handle != INVALID_HANDLE_VALUE;
  if (!*held && (GetLastError() == ERROR_SHARING_VIOLATION ||
                 GetLastError() == ERROR_ACCESS_DENIED))
    handle = open_for(wide, 0);
  return handle;
}

static enum pg_error check_is_folder(HANDLE handle, const char *path,
                                     struct pg_fault *fault) {
  BY_HANDLE_FILE_INFORMATION info;
  if (!GetFileInformationByHandle(handle, &info))
    return win_seen_failed(fault, path, "GetFileInformationByHandle");
  if (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
    return PG_OK;
  return files_unreadable(fault, path, "a file, expected a folder");
}

/* Short names can be told from long ones only once the folder is there. */
static enum pg_error make_and_name(struct files *files, struct pg_fault *fault) {
  wchar_t *wide = win_wide(files->path);
  enum pg_error error =
      wide != NULL ? make_folder(wide, files->path, fault) : files_no_memory(fault);
  free(wide);
  if (error != PG_OK)
    return error;
  char *path = full_utf8(files->path);
  if (path == NULL)
    return files_no_memory(fault);
  free(files->path);
  files->path = path;
  return PG_OK;
}

/* PG_E_NOTFOUND: it is not there. */
static enum pg_error open_folder(struct files *files, struct pg_fault *fault) {
  wchar_t *wide = win_wide(files->path);
  if (wide == NULL)
    return files_no_memory(fault);
  files->folder = open_handle(wide, &files->held);
  DWORD code = GetLastError();
  free(wide);
  SetLastError(code);
  if (files->folder == INVALID_HANDLE_VALUE)
    return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND
               ? files_missing(fault, files->path)
               : win_seen_failed(fault, files->path, "CreateFileW");
  enum pg_error error = check_is_folder(files->folder, files->path, fault);
  return error != PG_OK ? error : win_seen_judge(files->folder, files->path, fault);
}

/* Closed as yet. NULL with |*error| and |fault| set. */
static struct files *new_files(const char *path, enum pg_error *error,
                               struct pg_fault *fault) {
  struct files *files = calloc(1, sizeof *files);
  if (files == NULL) {
    *error = files_no_memory(fault);
    return NULL;
  }
  files->folder = INVALID_HANDLE_VALUE;
  files->path = path != NULL ? full_utf8(path) : product_folder();
  if (files->path != NULL)
    return files;
  *error = files_unreadable(fault, path != NULL ? path : PG_SERVICE_NAME,
                            "no path can be made of it");
  free(files);
  return NULL;
}

enum pg_error files_open(const char *path, struct files **out, struct pg_fault *fault) {
  enum pg_error error = PG_OK;
  struct files *files = new_files(path, &error, fault);
  *out = NULL;
  if (files == NULL)
    return error;
  error = make_and_name(files, fault);
  if (error == PG_OK)
    error = open_folder(files, fault);
  *out = error == PG_OK ? files : NULL;
  if (error != PG_OK)
    files_close(files);
  return error;
}

enum pg_error files_look(const char *path, const char *name, struct pg_fault *fault) {
  struct pg_text text = {0};
  struct pg_fault why = {.code = PG_OK};
  enum pg_error error = PG_OK;
  struct files *files = new_files(path, &error, fault);
  if (files == NULL)
    return error;
  error = open_folder(files, &why);
  if (error == PG_OK)
    error = files_read(files, name, PG_CONFIG_MAX, &text, &why);
  pg_text_free(&text);
  files_close(files);
  if (error == PG_OK || error == PG_E_NOTFOUND)
    return PG_OK;
  *fault = why;
  return error;
}

enum pg_error files_open_around(const char *path, struct files **out, const char **name,
                                struct pg_fault *fault) {
  size_t len = strlen(path);
  *out = NULL;
  while (len > 0 && strchr("\\/:", path[len - 1]) == NULL)
    len--;
  *name = path + len;
  if ((*name)[0] == '\0')
    return files_unreadable(fault, path, "the name of a folder, expected a file's");
  if (len == 0)
    return files_open(".", out, fault);
  char *folder = files_join(path, '.', ""); /* a copy, and room for "C:." */
  if (folder == NULL)
    return files_no_memory(fault);
  folder[len] = '\0';
  if (folder[len - 1] == ':')
    memcpy(folder + len, ".", 2);
  enum pg_error error = files_open(folder, out, fault);
  free(folder);
  return error;
}

void files_close(struct files *files) {
  if (files == NULL)
    return;
  if (files->folder != INVALID_HANDLE_VALUE)
    CloseHandle(files->folder);
  free(files->path);
  free(files);
}

const char *files_path(const struct files *files) {
  return files->path;
}

char *files_path_of(const struct files *files, const char *name) {
  return files_join(files->path, '\\', name);
}

/* --- reading --- */

static enum pg_error read_all(HANDLE file, const char *path, struct pg_text *out,
                              struct pg_fault *fault) {
  char *piece = malloc(PIECE);
  enum pg_error error = piece != NULL ? PG_OK : files_no_memory(fault);
  DWORD got = 1;
  while (error == PG_OK && got > 0) {
    if (!ReadFile(file, piece, PIECE, &got, NULL)) {
      error = win_seen_failed(fault, path, "ReadFile");
    } else if (got > out->max - out->len) {
      error = files_too_big(fault, path, out->max);
    } else {
      pg_text_add(out, piece, got);
      if (out->failed)
        error = files_no_memory(fault);
    }
  }
  free(piece);
  return error;
}

static enum pg_error check_kind(HANDLE file, const char *path, struct pg_fault *fault) {
  BY_HANDLE_FILE_INFORMATION info;
  if (GetFileType(file) != FILE_TYPE_DISK)
    return files_unreadable(fault, path, "a device or pipe, expected a regular file");
  if (!GetFileInformationByHandle(file, &info))
    return win_seen_failed(fault, path, "GetFileInformationByHandle");
  if (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
    return files_unreadable(fault, path, "a folder, expected a file");
  return PG_OK;
}

/* BACKUP_SEMANTICS, or a folder in the file's place would only say "denied". Everything
 * is shared: whoever edits the file is not to be disturbed by somebody who reads.
 * |out| NULL: nothing is read. */
static enum pg_error read_path(const char *path, bool trusted, struct pg_text *out,
                               struct pg_fault *fault) {
  wchar_t *wide = win_wide(path);
  if (wide == NULL)
    return files_no_memory(fault);
  HANDLE file = CreateFileW(
      wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | (trusted ? OPEN_AS_IT_IS : 0), NULL);
  DWORD code = GetLastError();
  free(wide);
  if (file == INVALID_HANDLE_VALUE) {
    SetLastError(code);
    return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND
               ? files_missing(fault, path)
               : win_seen_failed(fault, path, "CreateFileW");
  }
  enum pg_error error = check_kind(file, path, fault);
  if (error == PG_OK && trusted)
    error = win_seen_judge(file, path, fault);
  if (error == PG_OK && out != NULL)
    error = read_all(file, path, out, fault);
  CloseHandle(file);
  return error;
}

static enum pg_error look_at(struct files *files, const char *name, struct pg_text *out,
                             struct pg_fault *fault) {
  char *path = files_path_of(files, name);
  enum pg_error error =
      path != NULL ? read_path(path, true, out, fault) : files_no_memory(fault);
  free(path);
  return error;
}

enum pg_error files_read(struct files *files, const char *name, size_t max,
                         struct pg_text *out, struct pg_fault *fault) {
  pg_text_init(out, max);
  return look_at(files, name, out, fault);
}

enum pg_error files_check(struct files *files, const char *name, struct pg_fault *fault) {
  return look_at(files, name, NULL, fault);
}

/* In long names and in full, as the handle will tell it. To make those, Windows already
 * goes where the path leads. */
enum pg_error files_read_at(const char *path, size_t max, struct pg_text *out,
                            struct pg_fault *fault) {
  pg_text_init(out, max);
  enum pg_error error = win_local_check(path, fault);
  if (error != PG_OK)
    return error;
  char *full = full_utf8(path);
  error = full != NULL ? read_path(full, true, out, fault) : files_no_memory(fault);
  free(full);
  return error;
}

enum pg_error files_load(const char *path, size_t max, struct pg_text *out,
                         struct pg_fault *fault) {
  pg_text_init(out, max);
  return read_path(path, false, out, fault);
}

/* --- watching --- */

/* ChangeTime also moves when owner or rights do, which the last write does not show. */
static bool stamp_of(HANDLE file, struct files_stamp *stamp) {
  BY_HANDLE_FILE_INFORMATION info;
  FILE_BASIC_INFO basic;
  if (!GetFileInformationByHandle(file, &info) ||
      !GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic))
    return false;
  stamp->there = true;
  stamp->volume = info.dwVolumeSerialNumber;
  stamp->identity = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
  stamp->size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
  stamp->written = basic.LastWriteTime.QuadPart;
  stamp->changed = basic.ChangeTime.QuadPart;
  return true;
}

/* As soon as whoever had the folder for himself alone lets go. */
static void hold(struct files *files) {
  wchar_t *wide = win_wide(files->path);
  bool held = false;
  HANDLE handle = wide != NULL ? open_handle(wide, &held) : INVALID_HANDLE_VALUE;
  free(wide);
  if (held && win_seen_judge(handle, files->path, NULL) == PG_OK) {
    HANDLE before = files->folder;
    files->folder = handle;
    files->held = true;
    handle = before;
  }
  if (handle != INVALID_HANDLE_VALUE)
    CloseHandle(handle);
}

bool files_changed(struct files *files, const char *name, struct files_stamp *stamp) {
  struct files_stamp now = {0}, before = *stamp;
  if (!files->held)
    hold(files);
  char *path = files_path_of(files, name);
  wchar_t *wide = path != NULL ? win_wide(path) : NULL;
  HANDLE file =
      wide != NULL
          ? CreateFileW(wide, FILE_READ_ATTRIBUTES,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | OPEN_AS_IT_IS, NULL)
          : INVALID_HANDLE_VALUE;
  free(wide);
  free(path);
  if (file != INVALID_HANDLE_VALUE) {
    if (!stamp_of(file, &now))
      memset(&now, 0, sizeof now);
    CloseHandle(file);
  }
  *stamp = now;
  return files_stamps_differ(&before, &now);
}
