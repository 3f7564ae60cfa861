/* The strict scan before cJSON: the whole grammar of RFC 8259 and nothing else. */
#ifndef PG_JSON_SCAN_H
#define PG_JSON_SCAN_H

#include "common/json.h"

/* Deeper limits than this are cut to it: the scan recurses, and cJSON itself
 * stops at 1000. */
#define PG_JSON_SCAN_DEPTH 512

/* PG_OK when |text| is one JSON value with nothing but white space around it.
 * Does not look for duplicate keys. |by_line|: places are lines, not bytes. Errors:
 * PG_E_PARSE, PG_E_TOOBIG. */
enum pg_error pg_json_scan(const char *text, size_t len,
                           const struct pg_json_limits *limits, bool by_line,
                           struct pg_fault *fault);

#endif
