/* Included before every file that scripts/lint shows to clang-tidy, and nowhere
 * else. The analyzer cannot look into another file, so it would follow paths on
 * which pg_fail() returns PG_OK and every output is still unset. */
#include "common/error.h"

#define pg_fail(fault, code, ...) (pg_fail(fault, code, __VA_ARGS__), (code))
