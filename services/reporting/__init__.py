"""Will hold read models made from events: reports, dashboards, exports. Nothing of it exists yet."""
