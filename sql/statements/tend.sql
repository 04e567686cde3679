-- Statistics of tables that have grown fast.
SELECT followup.tend()
