-- Rights of the programs that are not the owner of the schema. Called by the
-- owner for a role of its own; again after an upgrade, which may have brought
-- tables.

CREATE OR REPLACE FUNCTION followup.grant_worker(role name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format($do$
    GRANT USAGE ON SCHEMA followup TO %1$I;
    GRANT SELECT ON ALL TABLES IN SCHEMA followup TO %1$I;
    GRANT INSERT ON followup.schedule_version TO %1$I;
    GRANT UPDATE ON followup.partition, followup.polling, followup.reading
      TO %1$I;
    GRANT INSERT, UPDATE ON followup.enrollment, followup.ledger,
      followup.command, followup.suppression TO %1$I;
    GRANT INSERT, UPDATE, DELETE ON followup.worker, followup.closing,
      followup.hold, followup.fan_out TO %1$I;
    GRANT INSERT, DELETE ON followup.change_log, followup.unread TO %1$I;
    GRANT EXECUTE ON FUNCTION
      followup.forget(integer, bigint, bigint, bigint, integer) TO %1$I;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA followup TO %1$I
  $do$, role);
  IF to_regprocedure('followup.grant_adapter(name)') IS NOT NULL THEN
    PERFORM followup.grant_adapter(role);
  END IF;
END
$$;
COMMENT ON FUNCTION followup.grant_worker IS
  'what followup worker needs, and no more';

CREATE OR REPLACE FUNCTION followup.grant_sender(role name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA followup TO %I', role);
  EXECUTE format('GRANT SELECT (id) ON followup.partition TO %I', role);
END
$$;
COMMENT ON FUNCTION followup.grant_sender IS
  'what a sender needs to find its streams and to ask for permits';
