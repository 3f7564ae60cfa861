#include "service/clock.h"

#include <uv.h>

int64_t clock_mono(void) {
  return (int64_t)(uv_hrtime() / 1000000u);
}

int64_t clock_uptime(void) {
  double seconds = 0;
  return uv_uptime(&seconds) == 0 ? (int64_t)(seconds * 1000) : 0;
}

int64_t clock_wall(void) {
  uv_timeval64_t now;
  if (uv_gettimeofday(&now) != 0)
    return 0;
  return now.tv_sec * 1000 + now.tv_usec / 1000;
}
