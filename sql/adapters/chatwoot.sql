\ir shared/chatwoot.sql

-- --- new messages --------------------------------------------------------------
--
-- Nearly all that Chatwoot writes is new messages, so they are read by their ids
-- and no trigger is in their way. Activities and notes matter to none.
CREATE OR REPLACE FUNCTION followup.new_messages(above bigint, up_to bigint)
RETURNS TABLE (id bigint, tenant text, conversation text)
LANGUAGE sql STABLE AS $$
  SELECT x.id, c.account_id::text, c.display_id::text
  FROM public.messages x
  LEFT JOIN public.conversations c
    ON c.id = x.conversation_id AND x.message_type <= 1 AND NOT x.private
  WHERE x.id > above AND x.id <= up_to
  ORDER BY x.id LIMIT 10000
$$;

-- --- other changes, by triggers -------------------------------------------------
--
-- They run in Chatwoot's own transactions: they decide in a few comparisons
-- whether the facts are another, and then add one row. What is resolved has no
-- follow-up that a change of its contact could concern.

CREATE OR REPLACE FUNCTION followup.chatwoot_touch(conversation_id bigint)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM followup.touch(c.account_id::text, c.display_id::text)
  FROM public.conversations c WHERE c.id = conversation_id;
END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_touch_contact(contact bigint)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM followup.touch(c.account_id::text, c.display_id::text)
  FROM public.conversations c WHERE c.contact_id = contact AND c.status <> 1;
END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_message_updated(
  before record, after record)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF after.conversation_id <> before.conversation_id
    OR after.message_type <> before.message_type
    OR after.private <> before.private
    OR after.created_at <> before.created_at
    OR (after.status = 3) IS DISTINCT FROM (before.status = 3)
    OR after.content_attributes::text IS DISTINCT FROM
       before.content_attributes::text THEN
    PERFORM followup.chatwoot_touch(after.conversation_id);
    IF after.conversation_id <> before.conversation_id THEN
      PERFORM followup.chatwoot_touch(before.conversation_id);
    END IF;
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_message() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
    PERFORM followup.chatwoot_touch(OLD.conversation_id);
  ELSE
    PERFORM followup.chatwoot_message_updated(OLD, NEW);
  END IF;
  RETURN NULL;
END
$$;

-- Chatwoot writes both rows with each message, mostly without any change that
-- matters: so no search_path is set for the comparison, which costs about as
-- much as a row, and no name may be without its schema, an operator's neither.
-- The comparison is byte by byte, nulls included.

-- What an assignee bot changes comes with the assignee or the status.
CREATE OR REPLACE FUNCTION followup.chatwoot_conversation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
    PERFORM followup.touch(OLD.account_id::pg_catalog.text,
      OLD.display_id::pg_catalog.text);
  ELSIF pg_catalog.record_image_ne(
    ROW(OLD.account_id, OLD.display_id, OLD.inbox_id, OLD.status,
      OLD.contact_id, OLD.contact_inbox_id, OLD.assignee_id,
      OLD.cached_label_list, OLD.custom_attributes, OLD.additional_attributes),
    ROW(NEW.account_id, NEW.display_id, NEW.inbox_id, NEW.status,
      NEW.contact_id, NEW.contact_inbox_id, NEW.assignee_id,
      NEW.cached_label_list, NEW.custom_attributes, NEW.additional_attributes))
  THEN
    PERFORM followup.touch(OLD.account_id::pg_catalog.text,
      OLD.display_id::pg_catalog.text);
    IF pg_catalog.record_image_ne(ROW(NEW.account_id, NEW.display_id),
      ROW(OLD.account_id, OLD.display_id)) THEN
      PERFORM followup.touch(NEW.account_id::pg_catalog.text,
        NEW.display_id::pg_catalog.text);
    END IF;
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_contact() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
    PERFORM followup.chatwoot_touch_contact(OLD.id);
  ELSIF pg_catalog.record_image_ne(
    ROW(OLD.blocked, OLD.name, OLD.email, OLD.custom_attributes,
      OLD.additional_attributes),
    ROW(NEW.blocked, NEW.name, NEW.email, NEW.custom_attributes,
      NEW.additional_attributes))
  THEN
    PERFORM followup.chatwoot_touch_contact(OLD.id);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_contact_inbox() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.source_id <> OLD.source_id THEN
    PERFORM followup.touch(c.account_id::text, c.display_id::text)
    FROM public.conversations c WHERE c.contact_inbox_id = OLD.id;
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_tagging() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  g public.taggings := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  IF g.context = 'labels' AND g.taggable_type = 'Conversation' THEN
    PERFORM followup.chatwoot_touch(g.taggable_id);
  ELSIF g.context = 'labels' AND g.taggable_type = 'Contact' THEN
    PERFORM followup.chatwoot_touch_contact(g.taggable_id);
  END IF;
  RETURN NULL;
END
$$;

-- A trigger that is there needs no right on the table to stay.
DO $$
DECLARE
  t record;
BEGIN
  IF followup.chatwoot_lacks() IS NOT NULL THEN
    RETURN; -- the probe says it
  END IF;
  FOR t IN SELECT * FROM (VALUES
    ('messages', 'chatwoot_message', 'UPDATE OR DELETE'),
    ('conversations', 'chatwoot_conversation', 'UPDATE OR DELETE'),
    ('contacts', 'chatwoot_contact', 'UPDATE OR DELETE'),
    ('contact_inboxes', 'chatwoot_contact_inbox', 'UPDATE OR DELETE'),
    ('taggings', 'chatwoot_tagging', 'INSERT OR DELETE')
  ) x(tab, called, events)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_trigger g
                   WHERE g.tgrelid = to_regclass('public.' || t.tab)
                     AND g.tgname = 'followup_changed') THEN
      EXECUTE format('CREATE TRIGGER followup_changed AFTER %s ON public.%I '
        'FOR EACH ROW EXECUTE FUNCTION followup.%I()',
        t.events, t.tab, t.called);
    END IF;
  END LOOP;
END
$$;
