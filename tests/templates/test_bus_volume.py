"""That the count of invocations a day counts what it says, and that the bus rules keep within a budget."""

import argparse
import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches"))

import bus_volume  # noqa: E402

ROWS = bus_volume.read_table()
CORPUS = Path(os.environ.get("IAM_RESPONDER_CORPUS", ROOT / "../shared/corpus"))
BY_FLAG = argparse.Namespace(reads_by_name=False)
HEAD = "source\tname\twho\tkind\tagent\trefused\tparameters\tsmall\tmiddle\tbusy\n"


def template(folder, prefix):
    """Two bus rules with the parameter of this name: refused changes, and reads."""
    path = folder / f"{prefix}.yaml"
    path.write_text(f"""
Resources:
  Callers:
    Type: AWS::Events::Rule
    Properties:
      Name: !Sub ${{{prefix}}}-callers
      State: ENABLED
      EventPattern: {{source: [{{prefix: aws.}}], detail: {{$or: [
        {{errorCode: [{{wildcard: "*AccessDenied*"}}]}}, {{requestParameters: {{name: [{{prefix: !Ref {prefix}}}]}}}}]}}}}
  Reads:
    Type: AWS::Events::Rule
    Properties:
      Name: !Sub ${{{prefix}}}-reads
      State: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
      EventPattern: {{source: [aws.sts], detail: {{errorCode: [AccessDenied]}}}}
  Clock:
    Type: AWS::Events::Rule
    Properties: {{Name: clock, ScheduleExpression: rate(5 minutes)}}
""")
    return path


def rows(folder, *lines):
    path = folder / "day.tsv"
    path.write_text("# a comment\n" + HEAD + "\n".join(lines) + "\n")
    return bus_volume.read_table(path)


@pytest.mark.parametrize("prefix", ["Name", "NamePrefix"])
def test_invocations_of_both_templates_are_counted(tmp_path, prefix):
    rules = bus_volume.BusRules(template(tmp_path, prefix))
    day = rows(
        tmp_path,
        "sts\tRenewToken\tuser\tchange\tcli\t0.25\t-\t4\t40\t400",
        'events\tPutRule\tperson\tchange\tcli\t0\t{"name":"iam-responder-x"}\t1\t2\t3',
        "sts\tAssumeRole\trole\tread\tpython\t0.5\t-\t2\t2\t2",
    )
    tally, costs = bus_volume.count_day(rules, day, BY_FLAG)
    assert dict(tally.lines(rules.names, False)) == {
        "callers": [2, 12, 103],
        "reads": [2, 11, 101],
        "invocations, reads off": [2, 12, 103],
        "distinct events, reads off": [2, 12, 103],
        "taken more than once, reads off": [0, 0, 0],
        "invocations, reads on": [4, 23, 204],
        "distinct events, reads on": [3, 13, 104],
        "taken more than once, reads on": [1, 10, 100],
        "management events": [7, 44, 405],
    }
    assert len(costs) == 3


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("sts\tAssumeRole\trole\tread\tpython\t0\t-\t1\t1", "9 columns"),
        ("sts\tAssumeRole\trole\tread\tpython\t2\t-\t1\t1\t1", "a share"),
        ("sts\tAssumeRole\trole\tread\tpython\t0\t-\t3\t2\t1", "busier"),
        ("sts\tAssumeRole\tstranger\tread\tpython\t0\t-\t1\t1\t1", "stranger"),
        ("sts\tAssumeRole\trole\tread\tnetscape\t0\t-\t1\t1\t1", "netscape"),
        ("sts\tAssumeRole\trole\tsometimes\tpython\t0\t-\t1\t1\t1", "sometimes"),
        ("iam\tGetUser\tuser\tread\tpython\t0\t-\t1\t1\t1", "second time"),
    ],
)
def test_a_spoilt_table_is_refused(tmp_path, line, fault):
    with pytest.raises(SystemExit, match=fault):
        rows(tmp_path, "iam\tGetUser\tuser\tread\tpython\t0.5\t-\t1\t2\t3", line)


def test_the_busy_account_is_busy_and_mostly_reads():
    busy = sum(row.a_day[-1] for row in ROWS)
    assert busy > 1_000_000
    assert sum(row.a_day[-1] for row in ROWS if row.reads) > 0.75 * busy


@pytest.fixture(scope="module")
def lines():
    """What the bus rules of the template make of the three accounts, by name of the line."""
    rules = bus_volume.BusRules(bus_volume.TEMPLATE)
    tally, _ = bus_volume.count_day(rules, ROWS, BY_FLAG)
    return dict(tally.lines(rules.names, True))


def table_of_the_page(lines):
    """The lines below "After" in infra/README.md, without the column of recorded events."""
    wanted = {name: numbers for name, numbers in lines.items() if not name.startswith(("distinct", "taken"))}
    wanted["management events in all"] = wanted.pop("management events")
    return [f"| {' | '.join([name, *map(bus_volume.shown, numbers)])} |" for name, numbers in wanted.items()]


def test_the_page_says_what_is_counted(lines):
    _, _, table = (ROOT / "infra/README.md").read_text().partition("<!-- BEGIN table of invocations a day -->\n")
    before, _, after = table.partition("<!-- END table")[0].partition("| **After** ")
    wanted = table_of_the_page(lines)
    assert len(wanted) > 8
    stale = [line for line in wanted if f"\n{line} " not in before + after]
    assert stale == [], "infra/README.md is stale; run benches/bus_volume.py --sum"
    spoilt = lines | {"calls": [number + 1 for number in lines["calls"]]}
    assert any(f"\n{line} " not in before + after for line in table_of_the_page(spoilt))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no recorded events beside the project")
def test_the_page_says_what_comes_of_recorded_events():
    rules, by_day = bus_volume.BusRules(bus_volume.TEMPLATE), bus_volume.envelopes([CORPUS])
    page = " ".join((ROOT / "infra/README.md").read_text().split())
    counted = sum(map(len, by_day.values())), *bus_volume.without_tools(rules, by_day, False)
    written = re.search(
        r"of ([\d,]+) recorded events, which are .* recorded events ([\d,]+) are by an attack tool\. "
        r"Of the ([\d,]+) others of the day with most events, ([\d,]+) are delivered, and ([\d,]+) with reads\.",
        page,
    )
    assert [int(number.replace(",", "")) for number in written.groups()] == list(counted)
    recorded = bus_volume.Tally(("recorded",))
    for envelope in (each for of_day in by_day.values() for each in of_day):
        recorded.add(rules.taking(envelope, False), (1,))
    _, _, after = page.partition("| **After** ")
    for name, (number,) in recorded.lines(rules.names, True):
        if not name.startswith(("distinct", "taken", "management")):
            assert re.search(rf"\| {name} \|[^|]*\|[^|]*\|[^|]*\| {bus_volume.shown(number)} \|", after), name


def test_the_bus_rules_deliver_one_event_in_fifty_at_most(lines):
    for made, events in zip(lines["invocations, reads off"], lines["management events"]):
        assert made < events / 50


def test_the_functions_own_calls_do_not_invoke_it():
    rules = bus_volume.BusRules(bus_volume.TEMPLATE)
    own = [row for row in ROWS if row.who == "responder"]
    assert {row.name for row in own} > {"GetTopicAttributes", "CreateLogStream", "LookupEvents"}
    _, costs = bus_volume.count_day(rules, own, BY_FLAG)
    assert [row.name for row, envelope, _, _ in costs if "errorCode" not in envelope["detail"]] == []
