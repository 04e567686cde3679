-- A page of the oldest command for a whole schedule or tenant. params: limit
-- rows: how many conversations got it (null: there is no such command)
SELECT followup.fan_out_next($1::integer)
