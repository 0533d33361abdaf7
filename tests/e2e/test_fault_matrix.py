"""Every fault on every AWS call that the function makes for an event: the alert comes all the same, once.

Twice is right only where SNS did publish but its answer never arrived whole: the function must ask again,
and SNS cannot recognise a repetition. What came out of each case is written to target/e2e-reports/fault-matrix.md.

Most cases wait for time limits of the function, so several emulators run side by side, one case each at a
time. In each the account is not listed in the site file, so that everything about it must be looked up.
"""

import shutil
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import yaml

from deployment import ACCOUNT, PACKAGE, REGION, ROOT, Deployment, Emulator
from faults import KINDS, LOST_ANSWERS
from samples import sample

REPORT = ROOT / "target/e2e-reports/fault-matrix.md"
LANES = 10
LATE_RETRY_SECONDS = 50
ALWAYS = ["500 always", "silence always"]
CALENDAR = {"change-freeze": {"change-calendar": f"arn:aws:ssm:{REGION}:{ACCOUNT}:document/freeze"}}


def role_becomes_admin():
    """Compared with the document before, noted for later, the end of two sequences."""
    return sample("put-role-policy-inline.json")


def findings_suppressed():
    """Published only once within a window, and counted as the beginning of a sequence."""
    return sample("batch-update-findings.json")


@dataclass(frozen=True)
class Call:
    """A call of the function, and an event whose handling makes it."""

    service: str
    action: str | None  # None: any
    purpose: str
    having: str | None = None  # distinguishes it from other calls of this action
    event: callable = role_becomes_admin
    refused: int = 0  # SNS refuses this many times, as the call is made only when an alert failed
    outlived_by: tuple = ()  # faults after which Lambda's next attempt must come as late as on AWS

    def __str__(self):
        return f"{self.service} {self.action or '*'} ({self.purpose})"


CALLS = [
    Call("sns", "Publish", "the alert"),
    Call("dynamodb", "BatchGetItem", "what was before", "register#"),
    Call("dynamodb", "GetItem", "the step before", "count#"),
    Call("dynamodb", "UpdateItem", "what is now", "register#"),
    Call("dynamodb", "UpdateItem", "the step noted", "count#", findings_suppressed),
    Call("dynamodb", None, "claim of a window", "claim#", findings_suppressed),
    Call("dynamodb", "PutItem", "under way", '"told":{"BOOL":false}'),
    Call("dynamodb", "PutItem", "published", '"told":{"BOOL":true}'),
    # Where this fails for good, the mark stays, and Lambda's next attempt must find it 45 seconds old.
    Call("dynamodb", "DeleteItem", "not published", refused=2, outlived_by=("403", *ALWAYS)),
    Call("organizations", "ListTagsForResource", "the environment"),
    Call("organizations", "DescribeAccount", "the account's name"),
    Call("cloudtrail", "LookupEvents", "what the principal did before"),
    Call("ssm", "GetCalendarState", "the calendar"),
    Call("dynamodb", "GetItem", "what was known of the account", "note#"),
    Call("dynamodb", "UpdateItem", "what is known of the account", "note#"),
]
DOWN = [Call("dynamodb", None, "the whole table")]  # and stays so


@dataclass(frozen=True)
class Case:
    call: Call
    column: str  # one of KINDS, which befalls one call, or of ALWAYS

    def __str__(self):
        return f"{self.call}-{self.column}".replace(" ", "-")

    @property
    def fault(self):
        return self.column.removesuffix(" always")

    @property
    def times(self):
        return None if self.column in ALWAYS else 1

    @property
    def is_late(self):
        return self.column in self.call.outlived_by

    @property
    def may_repeat(self):
        return self.call.action == "Publish" and self.fault in LOST_ANSWERS


@dataclass
class Outcome:
    alerts: int
    failed: list
    hits: int
    seconds: float
    made: set  # service and action of every call that the function made


# The longest first, so that no lane is left alone with one at the end.
CASES = [
    *(Case(call, column) for column in reversed(ALWAYS) for call in [*DOWN, *CALLS[1:]]),
    *(Case(call, column) for column in reversed(KINDS) for call in CALLS),
]


def package(folder):
    """The function with the rules beside it, and a site file that knows nothing of the emulator's account."""
    path = folder / "with-rules.zip"
    shutil.copy(PACKAGE, path)
    site = yaml.safe_load((ROOT / "rules/site.yaml").read_text())
    site["accounts"].pop(ACCOUNT, None)
    site["calendars"] |= CALENDAR
    site["defaults"] = "none"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rules/site.yaml", yaml.safe_dump(site, sort_keys=False))
        for rule in sorted((ROOT / "rules").glob("*/*.yaml")):
            archive.write(rule, rule.relative_to(ROOT))
    return path


