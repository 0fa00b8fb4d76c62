"""The shapes of all records: which schema, which list, and what in them refers to what."""
