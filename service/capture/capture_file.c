/* Captures come as files; everything that can be wrong with one is said here. */
#include "service/capture/capture_file.h"

#include "common/limits.h"
#include "service/capture/capture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#define PIECE (16 * 1024)
#define SHOWN_PATH 200

static bool is_kind(const uv_stat_t *stat, uint64_t kind) {
  return (stat->st_mode & S_IFMT) == kind;
}

void capture_file_stamp(const char *path, struct capture_stamp *stamp) {
  uv_fs_t request;

  memset(stamp, 0, sizeof *stamp);
  stamp->error = uv_fs_stat(NULL, &request, path, NULL);
  if (stamp->error == 0) {
    const uv_stat_t *stat = &request.statbuf;
    stamp->device = stat->st_dev;
    stamp->inode = stat->st_ino;
    stamp->size = stat->st_size;
    stamp->modified_s = stat->st_mtim.tv_sec;
    stamp->modified_ns = stat->st_mtim.tv_nsec;
  }
  uv_fs_req_cleanup(&request);
}

bool capture_stamp_equal(const struct capture_stamp *a, const struct capture_stamp *b) {
  return a->error == b->error && a->device == b->device && a->inode == b->inode &&
         a->size == b->size && a->modified_s == b->modified_s &&
         a->modified_ns == b->modified_ns;
}

static enum pg_error refuse(struct pg_fault *fault, enum pg_error code, const char *path,
                            const char *why) {
  char shown[SHOWN_PATH];
  return pg_fail(fault, code, "capture \"%s\": %s", pg_escape(shown, sizeof shown, path),
                 why);
}

static enum pg_error check_stat(const uv_stat_t *stat, const char *path,
                                struct pg_fault *fault) {
  if (is_kind(stat, S_IFDIR)) {
    return refuse(fault, PG_E_IO, path, "a directory, expected a file");
  }
  if (!is_kind(stat, S_IFREG)) {
    return refuse(fault, PG_E_IO, path, "a device or pipe, expected a regular file");
  }
  if (stat->st_size > PG_CAPTURE_MAX) {
    return refuse(fault, PG_E_TOOBIG, path,
                  "larger than 64 MiB, the most a capture may have");
  }
  return PG_OK;
}

/* Before opening, because Windows opens no directory and only says "denied". */
static enum pg_error check_path(const char *path, struct pg_fault *fault) {
  uv_fs_t request;
  int result = uv_fs_stat(NULL, &request, path, NULL);
  enum pg_error error = result < 0 ? refuse(fault, PG_E_IO, path, uv_strerror(result))
                                   : check_stat(&request.statbuf, path, fault);
  uv_fs_req_cleanup(&request);
  return error;
}

/* Again on the open file: the path may lead to another one by now. */
static enum pg_error check_handle(uv_file file, const char *path,
                                  struct pg_fault *fault) {
  uv_fs_t request;
  int result = uv_fs_fstat(NULL, &request, file, NULL);
  enum pg_error error = result < 0 ? refuse(fault, PG_E_IO, path, uv_strerror(result))
                                   : check_stat(&request.statbuf, path, fault);
  uv_fs_req_cleanup(&request);
  return error;
}

static int read_piece(uv_file file, char *piece, unsigned size) {
  uv_fs_t request;
  uv_buf_t buffer = uv_buf_init(piece, size);
  int result = uv_fs_read(NULL, &request, file, &buffer, 1, -1, NULL);
  uv_fs_req_cleanup(&request);
  return result;
}

static enum pg_error read_all(uv_file file, const char *path, struct pg_text *text,
                              struct pg_fault *fault) {
  char piece[PIECE];
  int got;

  while ((got = read_piece(file, piece, sizeof piece)) > 0) {
    if ((size_t)got > text->max - text->len) {
      return refuse(fault, PG_E_TOOBIG, path, "grew beyond 64 MiB while it was read");
    }
    pg_text_add(text, piece, (size_t)got);
    if (text->failed)
      return refuse(fault, PG_E_NOMEM, path, "not enough memory to read it");
  }
  return got < 0 ? refuse(fault, PG_E_IO, path, uv_strerror(got)) : PG_OK;
}

enum pg_error capture_file_load(const char *path, struct pg_text *text,
                                struct pg_fault *fault) {
  uv_fs_t request;
  enum pg_error error = check_path(path, fault);
  if (error != PG_OK)
    return error;

  uv_file file =
      uv_fs_open(NULL, &request, path, UV_FS_O_RDONLY | UV_FS_O_NONBLOCK, 0, NULL);
  uv_fs_req_cleanup(&request);
  if (file < 0)
    return refuse(fault, PG_E_IO, path, uv_strerror(file));
  error = check_handle(file, path, fault);
  if (error == PG_OK)
    error = read_all(file, path, text, fault);
  uv_fs_close(NULL, &request, file, NULL);
  uv_fs_req_cleanup(&request);
  return error;
}

void capture_file_fault(struct pg_fault *fault, const char *path,
                        const struct pg_fault *inner) {
  refuse(fault, inner->code, path, inner->message);
  pg_fault_hint(fault, "%s", inner->hint);
  pg_fault_param(fault, inner->param);
}

enum pg_error capture_read_file(const char *path, int64_t now_mono,
                                struct pg_snapshot **out, struct pg_fault *fault) {
  struct pg_text text;
  struct pg_fault inner = {.code = PG_OK};

  *out = NULL;
  pg_text_init(&text, PG_CAPTURE_MAX);
  enum pg_error error = capture_file_load(path, &text, fault);
  if (error == PG_OK) {
    error = capture_read(pg_text_str(&text), text.len, now_mono, out, &inner);
    if (error != PG_OK)
      capture_file_fault(fault, path, &inner);
  }
  pg_text_free(&text);
  return error;
}
