-- A share with the ends of its interval of 95 % (Wilson), in percent.
CREATE OR REPLACE FUNCTION followup.rate(hits bigint, n bigint)
RETURNS TABLE (percent numeric, low numeric, high numeric)
LANGUAGE sql IMMUTABLE AS $$
  SELECT round((100.0 * hits / n)::numeric, 1),
    round((100 * (w.mid - w.half))::numeric, 1),
    round((100 * (w.mid + w.half))::numeric, 1)
  FROM (SELECT (hits + 1.9208) / (n + 3.8416) AS mid,
          1.96 * sqrt(hits::float8 * (n - hits) / n + 0.9604) / (n + 3.8416)
            AS half) w
  WHERE n > 0
$$;
