/* A capture is a snapshot in a file: everything the service saw, raw. The
 * format is in docs/captures.md. */
#ifndef PG_CAPTURE_H
#define PG_CAPTURE_H

#include "common/json.h"
#include "service/snapshot/snapshot.h"

/* Reads a capture from memory into a sealed snapshot (not yet attributed), with
 * one reference for the caller. Missing sources are ABSENT, those named in
 * source_errors FAILED; unknown keys are ignored. Wrong types and values are
 * refused with the JSON path: tcp[3].local_port: found 70000, expected 1-65535.
 * |snapshot->sampled_at| is taken_at (or 0), |sampled_mono| is |now_mono|.
 * Errors: PG_E_PARSE, PG_E_FORMAT, PG_E_TOOBIG, PG_E_NOMEM. */
enum pg_error capture_read(const char *text, size_t len, int64_t now_mono,
                           struct pg_snapshot **out, struct pg_fault *fault);
/* The same from a file; every error names it. Errors also: PG_E_IO. */
enum pg_error capture_read_file(const char *path, int64_t now_mono,
                                struct pg_snapshot **out, struct pg_fault *fault);

/* Writes one JSON value. capture_read of it gives an equal snapshot, but for the
 * names of profile folders (redact.h). */
void capture_write(struct pg_json *json, const struct pg_snapshot *snapshot);

#endif
