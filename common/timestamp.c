#include "common/timestamp.h"

#include <string.h>

#define MS_PER_DAY INT64_C(86400000)
/* 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what four digits of
 * year can say. */
#define TIME_FIRST INT64_C(-62135596800000)
#define TIME_LAST INT64_C(253402300799999)
#define FILETIME_EPOCH_MS INT64_C(11644473600000) /* from 1601 to 1970 */

/* The calendar repeats every 400 years of 146,097 days. Years are counted from
 * March, so that the leap day is the last one and months have a formula. */
static int64_t days_from_date(int year, int month, int day) {
  int64_t shifted = month > 2 ? year : year - 1;
  int64_t era = shifted / 400; /* year >= 1 */
  int64_t year_of_era = shifted - era * 400;
  int64_t march_month = month > 2 ? month - 3 : month + 9;
  int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
  int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day) {
  int64_t since = days + 719468; /* days since 0000-03-01, never negative here */
  int64_t era = since / 146097;
  int64_t day_of_era = since - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t march_month = (5 * day_of_year + 2) / 153;
  *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
  *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
  *year = (int)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

/* Digits by hand: a long `list` writes one time per listener, and snprintf would
 * be most of its cost. */
static char *put(char *out, int value, int count, char after) {
  for (int i = count - 1; i >= 0; i--, value /= 10)
    out[i] = (char)('0' + value % 10);
  out[count] = after;
  return out + count + 1;
}

const char *pg_time_format(int64_t unix_ms, char out[PG_TIME_CHARS]) {
  int year, month, day;
  if (unix_ms < TIME_FIRST)
    unix_ms = TIME_FIRST;
  if (unix_ms > TIME_LAST)
    unix_ms = TIME_LAST;
  int64_t days = unix_ms / MS_PER_DAY;
  int64_t rest = unix_ms % MS_PER_DAY;
  if (rest < 0) { /* C rounds towards zero, calendars do not */
    rest += MS_PER_DAY;
    days--;
  }
  date_from_days(days, &year, &month, &day);
  int seconds = (int)(rest / 1000), fraction = (int)(rest % 1000);
  char *at = put(out, year, 4, '-');
  at = put(at, month, 2, '-');
  at = put(at, day, 2, 'T');
  at = put(at, seconds / 3600, 2, ':');
  at = put(at, seconds / 60 % 60, 2, ':');
  at = put(at, seconds % 60, 2, fraction ? '.' : 'Z');
  if (fraction)
    at = put(at, fraction, 3, 'Z');
  *at = '\0';
  return out;
}

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

/* Exactly |count| digits with a value in range; moves |*text| behind them. */
static bool number(const char **text, int count, int min, int max, int *value) {
  int sum = 0;
  for (int i = 0; i < count; i++, (*text)++) {
    if (**text < '0' || **text > '9')
      return false;
    sum = sum * 10 + (**text - '0');
  }
  *value = sum;
  return sum >= min && sum <= max;
}

static bool literal(const char **text, char c) {
  if (**text != c)
    return false;
  (*text)++;
  return true;
}

static bool fraction_ms(const char **text, int *ms) {
  int scale = 100;
  *ms = 0;
  if (!literal(text, '.'))
    return true;
  if (**text < '0' || **text > '9')
    return false;
  for (; scale > 0 && **text >= '0' && **text <= '9'; scale /= 10, (*text)++)
    *ms += (**text - '0') * scale;
  return true;
}

/* "T12:26:31.204"; as it is |typed| also " 12:26", or nothing: midnight. */
static bool time_of_day(const char **text, bool typed, int64_t *ms) {
  int hour, minute, second = 0, fraction = 0;
  *ms = 0;
  if (typed && **text == '\0')
    return true;
  if ((!literal(text, 'T') && !(typed && literal(text, ' '))) ||
      !number(text, 2, 0, 23, &hour) || !literal(text, ':') ||
      !number(text, 2, 0, 59, &minute))
    return false;
  bool seconds = !typed || **text == ':';
  if (seconds && (!literal(text, ':') || !number(text, 2, 0, 59, &second) ||
                  !fraction_ms(text, &fraction)))
    return false;
  *ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + fraction;
  return true;
}

static bool date_and_time(const char **text, bool typed, int64_t *ms) {
  int year, month, day;
  if (!number(text, 4, 1, 9999, &year) || !literal(text, '-') ||
      !number(text, 2, 1, 12, &month) || !literal(text, '-') ||
      !number(text, 2, 1, days_in_month(year, month), &day) ||
      !time_of_day(text, typed, ms))
    return false;
  *ms += days_from_date(year, month, day) * MS_PER_DAY;
  return true;
}

bool pg_time_parse(const char *text, int64_t *unix_ms) {
  int64_t ms;
  if (!date_and_time(&text, false, &ms) || strcmp(text, "Z") != 0)
    return false;
  *unix_ms = ms;
  return true;
}

/* "Z", "+01:00" or "-03:30", to the end of the text. */
static bool zone_offset(const char *text, int64_t *ms) {
  int hours, minutes, sign = *text == '-' ? -1 : 1;
  *ms = 0;
  if (strcmp(text, "Z") == 0)
    return true;
  if ((!literal(&text, '+') && !literal(&text, '-')) ||
      !number(&text, 2, 0, 23, &hours) || !literal(&text, ':') ||
      !number(&text, 2, 0, 59, &minutes))
    return false;
  *ms = sign * (hours * 60 + minutes) * INT64_C(60000);
  return *text == '\0';
}

bool pg_time_parse_typed(const char *text, int64_t *ms, bool *local) {
  int64_t shown, offset = 0;
  if (!date_and_time(&text, true, &shown))
    return false;
  *local = *text == '\0';
  if (!*local && !zone_offset(text, &offset))
    return false;
  *ms = shown - offset;
  return true;
}

int64_t pg_time_from_filetime(uint64_t filetime) {
  int64_t ms = (int64_t)(filetime / 10000) - FILETIME_EPOCH_MS;
  return ms > 0 && ms <= TIME_LAST ? ms : PG_TIME_UNKNOWN;
}
