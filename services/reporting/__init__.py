"""Will hold projections of events into read models: reports, dashboards, exports. Nothing of it exists yet."""
