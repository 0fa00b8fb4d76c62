"""The rules of reporting: pure functions and frozen values; no look-ups, no clock, no I/O.

    holding      who held a request: its marks cut into periods
    rows         projections: what was said of a record, as the row that reports count
    subjects     what reports are over: fields, moments, measures
    definition   a report's fields checked against its subject
    sketch       percentiles that add up
    cells        rows counted into cells; cells added up; the figures of a cell
    days         the days and buckets of a zone

Rows are made of the newest version that was heard and of all marks, in whatever order and however often they
come. Figures are sums over rows.
"""