def deploy(emulator, package):
    """A responder that has all it can look up: tags, a name, an open calendar."""
    lane = Deployment(emulator, package, RulesFolder="/var/task/rules")
    organizations = lane.client("organizations")
    organizations.describe_organization()  # makes one
    organizations.tag_resource(ResourceId=ACCOUNT, Tags=[{"Key": "Environment", "Value": "production"}])
    calendar = {"name": "freeze", "open_from": "2026-01-01T00:00:00Z", "open_to": "2027-01-01T00:00:00Z"}
    emulator.door("PUT", "/_e2e/calendar", calendar)
    return lane


def handle(lane, case):
    """One event in one lane, with one call of its handling broken."""
    lane.proxy.heal()
    lane.end_copies()
    lane.forget()
    call = case.call
    lane.proxy.break_calls("Publish", "403", times=call.refused)
    lane.proxy.break_calls(call.action, case.fault, case.times, service=call.service, having=call.having)
    started = time.monotonic()
    lane.inject(call.event())
    lane.settle(seconds=120)
    seconds = time.monotonic() - started
    broken = [seen for seen in lane.proxy.calls(call.action, call.service) if seen.fault == case.fault]
    made = {(seen.service, seen.action) for seen in lane.proxy.calls()}
    return Outcome(len(lane.alerts()), lane.failed_events(), len(broken), seconds, made)


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory):
    """The outcome of each case that is to be tested, as futures: all are under way at once."""
    scratch = tmp_path_factory.mktemp("matrix")
    code, emulators, own = package(scratch), [], threading.local()
    one_by_one = threading.Lock()  # the first is at work while the others open

    def open_lane(**settings):
        with one_by_one:
            emulators.append(Emulator(scratch / f"lane-{len(emulators)}", **settings))
            own.lane = deploy(emulators[-1], code)

    def open_late_lane():
        open_lane(retry_seconds=LATE_RETRY_SECONDS)

    def in_own_lane(case):
        return handle(own.lane, case)

    here = [item for item in request.session.items if item.path == request.path]
    chosen = [item.callspec.params["case"] for item in here if hasattr(item, "callspec")]

    late = sum(case.is_late for case in chosen)
    pools = {
        True: ThreadPoolExecutor(max(1, late), initializer=open_late_lane),
        False: ThreadPoolExecutor(LANES, initializer=open_lane),
    }
    try:
        futures = {case: pools[case.is_late].submit(in_own_lane, case) for case in chosen}
        yield futures
        write_report({case: future.result() for case, future in futures.items()})
    finally:
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)
        for emulator in emulators:
            emulator.stop()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_call_costs_no_alert_and_doubles_none(outcomes, case):
    outcome = outcomes[case].result()
    assert outcome.hits >= 1, "the fault hit no call, so this proves nothing"
    assert outcome.alerts >= 1, "the alert is lost"
    assert outcome.alerts == 1 or case.may_repeat, f"{outcome.alerts} alerts for one event"
    assert outcome.failed == []


def test_every_call_that_the_function_makes_is_broken_somewhere(outcomes):
    made = set().union(*(future.result().made for future in outcomes.values()))
    assert made == {(call.service, call.action) for call in CALLS if call.action}


def write_report(outcomes):
    columns = [*KINDS, *ALWAYS]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(
        "# Alerts for one event, by the call that was broken and how\n\n"
        f"{table(outcomes, columns, alerts_of)}\n"
        "Twice, where it stands, is because SNS did publish, but its answer never arrived whole.\n\n"
        "# Seconds until the event was handled\n\n"
        f"{table(outcomes, columns, lambda case, outcome: f'{outcome.seconds:.1f}')}"
    )


def alerts_of(case, outcome):
    if outcome.alerts > 1 and case.may_repeat:
        return f"{outcome.alerts} (answer lost)"
    kept = f", {len(outcome.failed)} kept in the on-failure queue" if outcome.failed else ""
    return f"{outcome.alerts}{kept}"


def table(outcomes, columns, cell):
    """Markdown: a row for each call, a column for each fault."""
    cells = {(case.call, case.column): cell(case, outcome) for case, outcome in outcomes.items()}
    lines = [["Call", *columns], ["---"] * (len(columns) + 1)]
    lines += [[str(call), *(cells.get((call, column), "") for column in columns)] for call in [*CALLS, *DOWN]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
