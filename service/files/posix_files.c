#include "service/files/files.h"
#include "service/files/trust.h"
#include "service/files/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (16 * 1024)

struct files {
  int fd;
  char *path;
};

static enum pg_error failed(struct pg_fault *fault, const char *path, int code) {
  if (code == ENOMEM)
    return files_no_memory(fault);
  files_unreadable(fault, path, strerror(code));
  if (fault != NULL)
    fault->win32 = (uint32_t)code;
  return PG_E_IO;
}

static enum pg_error judge(const struct stat *stat, const char *path,
                           struct pg_fault *fault) {
  const struct trust_posix seen = {
      .path = path,
      .folder = S_ISDIR(stat->st_mode),
      .owner = stat->st_uid,
      .self = geteuid(),
      .mode = stat->st_mode & 07777,
      .links = stat->st_nlink,
  };
  return trust_posix(&seen, fault);
}

/* --- the folder --- */

static enum pg_error open_folder(const char *path, int *fd, struct pg_fault *fault) {
  struct stat stat;
  if (mkdir(path, 0700) != 0 && errno != EEXIST)
    return failed(fault, path, errno);
  *fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (*fd < 0 && errno == ENOTDIR && lstat(path, &stat) == 0 && S_ISLNK(stat.st_mode))
    return trust_link(path, "rm", fault);
  if (*fd < 0 || fstat(*fd, &stat) != 0)
    return failed(fault, path, errno);
  return judge(&stat, path, fault);
}

enum pg_error files_open(const char *path, struct files **out, struct pg_fault *fault) {
  *out = NULL;
  if (path == NULL)
    return pg_fail(fault, PG_E_IO, "only Windows has a folder for portguard of its own");
  struct files *files = calloc(1, sizeof *files);
  if (files == NULL)
    return files_no_memory(fault);
  files->fd = -1;
  files->path = strdup(path);
  enum pg_error error =
      files->path != NULL ? open_folder(path, &files->fd, fault) : files_no_memory(fault);
  if (error == PG_OK)
    *out = files;
  else
    files_close(files);
  return error;
}

enum pg_error files_open_around(const char *path, struct files **out, const char **name,
                                struct pg_fault *fault) {
  const char *slash = strrchr(path, '/');
  *out = NULL;
  *name = slash != NULL ? slash + 1 : path;
  if ((*name)[0] == '\0')
    return files_unreadable(fault, path, "the name of a folder, expected a file's");
  if (slash == NULL)
    return files_open(".", out, fault);
  char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
  enum pg_error error =
      folder != NULL ? files_open(folder, out, fault) : files_no_memory(fault);
  free(folder);
  return error;
}

void files_close(struct files *files) {
  if (files == NULL)
    return;
  if (files->fd >= 0)
    close(files->fd);
  free(files->path);
  free(files);
}

const char *files_path(const struct files *files) {
  return files->path;
}

char *files_path_of(const struct files *files, const char *name) {
  return files_join(files->path, '/', name);
}

/* --- reading --- */

