/* HTTP.sys's configuration, list by list and record by record. Who answers is an
 * argument (win_http_config.c asks Windows), so that an API that misbehaves can be
 * had in a test. */
#ifndef PG_HTTP_CONFIG_H
#define PG_HTTP_CONFIG_H

#include "service/snapshot/snapshot.h"

#define HTTP_VALUES 3

/* One entry, in the terms of the tables in network.h. */
struct http_record {
  const char *key; /* the URL; the address; the endpoint */
  /* Its SDDL; none; hash, store and application. NULL where there is none. */
  const char *values[HTTP_VALUES];
};

/* What one reading of a list found. Strings live in |arena|. */
struct http_records {
  struct pg_arena *arena;
  struct http_record *rows;
  size_t count, capacity;
};

/* Adds a copy of |record|; false when there is no room. */
bool http_records_add(struct http_records *records, const struct http_record *record);

/* Answers of a query beside 0, as HttpQueryServiceConfiguration gives them. */
enum {
  HTTP_CONFIG_MISSING = 2,     /* there is no such record: the list is empty */
  HTTP_CONFIG_SMALL = 122,     /* again with a larger buffer, same token */
  HTTP_CONFIG_MORE_DATA = 234, /* the same in other words */
  HTTP_CONFIG_END = 259,       /* the token before was the last one */
};

struct http_list {
  bool single; /* one record holds it all: only token 0 is asked for */
  /* Fills |buffer| with record number |token|, and |needed| with its size. */
  uint32_t (*query)(uint32_t token, void *buffer, uint32_t size, uint32_t *needed);
  /* Adds what |buffer| holds; false when there is no room. */
  bool (*decode)(const void *buffer, uint32_t size, struct http_records *records);
};

/* Reads |lists| into the table of |source| (RESERVATIONS, LISTEN_LIST or
 * CERTIFICATES) of |snapshot| and sets its status. A list is read until two
 * readings in a row are the same, because a record that goes while it is walked
 * makes the next one be skipped. FAILED, with the rows that were read, when the API
 * refuses, asks for more than PG_HTTP_RECORD_MAX, has more than PG_HTTP_RECORDS
 * records or never says the same twice. |words| writes what an error code means and
 * returns |out|. Errors: PG_E_NOMEM. */
enum pg_error http_config_add(struct pg_snapshot *snapshot, enum pg_source source,
                              const struct http_list *lists, size_t count,
                              const char *(*words)(char *out, size_t size, uint32_t code),
                              int64_t now);

#endif
