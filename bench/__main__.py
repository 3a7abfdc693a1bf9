"""``make bench``: what is counted, and what is timed side by side in this very run. ``--json`` for programs.

Counts are tests as well (tests/counts); times say something only beside the others of the same run.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator

from bench import (
    alertmanager,
    hostile,
    imports,
    incidents,
    log_lines,
    metrics,
    prices,
    rules,
    schedules,
    stacks,
    texts,
    triage,
)
from bench.counting import Call
from bench.incidents import A_BATCH, Count
from bench.table import Row, say

MILLI, MICRO = 1e3, 1e6
MEGABYTE = 2**20
TRIES = 15  # of a rate
NO_AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}


def main() -> None:
    os.environ.update(NO_AWS)
    logging.disable(logging.WARNING)
    parts: tuple[Callable[[], Iterator[Row]], ...] = (_counts, _runs, _work, _rates, _deployed)
    rows: list[Row] = []
    for part in parts:
        print(f"{part.__name__.strip('_')} …", file=sys.stderr)
        rows += part()
    say(rows, as_json="--json" in sys.argv[1:])


def _counts() -> Iterator[Row]:
    repeats = incidents.repeats()
    of_repeats = Count.of(repeats)
    yield _calls(
        "AWS calls for an accepted event at ingest", len(incidents.accepted_event()), 1, note="warm, its key known"
    )
    yield _calls("write units for a batch of 10 repeats", of_repeats.write_units, 1, "a 4-item transaction each: 80")
    yield _calls("new items and log entries for it", of_repeats.new_items, 0)
    yield _calls("consistent reads for it", _reads(repeats), 2)
    yield _calls(
        "AWS calls an event, all functions",
        len(incidents.batch_from_end_to_end()) / A_BATCH,
        1.5,
        "5",
        "batches of 10 repeats",
    )
    yield _calls(
        "write units, new alert and incident",
        Count.of(incidents.new_alert()).write_units,
        14,
        note="1 KB, with its indexes",
    )
    yield _calls("AWS calls for a recovery at triage", len(incidents.recovery()), 3)


def _runs() -> Iterator[Row]:
    yield _calls(
        "state transitions, acknowledged in the first sleep", len(incidents.acknowledged_in_the_first_sleep()), 6
    )
    yield _calls(
        "state transitions, two levels unanswered", len(incidents.two_levels_unanswered()), 16, "32", "two rules each"
    )
    yield Row(
        what="log bytes an accepted event",
        measured=log_lines.bytes_an_event(),
        unit="B",
        budget=100,
        elsewhere="3,700 B",
        note="INFO, batches of 10, platform lines apart",
    )


def _work() -> Iterator[Row]:
    budget = 1.3
    cold = imports.imports(at_most=budget)
    yield Row(
        what="processor's time to import ingest",
        measured=cold.ratio,
        unit="×",
        budget=budget,
        elsewhere="2.3 × with tracer and pydantic",
        note=f"{cold.ours * MILLI:.0f} ms; boto3 and a client {cold.boto3 * MILLI:.0f} ms",
    )
    asked = rules.none_matches()
    yield Row(
        what="1,000 rules, none matches",
        measured=asked.by_clues * MILLI,
        unit="ms",
        budget=0.1,
        elsewhere=f"{asked.one_by_one * MILLI:.2g} ms, each asked",
    )
    year, now = schedules.a_year(), schedules.on_call_now()
    yield Row(
        what="final schedule of a year",
        measured=year.ours * MILLI,
        unit="ms",
        budget=3,
        elsewhere=_beside(year, MILLI),
        note="3 layers, 10 people, 40 overrides; the others: turns alone",
    )
    yield Row(
        what="on call now, a layer",
        measured=now.ours * MICRO,
        unit="µs",
        budget=5,
        elsewhere=_beside(now, MICRO),
    )
    body = hostile.refused()
    yield Row(
        what="a hostile body refused",
        measured=body.worst * MILLI,
        unit="ms",
        budget=5,
        elsewhere=f"{body.trusting * MILLI:,.0f} ms, trusting",
        note=f"the worst: {body.name}",
    )
    sent = texts.texts()
    yield Row(
        what="parts of a text",
        measured=sent.average,
        unit="parts",
        budget=1.2,
        note=f"{sent.count} of {sent.of}",
    )


def _rates() -> Iterator[Row]:
    """By turns, the best of each: so both have the machine's better moments."""
    ours, what = triage.measured(), "triage, 99 % repeats, in memory"
    try:
        with alertmanager.running() as theirs:
            rates = [(ours(), theirs()) for _ in range(TRIES)]
    except alertmanager.NotHere as missing:
        best = max(ours() for _ in range(TRIES))
        yield Row(what=what, measured=best, unit="events/s", budget=None, note=str(missing))
        return
    as_triage, as_prometheus = (max(getattr(r, how) for _, r in rates) for how in ("as_triage", "as_prometheus"))
    yield Row(
        what=what,
        measured=max(rate for rate, _ in rates),
        unit="events/s",
        budget=None if _is_busy() else as_triage,
        at_least=True,
        elsewhere=f"Alertmanager {as_triage:,.0f}; {as_prometheus:,.0f} with 64 at once",
        note="no verdict, as others keep this machine busy: run it on an idle one" if _is_busy() else "10 at once",
    )


def _is_busy() -> bool:
    """More wants to run than twice what can: one process of ours then gets less of the machine than many threads do."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def _deployed() -> Iterator[Row]:
    deployed = stacks.synthesised()
    yield Row(
        what="bundle, zipped",
        measured=deployed.bundle / MEGABYTE,
        unit="MB",
        budget=30,
        elsewhere="44 MB, botocore's data uncut",
        note=deployed.said,
    )
    million = prices.million_events(incidents.life(), incidents.repeats(), log_lines.bytes_an_event())
    yield _bill("a million events, 99 % repeats", million, 2.90, "naive $10.55, API Gateway alone $1.00")
    idle = incidents.idle_sweep()
    yield _bill("an idle month", prices.idle_month(deployed, idle), 2.00, "$15 chosen badly")
    yield _bill("an idle month, always-free tier", prices.idle_month_within_free(deployed, idle), 0.50)
    yield _calls("alarms on Tocsin itself", deployed.alarms, 10)
    yield _calls("metrics of its own", len(metrics.counted()), 10, note=", ".join(metrics.counted()))


def _beside(timed: schedules.Beside, scale: float) -> str:
    return f"recurring-ical-events {timed.recurring_ical_events * scale:,.1f}, dateutil {timed.dateutil * scale:,.1f}"


def _reads(calls: list[Call]) -> int:
    return sum(bool(call.arguments.get("ConsistentRead")) for call in calls)


def _calls(what: str, measured: float, budget: float, elsewhere: str = "", note: str = "") -> Row:
    return Row(what=what, measured=measured, unit="", budget=budget, elsewhere=elsewhere, note=note)


def _bill(what: str, bill: prices.Bill, budget: float, elsewhere: str = "") -> Row:
    parts = ", ".join(f"{name} {dollars:.2f}" for name, dollars in bill.items())
    return Row(what=what, measured=prices.total(bill), unit="$", budget=budget, elsewhere=elsewhere, note=parts)


if __name__ == "__main__":
    main()