static enum pg_error read_all(int fd, const char *path, struct pg_text *out,
                              struct pg_fault *fault) {
  char piece[PIECE];
  for (;;) {
    ssize_t got = read(fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return failed(fault, path, errno);
    if (got == 0)
      return PG_OK;
    if ((size_t)got > out->max - out->len)
      return files_too_big(fault, path, out->max);
    pg_text_add(out, piece, (size_t)got);
    if (out->failed)
      return files_no_memory(fault);
  }
}

static enum pg_error check_kind(const struct stat *stat, const char *path,
                                struct pg_fault *fault) {
  if (S_ISREG(stat->st_mode))
    return PG_OK;
  return files_unreadable(fault, path,
                          S_ISDIR(stat->st_mode)
                              ? "a folder, expected a file"
                              : "a device or pipe, expected a regular file");
}

/* Closes |fd|, which may be the -1 of an open that failed. |out| NULL: only whether. */
static enum pg_error read_open(int fd, const char *path, bool trusted,
                               struct pg_text *out, struct pg_fault *fault) {
  struct stat stat;
  if (fd < 0 && errno == ENOENT)
    return files_missing(fault, path);
  if (fd < 0 && errno == ELOOP && trusted)
    return trust_link(path, "rm", fault);
  if (fd < 0)
    return failed(fault, path, errno);
  enum pg_error error =
      fstat(fd, &stat) == 0 ? check_kind(&stat, path, fault) : failed(fault, path, errno);
  if (error == PG_OK && trusted)
    error = judge(&stat, path, fault);
  if (error == PG_OK && out != NULL)
    error = read_all(fd, path, out, fault);
  close(fd);
  return error;
}

static enum pg_error look_at(struct files *files, const char *name, struct pg_text *out,
                             struct pg_fault *fault) {
  char *path = files_path_of(files, name);
  if (path == NULL)
    return files_no_memory(fault);
  /* A FIFO would keep an open without O_NONBLOCK waiting for ever. */
  int fd = openat(files->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  enum pg_error error = read_open(fd, path, true, out, fault);
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

enum pg_error files_read_at(const char *path, size_t max, struct pg_text *out,
                            struct pg_fault *fault) {
  pg_text_init(out, max);
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  return read_open(fd, path, true, out, fault);
}

enum pg_error files_load(const char *path, size_t max, struct pg_text *out,
                         struct pg_fault *fault) {
  pg_text_init(out, max);
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  return read_open(fd, path, false, out, fault);
}

/* --- writing --- */

/* 0 or an errno. */
static int write_all(int fd, const char *data, size_t len) {
  while (len > 0) {
    ssize_t written = write(fd, data, len);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    data += written;
    len -= (size_t)written;
  }
  return fsync(fd) == 0 ? 0 : errno;
}

/* A file that was left by a process that died while writing is replaced. */
static int write_beside(struct files *files, const char *temporary, const char *name,
                        const char *data, size_t len) {
  if (unlinkat(files->fd, temporary, 0) != 0 && errno != ENOENT)
    return errno;
  int fd = openat(files->fd, temporary,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno;
  int code = write_all(fd, data, len);
  if (close(fd) != 0 && code == 0)
    code = errno;
  if (code == 0 && renameat(files->fd, temporary, files->fd, name) != 0)
    code = errno;
  if (code != 0)
    (void)unlinkat(files->fd, temporary, 0);
  else if (fsync(files->fd) != 0) /* the name, too, is to survive a loss of power */
    code = errno;
  return code;
}

enum pg_error files_replace(struct files *files, const char *name, const char *data,
                            size_t len, struct pg_fault *fault) {
  char *path = files_path_of(files, name);
  char *temporary = files_join(name, '.', "new");
  int code = path != NULL && temporary != NULL
                 ? write_beside(files, temporary, name, data, len)
                 : ENOMEM;
  enum pg_error error = code != 0 ? failed(fault, path, code) : PG_OK;
  free(temporary);
  free(path);
  return error;
}

enum pg_error files_rename(struct files *files, const char *from, const char *to,
                           struct pg_fault *fault) {
  char *path = files_path_of(files, from);
  enum pg_error error = PG_OK;
  if (path == NULL)
    return files_no_memory(fault);
  if (renameat(files->fd, from, files->fd, to) != 0)
    error = errno == ENOENT ? files_missing(fault, path) : failed(fault, path, errno);
  else if (fsync(files->fd) != 0)
    error = failed(fault, path, errno);
  free(path);
  return error;
}

enum pg_error files_remove(struct files *files, const char *name,
                           struct pg_fault *fault) {
  char *path = files_path_of(files, name);
  enum pg_error error = PG_OK;
  if (path == NULL)
    return files_no_memory(fault);
  if (unlinkat(files->fd, name, 0) != 0)
    error = errno == ENOENT ? files_missing(fault, path) : failed(fault, path, errno);
  free(path);
  return error;
}

/* --- watching --- */

static int64_t nanoseconds(const struct timespec *time) {
  return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

bool files_changed(struct files *files, const char *name, struct files_stamp *stamp) {
  struct files_stamp now = {0}, before = *stamp;
  struct stat stat;
  if (fstatat(files->fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0) {
    now.there = true;
    now.volume = stat.st_dev;
    now.identity = stat.st_ino;
    now.size = (uint64_t)stat.st_size;
    now.written = nanoseconds(&stat.st_mtim);
    now.changed = nanoseconds(&stat.st_ctim);
  }
  *stamp = now;
  return files_stamps_differ(&before, &now);
}
