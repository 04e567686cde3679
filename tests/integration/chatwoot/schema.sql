-- As much of Chatwoot's schema as the adapter touches, for tests: tables and
-- columns with their types, the indexes that it relies on, the numbering of
-- conversations. -v later=1 adds what versions after 4.3.0 have.
CREATE TABLE accounts (
  id serial PRIMARY KEY, name varchar NOT NULL, locale integer DEFAULT 0,
  status integer DEFAULT 0, custom_attributes jsonb DEFAULT '{}',
  settings jsonb DEFAULT '{}');
CREATE TABLE users (
  id serial PRIMARY KEY, name varchar NOT NULL, encrypted_password varchar);
CREATE TABLE agent_bots (id bigserial PRIMARY KEY, name varchar,
  account_id bigint);
CREATE TABLE channel_api (
  id bigserial PRIMARY KEY, hmac_token varchar,
  additional_attributes jsonb DEFAULT '{}');
CREATE TABLE channel_twilio_sms (
  id bigserial PRIMARY KEY, auth_token varchar NOT NULL,
  medium integer DEFAULT 0);
CREATE TABLE inboxes (
  id serial PRIMARY KEY, channel_id integer NOT NULL,
  account_id integer NOT NULL, name varchar NOT NULL, channel_type varchar,
  timezone varchar DEFAULT 'UTC', working_hours_enabled boolean DEFAULT false,
  csat_survey_enabled boolean DEFAULT false);
CREATE TABLE contacts (
  id serial PRIMARY KEY, name varchar DEFAULT '', email varchar,
  account_id integer NOT NULL, blocked boolean NOT NULL DEFAULT false,
  additional_attributes jsonb DEFAULT '{}',
  custom_attributes jsonb DEFAULT '{}', last_activity_at timestamp,
  updated_at timestamp NOT NULL DEFAULT timezone('UTC', clock_timestamp()));
CREATE TABLE contact_inboxes (
  id bigserial PRIMARY KEY, contact_id bigint, inbox_id bigint,
  source_id varchar NOT NULL, UNIQUE (inbox_id, source_id));
CREATE TABLE conversations (
  id serial PRIMARY KEY, account_id integer NOT NULL,
  inbox_id integer NOT NULL, status integer NOT NULL DEFAULT 0,
  assignee_id integer, contact_id bigint, display_id integer NOT NULL,
  additional_attributes jsonb DEFAULT '{}', contact_inbox_id bigint,
  custom_attributes jsonb DEFAULT '{}', cached_label_list text,
  last_activity_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamp NOT NULL DEFAULT timezone('UTC', clock_timestamp()),
  UNIQUE (account_id, display_id));
CREATE INDEX ON conversations (contact_id);
CREATE INDEX ON conversations (contact_inbox_id);
CREATE TABLE messages (
  id serial PRIMARY KEY, content text, account_id integer NOT NULL,
  inbox_id integer NOT NULL, conversation_id integer NOT NULL,
  message_type integer NOT NULL,
  created_at timestamp NOT NULL DEFAULT timezone('UTC', clock_timestamp()),
  updated_at timestamp NOT NULL DEFAULT timezone('UTC', clock_timestamp()),
  private boolean NOT NULL DEFAULT false, status integer DEFAULT 0,
  source_id varchar, content_type integer NOT NULL DEFAULT 0,
  content_attributes json DEFAULT '{}', sender_type varchar,
  sender_id bigint, additional_attributes jsonb DEFAULT '{}');
CREATE INDEX ON messages
  (conversation_id, account_id, message_type, created_at);
CREATE TABLE tags (id serial PRIMARY KEY, name varchar);
CREATE TABLE taggings (
  id serial PRIMARY KEY, tag_id integer, taggable_type varchar,
  taggable_id integer, context varchar(128));
CREATE INDEX ON taggings (taggable_id, taggable_type, context);
CREATE TABLE automation_rules (
  id bigserial PRIMARY KEY, account_id bigint NOT NULL,
  name varchar NOT NULL, active boolean NOT NULL DEFAULT true);

\if :later
ALTER TABLE conversations ADD assignee_agent_bot_id bigint;
ALTER TABLE automation_rules ADD execution_delay integer;
ALTER TABLE messages ALTER source_id TYPE text;
ALTER TABLE contact_inboxes ALTER source_id TYPE text;
\endif

CREATE FUNCTION number_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.display_id := (SELECT coalesce(max(c.display_id), 0) + 1
                     FROM conversations c WHERE c.account_id = NEW.account_id);
  RETURN NEW;
END
$$;
CREATE TRIGGER conversations_before_insert_row_tr
  BEFORE INSERT ON conversations
  FOR EACH ROW EXECUTE FUNCTION number_conversation();
