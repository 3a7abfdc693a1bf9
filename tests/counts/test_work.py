"""What takes time, as ratios side by side in one run, and what people are sent: a rise is a decision, too."""

from bench import imports, rules, schedules, texts


def test_importing_ingest_takes_little_more_than_boto3_and_a_client() -> None:
    assert imports.imports(at_most=1.3).ratio <= 1.3


def test_a_thousand_rules_that_can_t_match_take_a_tenth_of_asking_each() -> None:
    asked = rules.none_matches()
    assert asked.one_by_one / asked.by_clues >= 10


def test_schedules_are_an_order_quicker_than_by_recurrences() -> None:
    year, now = schedules.a_year(), schedules.on_call_now()
    assert year.recurring_ical_events / year.ours >= 5
    assert now.recurring_ical_events / now.ours >= 10


def test_a_text_is_one_part_on_average() -> None:
    sent = texts.texts()
    assert sent.count > 10
    assert 1.0 <= sent.average <= 1.2
