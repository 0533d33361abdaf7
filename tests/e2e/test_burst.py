"""A thousand events at once, three of ten of them delivered again: each alerted once, none lost.

How long the alerts took is written to target/e2e-reports/burst.md. The emulator runs at most
LAMBDA_COPIES_MAX copies of the function at a time, so nearly all of that time is waiting for a copy.
More would ask more at once than it answers within a second, and a table that does not answer is one
of the cases in which an alert may come twice.
"""

import random
import re
import time
from collections import Counter

from deployment import COPIES_MAX, ROOT, SEVERITIES
from samples import administrator, attach_admin

REPORT = ROOT / "target/e2e-reports/burst.md"
DISTINCT = 700
REDELIVERED = 300
BATCH = 100


def burst():
    """Each event by another person on another role, so that no rule counts them together."""
    events = [
        attach_admin(f"burst-{number:04}", userIdentity=administrator(number)) for number in range(DISTINCT)
    ]
    shuffle = random.Random(20261120)
    deliveries = events + shuffle.sample(events, REDELIVERED)
    shuffle.shuffle(deliveries)
    return deliveries


def role_of(text):
    """The one role of the burst that this text names."""
    (role,) = set(re.findall(r"burst-\d{4}", text))
    return role


def test_a_burst_with_redeliveries_alerts_each_event_once(responder):
    deliveries, injected = burst(), {}
    started = time.time()
    for start in range(0, len(deliveries), BATCH):
        batch = deliveries[start : start + BATCH]
        now = time.time()
        for event in batch:
            injected.setdefault(event["detail"]["requestParameters"]["roleName"], now)
        responder.inject(*batch)
    responder.settle(seconds=300)
    seconds = time.time() - started

    alerts = responder.alerts()
    published = Counter(role_of(alert.message) for alert in alerts)
    latencies = sorted(alert.published.timestamp() - injected[role_of(alert.message)] for alert in alerts)
    write_report(alerts, seconds, latencies)
    assert sorted(published) == sorted(injected), "an event is lost, or an alert has no event"
    twice = {role for role, times in published.items() if times > 1}
    assert not twice, "\n".join(
        f"{role_of(alert.message)} after {alert.published.timestamp() - injected[role_of(alert.message)]:.1f} s:"
        f" {alert.body['notes']}"
        for alert in alerts
        if role_of(alert.message) in twice
    )
    assert responder.failed_events() == []
    assert responder.dead_letters() == []


def write_report(alerts, seconds, latencies):
    topics = Counter(alert.topic for alert in alerts)
    lines = [
        "# A burst of events",
        "",
        f"{DISTINCT + REDELIVERED} events, {REDELIVERED} of them delivered again, handled in {seconds:.1f} s",
        f"by at most {COPIES_MAX} copies of the function at a time: {len(alerts)} alerts",
        f"({', '.join(f'{topics[severity]} {severity}' for severity in SEVERITIES if topics[severity])}).",
        "",
        "| From event to alert | Seconds |",
        "|---|---|",
        *(f"| p{percent} | {percentile(latencies, percent):.2f} |" for percent in (50, 90, 99)),
        f"| max | {max(latencies, default=0):.2f} |",
        "",
    ]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join(lines))


def percentile(values, percent):
    """The least of the sorted values that this percentage does not exceed."""
    return values[max(0, -(-len(values) * percent // 100) - 1)] if values else 0
