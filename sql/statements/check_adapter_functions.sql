-- After an adapter that is tried.
-- rows: the functions that it has made, as SQL; null: it locks no table of the
-- CRM's, so it may stay until the end
SELECT string_agg(pg_get_functiondef(p.oid), E';\n' ORDER BY p.oid)
FROM pg_proc p
WHERE p.prokind IN ('f', 'p')
  AND p.pronamespace <> pg_my_temp_schema()
  AND p.proname NOT IN ('conversation_facts_before',
                        'close_conversation_before')
  AND EXISTS (SELECT FROM pg_temp.locked)
  AND NOT EXISTS (SELECT FROM pg_temp.known_function k
                  WHERE k.id = p.oid AND k.version = p.xmin)
