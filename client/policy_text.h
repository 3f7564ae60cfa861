/* What the rules do, and would do, as text. */
#ifndef PG_POLICY_TEXT_H
#define PG_POLICY_TEXT_H

#include "client/render.h"

/* policy.show: where the rules come from, and of each what it does and whom it
 * watches. */
void policy_show_text(struct render *render, const cJSON *result);
/* policy.test: what would happen, and which rule has what to do with it. */
void policy_test_text(struct render *render, const cJSON *result);
/* policy.pause and policy.resume, in one line. */
void policy_pause_text(struct render *render, const cJSON *result);
void policy_resume_text(struct render *render, const cJSON *result);

/* One rule of policy.show, as a block. */
void policy_rule_text(struct render *render, const cJSON *rule, const cJSON *result);
/* Its parts: "ENFORCING"; the labels; the state of one it watches, "cooling down". */
const char *policy_rule_word(const cJSON *rule, const cJSON *result,
                             enum render_style *style);
void policy_rule_facts(struct render *render, const cJSON *rule, const cJSON *result);
void policy_watched_state(struct pg_text *out, const cJSON *watched);

#endif
