/* The sampling lane, and what all lanes have in common. While a job runs it borrows
 * what its order points to; the lane holds the references. Slow readings have lanes
 * of their own, see readings.c. */
#include "common/limits.h"
#include "service/explain/explain.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

bool lanes_are_idle(const struct loop *loop) {
  return !loop->samples.busy;
}

static void run_sample(uv_work_t *work) {
  struct loop *loop = work->data;
  struct sample_lane *lane = &loop->samples;
  const struct source *source = &loop->options.source;
  uint64_t begun = uv_hrtime();
  lane->made = NULL;
  lane->outcome = source->sample(source->context, &lane->order, &lane->made);
  lane->took_us = (int64_t)((uv_hrtime() - begun) / 1000u);
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

static void note_verified(struct loop *loop) {
  const struct sample_lane *lane = &loop->samples;
  durations_add(&loop->samples_took, lane->took_us);
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
  if (lane->again && !lane->busy)
    lanes_sample(loop, &(struct sample_wish){0});
  lane->idle(loop);
}

static void start_sample(struct loop *loop, const struct sample_wish *wish) {
  struct sample_lane *lane = &loop->samples;
  /* Here and not only when a reading ends: clients that keep asking leave no pause
   * between two samples. */
  struct sample_wish news = lane->adopt(loop);
  if (loop->current != NULL)
    lane->current = snapshot_ref(loop->current);
  /* Before there is a baseline, the last look is all that is known. */
  const struct pg_snapshot *base = loop->base != NULL ? loop->base : loop->current;
  if (base != NULL)
    lane->base = snapshot_ref((struct pg_snapshot *)base);
  lane->order = (struct sample_order){
      .previous = lane->current,
      .details = wish->details || news.details,
      .rebuild = wish->rebuild || news.rebuild,
      .connections = wish->connections,
      .http = &loop->http,
      .network = loop->network,
      .accounts = loop->names,
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
         (lane->order.details || !wish->details) &&
         (lane->order.connections || !wish->connections);
}

static void add_wish(struct sample_wish *wish, const struct sample_wish *more) {
  wish->details |= more->details;
  wish->rebuild |= more->rebuild;
  wish->connections |= more->connections;
}

void lanes_sample(struct loop *loop, const struct sample_wish *wish) {
  struct sample_lane *lane = &loop->samples;
  if (loop->stopping)
    return;
  if (!lane->busy) {
    struct sample_wish now = *wish;
    add_wish(&now, &lane->wish); /* what was asked for while it was busy */
    start_sample(loop, &now);
  } else if (!running_job_is_enough(lane, wish)) {
    lane->again = true;
    add_wish(&lane->wish, wish);
  }
}
