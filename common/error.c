#include "common/error.h"

#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct error_entry {
  int rpc;
  int exit_code;
  const char *text;
};

static const struct error_entry entries[] = {
#define X(name, rpc, exit_code, text) {rpc, exit_code, text},
    PG_ERROR_LIST(X)
#undef X
};

#define ENTRY_COUNT (sizeof entries / sizeof entries[0])

static const struct error_entry *entry_of(enum pg_error code) {
  size_t index = (size_t)code;
  return &entries[index < ENTRY_COUNT ? index : (size_t)PG_E_INTERNAL];
}

enum pg_error pg_fail(struct pg_fault *fault, enum pg_error code, const char *format,
                      ...) {
  /* The words may quote the fault they replace ("config.json: " and the old
   * message), so they are made elsewhere first. Larger than the message: then
   * only pg_copy cuts, and it never cuts inside a character. */
  char words[sizeof fault->message + 8];
  va_list args;
  if (!fault)
    return code;
  va_start(args, format);
  if (vsnprintf(words, sizeof words, format, args) < 0)
    words[0] = '\0';
  va_end(args);
  memset(fault, 0, sizeof *fault);
  fault->code = code;
  (void)pg_copy(fault->message, sizeof fault->message,
                words[0] ? words : pg_error_text(code));
  return code;
}

void pg_fault_hint(struct pg_fault *fault, const char *format, ...) {
  char words[sizeof fault->hint + 8];
  va_list args;
  if (!fault)
    return;
  va_start(args, format);
  if (vsnprintf(words, sizeof words, format, args) < 0)
    words[0] = '\0';
  va_end(args);
  (void)pg_copy(fault->hint, sizeof fault->hint, words);
}

void pg_fault_param(struct pg_fault *fault, const char *param) {
  if (fault)
    (void)pg_copy(fault->param, sizeof fault->param, param);
}

void pg_fault_rule(struct pg_fault *fault, const char *rule) {
  if (fault)
    (void)pg_copy(fault->rule, sizeof fault->rule, rule);
}

int pg_error_rpc(enum pg_error code) {
  return entry_of(code)->rpc;
}

int pg_error_exit(enum pg_error code) {
  return entry_of(code)->exit_code;
}

const char *pg_error_text(enum pg_error code) {
  return entry_of(code)->text;
}

enum pg_error pg_error_from_rpc(int rpc) {
  /* 0 is in the list for codes that never cross the wire. Where several codes
   * share a number, the first of the list is the general one. */
  for (size_t i = 0; rpc != 0 && i < ENTRY_COUNT; i++)
    if (entries[i].rpc == rpc)
      return (enum pg_error)i;
  return PG_E_INTERNAL;
}
