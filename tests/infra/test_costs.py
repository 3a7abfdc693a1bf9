"""The bills that DESIGN allows: a million events, an idle month; by counted calls and what the stacks make."""

from bench import incidents, log_lines, metrics, prices, stacks
from tests.infra.conftest import Synthesis


def test_a_million_events_cost_two_dollars_ninety() -> None:
    bill = prices.million_events(incidents.life(), incidents.repeats(), log_lines.bytes_an_event())
    assert all(dollars > 0 for dollars in bill.values())
    assert prices.total(bill) <= 2.90


def test_an_idle_month_costs_two_dollars_and_half_of_one_where_the_free_tier_counts(aws: Synthesis) -> None:
    deployed, sweep = stacks.read(aws.folder, ""), incidents.idle_sweep()
    assert 1.00 < prices.total(prices.idle_month(deployed, sweep)) <= 2.00
    assert 0.10 < prices.total(prices.idle_month_within_free(deployed, sweep)) <= 0.50


def test_there_are_ten_alarms_and_ten_metrics_of_our_own_at_most(aws: Synthesis) -> None:
    assert 0 < stacks.read(aws.folder, "").alarms <= 10
    assert 0 < len(metrics.counted()) <= 10
