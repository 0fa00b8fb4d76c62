"""What the account counts: read models of requests, affected SLAs, periods and notes; reports and dashboards
over them (docs/reporting.md)."""
