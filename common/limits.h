/* Every ceiling of the product in one place. Sizes are bytes, times are
 * milliseconds, unless the name says otherwise. docs/protocol.md repeats the
 * ones a client can notice. */
#ifndef PG_LIMITS_H
#define PG_LIMITS_H

#include <assert.h>

#define PG_KIB 1024u
#define PG_MIB (1024u * PG_KIB)

/* The protocol. */
#define PG_REQUEST_MAX (64u * PG_KIB)
#define PG_REQUEST_DEPTH 16
#define PG_REQUEST_NODES 2048
#define PG_REQUEST_TEXT_MAX 1024   /* a name in a list of names */
#define PG_ID_MAX 9007199254740991 /* larger whole numbers do not survive a double */
#define PG_ANSWER_MAX (64u * PG_MIB)
#define PG_ANSWER_PIECE (64u * PG_KIB)
/* Answers that one user's connections have not read yet: beyond the first, only
 * answers up to the second go out, so that who does not read cannot grow the
 * service and still gets no other verb refused. */
#define PG_UNREAD_MAX (64u * PG_MIB)
#define PG_UNREAD_SMALL PG_MIB

/* Connections, per pipe. */
#define PG_CONN_MAX 64
#define PG_CONN_PER_USER 32
#define PG_CONN_UNKNOWN 16 /* of all whose user cannot be told */
#define PG_FIRST_REQUEST_MS 5000
#define PG_LINE_MS 5000
#define PG_IDLE_MS 60000
#define PG_DRAIN_MS_PER_MIB 5000

/* Watching, over both pipes. The changes that are kept for who is slow; and how many may
 * watch: others, and the same user's other requests, still find a connection. */
#define PG_WATCH_BACKLOG 1024
#define PG_WATCH_BYTES (4u * PG_MIB) /* of their texts */
#define PG_WATCH_PORTS 256           /* one subscriber may name */
#define PG_WATCH_MAX 48
#define PG_WATCH_PER_USER 16
#define PG_WATCH_PIECE (16u * PG_KIB) /* told at once, and what the last is over it */

/* Freshness of answers. */
#define PG_MAX_AGE_MS 250
#define PG_DETAIL_AGE_MS 2000 /* processes, services, netsh text, when asked about */
#define PG_SLOW_WAIT_MS 2000  /* then the answer goes out incomplete */
#define PG_HTTP_REFRESH_MS 30000
#define PG_HTTP_ENFORCE_MS 5000     /* the same while a rule is enforced on the port */
#define PG_NETWORK_REFRESH_MS 60000 /* the safety net beside Windows' own notice */

/* Sources. */
#define PG_NETSH_TEXT_MAX (16u * PG_MIB)
#define PG_NETSH_MS 5000
#define PG_BACKOFF_FIRST_MS 1000
#define PG_BACKOFF_MAX_MS 60000
#define PG_HTTP_RECORD_MAX PG_MIB /* one record of HTTP.sys's configuration */
#define PG_HTTP_RECORDS 65536     /* of one kind */
#define PG_PORT_PROXIES 65536
#define PG_ACCOUNT_MS 5000   /* one look-up of a name: stopping waits for it */
#define PG_ACCOUNTS_MAX 4096 /* names of SIDs that are kept */
#define PG_TCP_TABLE_MAX (64u * PG_MIB)

/* Answers. */
#define PG_GRAPH_NODES 2048
#define PG_GRAPH_EDGES (4 * PG_GRAPH_NODES)

/* Captures. */
#define PG_CAPTURE_MAX (64u * PG_MIB)
#define PG_CAPTURE_DEPTH 16
#define PG_CAPTURE_NODES (8u * PG_MIB) /* rows have at least 10 bytes per value */

/* The Event Log. */
#define PG_SHOWN_CHARS 260 /* text from outside, on a screen or in an event */
#define PG_EVENT_STRING_MAX 31839
#define PG_EVENTS_PER_KEY 5
#define PG_EVENT_WINDOW_MS 120000
#define PG_EVENT_KEYS 1024 /* (ID, port) pairs the limiter tells apart */
#define PG_FLAP_CHANGES 5  /* more than this in the window is flapping */
#define PG_FLAP_WINDOW_MS 60000

/* The client. */
#define PG_CLIENT_MS 5000
#define PG_CLIENT_PORTS 256 /* ports in one call of portguardctl status */

#define PG_INTERVAL_MS 1000
#define PG_INTERVAL_MIN_MS 100
#define PG_INTERVAL_MAX_MS 60000

/* The configuration. */
#define PG_CONFIG_MAX PG_MIB
#define PG_CONFIG_DEPTH 16
#define PG_CONFIG_LOOK_MS 2000 /* how often it is looked whether the file has changed */
#define PG_IMPORT_MS 5000      /* reading a file to be imported may take; then without */
#define PG_CONFIG_ARENA_MAX (64u * PG_MIB) /* what may become of PG_CONFIG_MAX bytes */
#define PG_RULES_MAX 256
#define PG_WINDOWS_MAX 64 /* of one rule: spans are reckoned on the loop */
#define PG_RULE_NAME_CHARS 64

/* The history. */
#define PG_HISTORY_DAYS 90
#define PG_HISTORY_DAYS_MAX 3650
#define PG_HISTORY_MIB 64
#define PG_HISTORY_MIB_MIN 4
#define PG_HISTORY_MIB_MAX 4096
#define PG_HISTORY_WRITE_MS 500    /* what happens together is written together */
#define PG_HISTORY_PRUNE_MS 600000 /* between two looks at what is too old */

