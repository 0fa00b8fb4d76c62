"""Each service: commands, calls, events, timers, database, processes."""

from __future__ import annotations

from deploy.grafana.asking import EVERY_PROCESS, RATE, chosen, quantile, rate, worst
from deploy.grafana.boards import Board, Query, Row, over_time

OUTCOME = "{{service}} {{outcome}}"
SERVICES = Board(
    "services",
    "services",
    (
        Row(
            "Work",
            (
                over_time(
                    "Commands",
                    "By what came of them.",
                    Query(rate("command_seconds_count", "service, outcome"), OUTCOME),
                    unit="ops",
                ),
                over_time(
                    "Slowest commands",
                    "Nineteen of twenty, the five worst.",
                    Query(
                        f"topk(5, {quantile(0.95, 'command_seconds', 'service, command')})",
                        "{{service}}.{{command}}",
                    ),
                    unit="s",
                ),
                over_time(
                    "Calls between services",
                    "Nineteen of twenty.",
                    Query(quantile(0.95, "call_seconds", "service, callee"), "{{service}} to {{callee}}"),
                    unit="s",
                ),
                over_time(
                    "Timers",
                    "Runs, by what came of them.",
                    Query(rate("timer_runs_total", "service, outcome"), OUTCOME),
                    unit="ops",
                ),
            ),
        ),
        Row(
            "Events",
            (
                over_time(
                    "Published",
                    "And confirmed by the broker.",
                    Query(rate("events_published_total", "service"), "{{service}}"),
                    unit="ops",
                ),
                over_time(
                    "Handled",
                    "By verdict.",
                    Query(rate("events_handled_total", "service, verdict"), "{{service}} {{verdict}}"),
                    unit="ops",
                ),
                over_time(
                    "Waiting longest",
                    "What was not sent yet, as the last sweep found it.",
                    Query(worst("rows_waiting_seconds", "service"), "{{service}}"),
                    unit="s",
                ),
                over_time(
                    "Records that wait",
                    "With what was not sent yet, as the last sweep found them.",
                    Query(worst("records_waiting", "service"), "{{service}}"),
                ),
                over_time(
                    "Reports are behind",
                    "How old what reports heard last was when they had it, by what it is of.",
                    Query(worst("reporting_lag_seconds", "subject"), "{{subject}}"),
                    unit="s",
                ),
                over_time(
                    "Found by the sweep",
                    "What a crash or an outage left.",
                    Query(rate("rows_swept_total", "service"), "{{service}}"),
                    unit="ops",
                ),
            ),
        ),
        Row(
            "Database and processes",
            (
                over_time(
                    "Asked of the database",
                    "Commands to it.",
                    Query(rate("database_commands_total", "service"), "{{service}}"),
                    unit="ops",
                ),
                over_time(
                    "Connections to the database",
                    "Used just now, and how many there may be: who finds none free waits.",
                    Query(worst("database_connections", "service", ', state="used"'), "{{service}}"),
                    Query(worst("database_connections_limit", "service"), "{{service}} at most"),
                ),
                over_time(
                    "Workers",
                    "Busy, and what waits for one, in the process that has most of it.",
                    Query(worst("workers", "service, state"), "{{service}} {{state}}"),
                    Query(worst("workers_limit", "service"), "{{service}} at most"),
                ),
                over_time(
                    "Connections to brokers",
                    "Inside, at our border and at partners', by use.",
                    Query(f"sum by (service, use) ({chosen('broker_connections')})", "{{service}} {{use}}"),
                ),
                over_time(
                    "Saves",
                    "Stale ones were decided again.",
                    Query(rate("saves_total", "service, outcome"), OUTCOME),
                    unit="ops",
                ),
                over_time(
                    "Open files",
                    "And connections, by process, of what it may have.",
                    Query(
                        f"process_open_fds{{{EVERY_PROCESS}}} / process_max_fds{{{EVERY_PROCESS}}}",
                        "{{instance}}",
                    ),
                    unit="percentunit",
                ),
                over_time(
                    "Memory",
                    "Resident, by process.",
                    Query(f"process_resident_memory_bytes{{{EVERY_PROCESS}}}", "{{instance}}"),
                    unit="bytes",
                ),
                over_time(
                    "Processor",
                    "Cores, by process.",
                    Query(f"rate(process_cpu_seconds_total{{{EVERY_PROCESS}}}[{RATE}])", "{{instance}}"),
                ),
            ),
        ),
    ),
)
