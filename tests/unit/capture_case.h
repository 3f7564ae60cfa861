/* Captures read and written in tests. */
#ifndef PG_CAPTURE_CASE_H
#define PG_CAPTURE_CASE_H

#include "service/capture/capture.h"

#define CAPTURE_CASE_MONO 5000 /* when they are read */

/* Fails the test when |text| is no capture. The caller unrefs the snapshot. */
struct pg_snapshot *capture_case_read(const char *text, size_t len);
/* |snapshot| as a capture, to free with pg_text_free. */
struct pg_text capture_case_written(const struct pg_snapshot *snapshot);
/* Read, written and read again, the capture |text| gives the same rows and the same
 * text. */
void capture_case_round_trip(const char *text);

#endif
