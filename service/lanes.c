/* The two lanes of work off the loop thread. While a job runs it borrows what
 * its order points to; the lane holds the references. */
#include "common/limits.h"
#include "service/explain/explain.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

bool lanes_are_idle(const struct loop *loop) {
  return !loop->samples.busy && !loop->netsh.busy;
}

static void tell_idle(struct loop *loop) {
  if (lanes_are_idle(loop))
    loop->samples.idle(loop);
}

static void run_sample(uv_work_t *work) {
  struct loop *loop = work->data;
  struct sample_lane *lane = &loop->samples;
  const struct source *source = &loop->options.source;
  lane->made = NULL;
  lane->outcome = source->sample(source->context, &lane->order, &lane->made);
  if (lane->outcome != SAMPLE_NEW)
    return;
  if (explain_attribute(lane->made, lane->base, lane->http_expected) == PG_OK)
    return;
  snapshot_unref(lane->made);
  lane->made = NULL;
  lane->outcome = SAMPLE_FAILED;
}

static void give_back(struct sample_lane *lane) {
  snapshot_unref(lane->current);
  snapshot_unref(lane->base);
  lane->current = lane->base = NULL;
}

/* A netsh reading that has ended becomes the current one. Only between two
 * samples: a running one borrows the old reading. */
static bool adopt_http(struct loop *loop) {
  struct http_lane *lane = &loop->netsh;
  if (!lane->ended)
    return false;
  lane->ended = false;
  free(loop->http.text);
  loop->http = lane->reading;
  lane->reading.text = NULL;
  if (loop->http.text == NULL && !loop->http.stopped)
    backoff_fail(&loop->http_backoff, clock_mono());
  else
    backoff_clear(&loop->http_backoff);
  return true;
}

/* A snapshot is built on it at once; whatever sample is next would do it too. */
static void take_http(struct loop *loop) {
  struct sample_wish wish = {true, true, 0};
  if (loop->netsh.ended && !loop->samples.busy)
    lanes_sample(loop, &wish);
}

static void note_verified(struct loop *loop) {
  const struct sample_lane *lane = &loop->samples;
  if (lane->outcome == SAMPLE_FAILED) {
    loop->failed_samples++;
    return;
  }
  if (lane->outcome == SAMPLE_SAME)
    loop->quiet_ticks++;
  loop->tcp_mono = lane->order.now_mono;
  loop->sampled_at = lane->order.now;
  if (lane->made != NULL)
    loop->details_mono = lane->made->details_mono;
  else if (lane->order.details)
    loop->details_mono = lane->order.now_mono;
}

static void after_sample(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct sample_lane *lane = &loop->samples;
  (void)status; /* never cancelled: the job is waited for */
  lane->busy = false;
  give_back(lane);
  note_verified(loop);
  struct pg_snapshot *made = lane->made;
  lane->made = NULL;
  lane->ended(loop, made);
  take_http(loop);
  if (lane->again && !lane->busy)
    lanes_sample(loop, &lane->wish);
  tell_idle(loop);
}

static void start_sample(struct loop *loop, const struct sample_wish *wish) {
  struct sample_lane *lane = &loop->samples;
  /* Here and not only in take_http: clients that keep asking leave no pause
   * between two samples. Services and processes are read again with it, since it
   * may name new ones. */
  bool news = adopt_http(loop);
  if (loop->current != NULL)
    lane->current = snapshot_ref(loop->current);
  /* Before there is a baseline, the last look is all that is known. */
  const struct pg_snapshot *base = loop->base != NULL ? loop->base : loop->current;
  if (base != NULL)
    lane->base = snapshot_ref((struct pg_snapshot *)base);
  lane->order = (struct sample_order){
      .previous = lane->current,
      .details = wish->details || news,
      .rebuild = wish->rebuild || news,
      .http = &loop->http,
      .now = clock_wall(),
      .now_mono = clock_mono(),
  };
  lane->http_expected = loop->options.source.read_http != NULL &&
                        backoff_may_try(&loop->http_backoff, lane->order.now_mono);
  lane->again = false;
  lane->wish = (struct sample_wish){0};
  lane->work.data = loop;
  lane->busy = uv_queue_work(&loop->uv, &lane->work, run_sample, after_sample) == 0;
  if (!lane->busy)
    give_back(lane);
}

static bool running_job_is_enough(const struct sample_lane *lane,
                                  const struct sample_wish *wish) {
  return !wish->rebuild && lane->order.now_mono >= wish->since &&
         (lane->order.details || !wish->details);
}

void lanes_sample(struct loop *loop, const struct sample_wish *wish) {
  struct sample_lane *lane = &loop->samples;
  if (loop->stopping)
    return;
  if (!lane->busy) {
    struct sample_wish now = *wish;
    start_sample(loop, &now);
  } else if (!running_job_is_enough(lane, wish)) {
    lane->again = true;
    lane->wish.details |= wish->details;
    lane->wish.rebuild |= wish->rebuild;
  }
}

static void run_http(uv_work_t *work) {
  struct loop *loop = work->data;
  loop->options.source.read_http(loop->options.source.context, &loop->netsh.reading);
}

static void after_http(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  (void)status;
  loop->netsh.busy = false;
  loop->netsh.ended = true;
  take_http(loop);
  tell_idle(loop);
}

void lanes_read_http(struct loop *loop) {
  struct http_lane *lane = &loop->netsh;
  if (lane->busy || lane->ended || loop->stopping)
    return;
  if (loop->options.source.read_http == NULL)
    return;
  memset(&lane->reading, 0, sizeof lane->reading);
  lane->reading.begun_mono = clock_mono();
  lane->reading.deadline_ms = PG_NETSH_MS;
  lane->work.data = loop;
  lane->busy = uv_queue_work(&loop->uv, &lane->work, run_http, after_http) == 0;
}

void lanes_free(struct loop *loop) {
  free(loop->netsh.reading.text);
  free(loop->http.text);
  loop->netsh.reading.text = loop->http.text = NULL;
}
