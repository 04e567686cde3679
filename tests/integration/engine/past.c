#include "past.h"

void past_follow_up(struct world *w, int n, int days, const char *status)
{
    world_do(w,
             "INSERT INTO followup.enrollment (partition, id, tenant, "
             "conversation, contact, address, since_at, channel, episode_at, "
             "version, outcome, gen, step, last_step_at, last_seq, "
             "last_out_seq) SELECT followup.partition_of('default', 'c%d'), "
             "%d, 'default', 'c%d', 'k', '+49', t, 'webchat', t, v.id, "
             "'replied', 2, 2, t, 3 * %d, 3 * %d - 1 FROM (SELECT max(id) AS "
             "id FROM followup.schedule_version) v, (SELECT now() - %d * "
             "interval '1 day' AS t) x",
             n, n, n, n, n, days);
    world_do(w,
             "INSERT INTO followup.ledger (partition, seq, epoch, enrollment, "
             "gen, prev_seq, at, tenant, conversation, contact, channel, "
             "episode_at, event, outcome, schedule, step, next_step, "
             "message_id, message, status) SELECT n.partition, 3 * n.id - 2 + "
             "k, 1, n.id, k, CASE WHEN k > 0 THEN 3 * n.id - 3 + k END, "
             "n.episode_at, n.tenant, n.conversation, n.contact, n.channel, "
             "n.episode_at, (ARRAY['enrolled', 'fired', 'replied'])[k + 1], "
             "CASE k WHEN 2 THEN 'replied' END, 's', CASE k WHEN 1 THEN 1 END, "
             "CASE WHEN k < 2 THEN k + 1 END, CASE k WHEN 1 THEN concat_ws("
             "'-', i.tag, n.partition, n.id, 1) END, CASE k WHEN 1 THEN '{}' "
             "END, CASE k WHEN 1 THEN '%s' END FROM followup.enrollment n, "
             "followup.installation i, generate_series(0, 2) k WHERE n.id = "
             "%d",
             status, n);
    world_do(w,
             "UPDATE followup.partition SET next_seq = greatest(next_seq, 3 * "
             "%d + 1), done_low = greatest(done_low, 3 * %d + 1)",
             n, n);
    world_do(w, "SELECT setval('followup.enrollment_id', 1000 + %d)", n);
}
