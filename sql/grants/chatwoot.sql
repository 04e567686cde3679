-- A role for followup that can read these columns of Chatwoot's and no others,
-- can let a worker's role read them (followup.grant_worker()), and has a schema
-- of its own beside them. Run by the owner of the tables:
--
--   psql -d chatwoot -v role=followup -f chatwoot.sql
--
-- Without -v triggers=no it may make triggers, which the adapter "chatwoot"
-- needs once, when it is installed: whoever may make triggers may do whatever
-- the owner of the tables may, so take that back afterwards by running it again
-- with -v triggers=no. The triggers stay. "chatwoot_readonly" never needs it.
\set ON_ERROR_STOP on
\if :{?role} \else \set role followup \endif
\if :{?triggers} \else \set triggers yes \endif
BEGIN;
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS is_new
\gset
\if :is_new
CREATE ROLE :"role" LOGIN;
\endif
GRANT CONNECT, CREATE ON DATABASE :"DBNAME" TO :"role";
GRANT USAGE ON SCHEMA public TO :"role";

GRANT SELECT (id, status, locale, custom_attributes, settings)
  ON public.accounts TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, name) ON public.agent_bots TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, additional_attributes) ON public.channel_api TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, medium) ON public.channel_twilio_sms TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, source_id, contact_id, inbox_id)
  ON public.contact_inboxes TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, name, email, blocked, account_id, additional_attributes,
              custom_attributes, updated_at)
  ON public.contacts TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, account_id, display_id, inbox_id, contact_id,
              contact_inbox_id, status, assignee_id, additional_attributes,
              custom_attributes, cached_label_list, updated_at)
  ON public.conversations TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, account_id, channel_id, channel_type, name, timezone,
              working_hours_enabled, csat_survey_enabled)
  ON public.inboxes TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, account_id, conversation_id, message_type, private, status,
              content, content_type, content_attributes, additional_attributes,
              sender_type, sender_id, created_at, updated_at)
  ON public.messages TO :"role" WITH GRANT OPTION;
GRANT SELECT (tag_id, taggable_type, taggable_id, context)
  ON public.taggings TO :"role" WITH GRANT OPTION;
GRANT SELECT (id, name) ON public.tags TO :"role" WITH GRANT OPTION;

-- Columns that newer versions have.
SELECT format('GRANT SELECT (%s) ON public.%I TO %I WITH GRANT OPTION',
  string_agg(quote_ident(a.attname), ', '), c.relname, :'role')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
  AND (c.relname, a.attname) IN (('conversations', 'assignee_agent_bot_id'),
    ('automation_rules', 'id'), ('automation_rules', 'name'),
    ('automation_rules', 'active'), ('automation_rules', 'execution_delay'))
GROUP BY c.relname
\gexec

REVOKE TRIGGER ON public.messages, public.conversations, public.contacts,
  public.contact_inboxes, public.taggings FROM :"role";
\if :triggers
GRANT TRIGGER ON public.messages, public.conversations, public.contacts,
  public.contact_inboxes, public.taggings TO :"role";
\endif
COMMIT;
