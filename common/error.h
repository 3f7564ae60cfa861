/* The one list of what can go wrong, and the record that carries the words.
 *
 * Inner code returns enum pg_error and, where a person will read the reason,
 * fills a struct pg_fault once. Only the edge (the answer writer, the client's
 * stderr, the event sink) prints it. */
#ifndef PG_ERROR_H
#define PG_ERROR_H

#include <stdint.h>

/* By plain `printf` gcc for Windows means the old C runtime's formats, without %zu. */
#if defined(__GNUC__) && !defined(__clang__)
#define PG_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#elif defined(__clang__)
#define PG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PG_PRINTF(fmt, args)
#endif

/* name, JSON-RPC code, exit code of portguardctl, default message */
#define PG_ERROR_LIST(X)                                             \
  X(OK, 0, 0, "ok")                                                  \
  X(PARSE, -32700, 7, "the request is not valid JSON")               \
  X(REQUEST, -32600, 7, "the request is not a JSON-RPC 2.0 request") \
  X(METHOD, -32601, 7, "unknown method")                             \
  X(PARAMS, -32602, 64, "a parameter is wrong")                      \
  X(INTERNAL, -32603, 7, "internal error")                           \
  X(DENIED, -32001, 4, "access denied")                              \
  X(BUSY, -32002, 5, "the service is busy")                          \
  X(TIMEOUT, -32003, 5, "timed out")                                 \
  X(NOTFOUND, -32004, 7, "not found")                                \
  X(REFUSED, -32005, 6, "refused by a safety rule")                  \
  X(WINDOWS, -32006, 7, "the operating system refused")              \
  X(USAGE, 0, 64, "wrong arguments")                                 \
  X(UNREACHABLE, 0, 5, "the service cannot be reached")              \
  X(NOMEM, -32603, 7, "out of memory")                               \
  X(TOOBIG, -32603, 7, "too large")                                  \
  X(IO, -32603, 7, "cannot read or write")                           \
  X(FORMAT, -32603, 7, "not in the expected format")

enum pg_error {
#define X(name, rpc, exit_code, text) PG_E_##name,
  PG_ERROR_LIST(X)
#undef X
};

#define PG_OK PG_E_OK

struct pg_fault {
  enum pg_error code;
  char message[512]; /* one line, already escaped for a screen */
  char hint[256];    /* a runnable next step, or "" */
  char param[64];    /* the parameter or JSON path that was wrong, or "" */
  char rule[32];     /* PG_E_REFUSED: the name of the safety rule; else "" */
  uint32_t win32;    /* GetLastError() or errno, 0 when there was none */
};

/* Returns |code|, so that a failing function can end with `return pg_fail(…)`.
 * |fault| may be NULL when nobody will read the words. */
enum pg_error pg_fail(struct pg_fault *fault, enum pg_error code, const char *format, ...)
    PG_PRINTF(3, 4);
void pg_fault_hint(struct pg_fault *fault, const char *format, ...) PG_PRINTF(2, 3);
void pg_fault_param(struct pg_fault *fault, const char *param);
void pg_fault_rule(struct pg_fault *fault, const char *rule);

int pg_error_rpc(enum pg_error code);
int pg_error_exit(enum pg_error code);
const char *pg_error_text(enum pg_error code);
/* The inverse of pg_error_rpc for codes a peer sent; unknown ones are
 * PG_E_INTERNAL. */
enum pg_error pg_error_from_rpc(int rpc);

#endif
