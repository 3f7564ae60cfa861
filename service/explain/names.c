/* The words of the protocol for kinds and confidence. */
#include "service/explain/explain.h"

const char *pg_holder_kind_name(enum pg_holder_kind kind) {
  static const char *const names[] = {
#define X(name, text) text,
      PG_HOLDER_KIND_LIST(X)
#undef X
  };
  return names[kind];
}

const char *pg_confidence_name(enum pg_confidence confidence) {
  static const char *const names[] = {
#define X(name, text) text,
      PG_CONFIDENCE_LIST(X)
#undef X
  };
  return names[confidence];
}
