/* What the client asks of the system it runs on: win_platform.c or
 * posix_platform.c. */
#ifndef PG_CLIENT_PLATFORM_H
#define PG_CLIENT_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_time {
  int year, month, day; /* 2026, 1-12, 1-31 */
  int hour, minute, second;
};

/* First line of the program: hardening, and |argc| and |argv| in UTF-8. */
void client_start(int *argc, char ***argv);

int64_t client_mono_ms(void); /* for deadlines; no relation to the calendar */
int64_t client_wall_ms(void); /* Unix milliseconds */
/* In the zone of this machine. False when the time cannot be expressed. */
bool client_local_time(int64_t unix_ms, struct client_time *out);

bool client_on_terminal(void); /* standard output is one */
/* The name of the machine whose ports the service knows. False: a service fed from a
 * capture may know those of any. */
bool client_host_name(char *out, size_t size);

/* Standard output is a terminal that understands colour. On Windows this also
 * switches the console to escape sequences. */
bool client_takes_colour(void);

/* The name of the product's status pipe; NULL where there is none (a Unix
 * socket has no product name). */
const char *client_default_pipe(void);
const char *client_default_control(void); /* of its control pipe; or NULL */
/* How to become who may control the service. */
const char *client_elevate_hint(void);
/* Somebody sits there who can be asked: input and messages are a terminal's. */
bool client_can_ask(void);
/* What to type when the service is not running. */
const char *client_start_hint(void);
/* From here on Ctrl-C ends the program as if it had come to its end, with exit code 0,
 * and a reader of standard output that leaves shows in writing to it. */
void client_end_on_interrupt(void);
void client_pause(int64_t ms);

/* An address without its zone, in network order; of IPv4 the first four bytes. False: it
 * is none. */
bool client_address(const char *text, bool *ipv6, uint8_t bytes[16]);

/* False for a --pipe that cannot be the name of a pipe; |*expected| says what
 * would be. */
bool client_pipe_name_ok(const char *name, const char **expected);

#endif
