/* The answer of `report` as one HTML page: no script, nothing to be fetched, fit to be
 * sent to a colleague, to be printed and to be read aloud. */
#ifndef PG_REPORT_H
#define PG_REPORT_H

#include "client/html.h"
#include "client/render.h"

struct report {
  struct pg_text *out;
  const cJSON *result;
  const char *host;    /* whose ports these are, or NULL */
  const char *version; /* of this program */
  bool (*local_time)(int64_t unix_ms, struct client_time *out);
  int64_t since, until; /* of the answer; report_page fills them */
};

/* Writes the page. */
void report_page(struct report *report);

/* --- its parts, each in a file of its own --- */

extern const char report_style[]; /* CSS */

void report_summary(struct report *report);
/* |entry|: one of "ports". */
void report_port(struct report *report, const cJSON *entry);
/* "in-use": what the style knows the state of a port by. */
const char *report_state_class(const cJSON *status);
/* What can be done about it; |status| is its answer of `status`. */
void report_ways_out(struct report *report, const cJSON *status);
/* Who held it when: a picture and a table. */
void report_timeline(struct report *report, const cJSON *entry);
/* What the port leads to now: likewise. */
void report_graph(struct report *report, const cJSON *entry);
void report_policy(struct report *report);

/* --- pieces --- */

/* <time>; "not known" for a time that is not. */
void report_time(struct report *report, int64_t unix_ms);
/* "UTC+01:00", at that time. */
void report_zone(struct report *report, struct pg_text *out, int64_t unix_ms);
/* How words are made that others make as well, without colour and lines, with dates. */
struct render report_words(const struct report *report, struct pg_text *out);
/* The labels that |text| writes, as a list of terms. */
void report_labels(struct report *report, const cJSON *result,
                   void (*text)(struct render *render, const cJSON *result));
/* A list of terms from lines as render_label has them. */
void report_label_lines(struct report *report, const char *lines);
/* The "warnings" of an answer, as paragraphs. */
void report_notes(struct report *report, const cJSON *result);
/* "8 ports": one, or more of them. */
void report_count(struct pg_text *out, int64_t count, const char *one, const char *more);

/* --- tables of rows, of which the first are seen at once --- */

#define REPORT_ROWS_SHOWN 10

struct report_rows {
  const cJSON **at;
  size_t count;
  const char *caption;        /* own words */
  const char *const *headers; /* likewise, |columns| of them */
  size_t columns;
  void (*row)(struct report *report, const cJSON *row); /* its cells */
  const char *class;                                    /* NULL: it has none */
};

/* Adds the elements of |array| that |wanted| (NULL: all) lets in. False: no memory, and
 * the page fails. */
bool report_rows_add(struct report *report, struct report_rows *rows, const cJSON *array,
                     bool (*wanted)(const cJSON *row));
void report_rows_write(struct report *report, const struct report_rows *rows);
void report_rows_free(struct report_rows *rows);
/* For a table whose rows come from elsewhere: all that stands before and behind them.
 * |more| is added to the caption. */
void report_table_begin(struct report *report, const struct report_rows *rows,
                        const char *more);
void report_table_end(struct report *report);

/* The table of events, of the |array|s' entries. */
void report_events(struct report *report, const cJSON *entry);
/* What somebody was stopped, disabled or freed by: of a rule or an administrator. */
bool report_is_deed(const cJSON *entry);
void report_event_cells(struct report *report, const cJSON *entry);

#endif