/* Metrics. Series for each guarded port, for each holder, in all and of one port. */
#define PG_METRICS_S 15
#define PG_METRICS_MIN_S 5
#define PG_METRICS_MAX_S 3600
#define PG_METRICS_PORTS 256
#define PG_METRICS_HOLDERS 512
#define PG_METRICS_PORT_HOLDERS 16
#define PG_METRICS_NAMES 256         /* of programs, in one run of the service */
#define PG_METRICS_MAX (4u * PG_MIB) /* the file */
#define PG_METRICS_FIRST_MS 5000     /* the first look may take, before it is written */
#define PG_METRICS_SOON_MS 2000   /* between two times that something important happens */
#define PG_METRICS_AGAIN_MS 1000  /* after a time that failed */
#define PG_METRICS_LATER_MS 60000 /* likewise, once that has been told */
#define PG_METRICS_TRIES 3        /* until that is told */

/* The policy. */
#define PG_DOUBT_MS 6000           /* a doubt that lasts longer than netsh may is told */
#define PG_SUSPEND_MAX_MS 86400000 /* a day, however often a holder comes back */
#define PG_PAUSE_MAX_S 2592000     /* 30 days */
#define PG_ZONE_REFRESH_MS 60000   /* the rules of the time zone are read again */
#define PG_MEMORY_SAVE_MS 60000    /* what remains of its durations is written again */

/* Actions. */
#define PG_STATE_AGAIN_MS 2000     /* how often it is tried to be read, if it cannot be */
#define PG_STATE_MAX (4u * PG_MIB) /* state.json */
#define PG_SERVICE_NAME_CHARS 256  /* Windows' own limit */
#define PG_STOP_MS 60000           /* one service may take to stop */
#define PG_CONTROL_MS 120000       /* the client waits for a control verb */
#define PG_SETTLE_MS 2000          /* a port may take to become free */
#define PG_EXPECT_MAX 1024         /* services of a plan that was shown */
#define PG_ADDRESS_TEXT_MAX 64
#define PG_AUDIT_CHARS 512   /* what was asked for, and what came of it */
#define PG_LOOK_TWICE_MS 250 /* between the two looks at a port that was freed */

/* History. */
/* Texts that wait to be written; as much again is being written. 10,000 changes of one
 * look are 13 MiB. */
#define PG_HISTORY_BATCH_MAX (16u * PG_MIB)
#define PG_HISTORY_EXCESS (64u * PG_MIB) /* over the limit, until nothing is written */
#define PG_HISTORY_BATCH_ROWS 65536
#define PG_HISTORY_ROWS_MAX 10000 /* of tenancies, and of entries, in one answer */
#define PG_HISTORY_WAL_MAX PG_MIB /* the write-ahead log, when it is put back */
#define PG_HISTORY_PIECE 100      /* rows that are forgotten at a time */
#define PG_HISTORY_ASK_MS 2000    /* one question keeps the history from writing */
#define PG_HISTORY_LASTS 64       /* ports whose part in a status is kept */
#define PG_HISTORY_LAST_MS 200    /* a status waits for it */
#define PG_HISTORY_LOCK_MS 250    /* waiting for another program's lock */
#define PG_HISTORY_STOP_MS 10000  /* a stop waits for a disk that does not answer */
#define PG_BOOT_TOLERANCE_MS 5000 /* the boot time is reckoned from two clocks */

/* Reports. */
#define PG_REPORT_PORTS 64 /* told of in one, and named in one request */
#define PG_REPORT_DAYS 7   /* unless it is said since when */
#define PG_REPORT_ROWS 200 /* of tenancies, and of entries, for each port */
#define PG_REPORT_MAKING 4 /* at the same time, and by the same user */
#define PG_REPORT_PER_USER 2
#define PG_REPORT_HISTORY_MAX (8u * PG_MIB)
#define PG_REPORT_MAX (32u * PG_MIB)
#define PG_REPORT_HISTORY_MS 1500 /* the history may take; then without it */
#define PG_REPORT_WAIT_MS 4500    /* for everything */

static_assert(PG_REQUEST_MAX < PG_ANSWER_MAX, "an error answer may quote a request");
static_assert(PG_UNREAD_SMALL < PG_UNREAD_MAX, "small answers go out whatever waits");
static_assert(PG_ANSWER_PIECE <= PG_MIB, "the drain deadline counts whole MiB begun");
static_assert(PG_CONN_PER_USER + PG_CONN_UNKNOWN < PG_CONN_MAX,
              "one user, known and unknown, must not take every connection");
static_assert(PG_WATCH_MAX < PG_CONN_MAX && PG_WATCH_PER_USER < PG_CONN_PER_USER,
              "who watches must not keep everybody from asking");
static_assert(PG_MAX_AGE_MS < PG_SLOW_WAIT_MS, "a fresh sample must fit into the wait");
static_assert(PG_HISTORY_LAST_MS < PG_MAX_AGE_MS, "waiting must not make it old");
static_assert(PG_SLOW_WAIT_MS < PG_CLIENT_MS, "the client must outwait a slow source");
static_assert(PG_SLOW_WAIT_MS < PG_NETSH_MS, "netsh finishes for the next answer");
static_assert(PG_NETSH_MS < PG_DOUBT_MS, "a doubt may end with the netsh text");
static_assert(PG_REPORT_MAX < PG_ANSWER_MAX, "rules must find a place beside it");
static_assert(PG_SLOW_WAIT_MS + PG_REPORT_HISTORY_MS < PG_REPORT_WAIT_MS &&
                  PG_REPORT_WAIT_MS < PG_CLIENT_MS,
              "a report without its slow parts must still reach the client");
static_assert(PG_EVENT_STRING_MAX < 32 * 1024, "ReportEvent's own limit");

#endif
