#!/usr/bin/env python3
"""Counts how many invocations of the function each bus rule makes in a day.

    benches/bus_volume.py                                 the bus rules of infra/responder.yaml
    benches/bus_volume.py --template FILE …               these, one table each; a template of old names the
                                                          parameter `Name` where this one has `NamePrefix`
    benches/bus_volume.py --events FOLDER …               also what they take of recorded events: files
                                                          *.ndjson or *.ndjson.gz of CloudTrail records
    benches/bus_volume.py --sum --format markdown         calls-1, calls-2 … as one row `calls`, as Markdown
    benches/bus_volume.py --rows 20                       also the 20 rows of the table that cost most
    benches/bus_volume.py --rows 20 --wanted PROGRAM      of these, only what no enabled rule matches, as
                                                          `iam-responder` built here says

Needs Python 3.11 and tests/requirements.txt (target/venv after `tests/run tools`).

A small, a middle and a busy account come from account_day.tsv beside this script, an assumption with its
reasons; what a bus rule takes of it is measured, by the matcher of the local AWS that the tests use too. A
refused call counts as an event of its own, with AccessDenied and without parameters, as CloudTrail writes it.
`reads off` is DeliverReadOnlyEvents=false, `on` is true. By default what CloudTrail marks as a read counts as
one; AWS's page may be read so that only names beginning with Get, List and Describe do, and `--reads-by-name`
counts by that.
"""

import argparse
import collections
import functools
import gzip
import json
import math
import pathlib
import subprocess
import sys
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))

from bus import _resolved, fault_of, hears, read  # noqa: E402
from ministack.services import eventbridge  # noqa: E402

TABLE = pathlib.Path(__file__).with_name("account_day.tsv")
TEMPLATE = ROOT / "infra/responder.yaml"
ATTACK_TOOLS = ROOT / "rules/sts/attack-tool-user-agent.yaml"
PREFIX = "iam-responder"
ACCOUNT, REGION = "111122223333", "us-east-1"
ACCOUNTS = ("small", "middle", "busy")
READS = "reads"  # the bus rule that DeliverReadOnlyEvents=true adds
RECORDS_MAX = 1_000_000
COLUMNS = 10

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
AGENTS = {
    "agent": "amazon-ssm-agent/3.3.1142.0 (linux/amd64) aws-sdk-go/1.55.5 (go1.22.11; linux; amd64)",
    "browser": BROWSER,
    "cli": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7",
    "lambda": "awslambda-worker/1.0 rusoto/0.48.0 rust/1.79.0 linux",
    "node": "aws-sdk-js/3.908.0 ua/2.1 os/linux#6.11.0-1018-azure lang/js md/nodejs#20.19.5",
    "portal": "Jersey/${project.version} (HttpUrlConnection 21.0.8)",
    "python": "Boto3/1.40.50 md/Botocore#1.40.50 ua/2.1 os/linux#5.10.242 md/arch#x86_64 lang/python#3.12.11",
    "go": "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.24.6 md/GOOS#linux md/GOARCH#amd64",
    "rust": "aws-sdk-rust/1.3.9 ua/2.1 os/linux lang/rust#1.90.0 exec-env/AWS_Lambda_provided.al2023",
    "terraform": "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 terraform-provider-aws/6.15.0 aws-sdk-go-v2/1.39.2",
}


def _session(role, session, path="", web_identity=None):
    """The identity of a session of a role, as CloudTrail writes it."""
    context = {
        "sessionIssuer": {
            "type": "Role", "principalId": "AROAEXAMPLE", "accountId": ACCOUNT, "userName": role,
            "arn": f"arn:aws:iam::{ACCOUNT}:role{path}/{role}",
        },
        "attributes": {"creationDate": "2026-11-17T08:00:00Z", "mfaAuthenticated": "false"},
    }
    if web_identity:
        provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{web_identity}"
        context["webIdFederationData"] = {"federatedProvider": provider, "attributes": {}}
    return {
        "type": "AssumedRole", "principalId": f"AROAEXAMPLE:{session}", "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "sessionContext": context,
    }


def _linked(service):
    name = service.split(".")[0].title().replace("-", "")
    return _session(f"AWSServiceRoleFor{name}", name, f"/aws-service-role/{service}")


SSO = "AWSReservedSSO_PlatformEngineer_3f1c9a7be2d04865"
GITHUB = "token.actions.githubusercontent.com"
EKS = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
# Who calls: what stands in the column `who`, before a `via`.
CALLERS = {
    "account": {"type": "AWSAccount", "principalId": "AROAOTHER:tool", "accountId": "444455556666"},
    "directory": {"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": "9067-example"}},
    "function": _session("orders-function", "orders"),
    "instance": _session("web-instance", "i-0a1b2c3d4e5f60718"),
    "nobody": {"accountId": ACCOUNT},
    "person": _session(SSO, "dave@example.com", "/aws-reserved/sso.amazonaws.com/eu-west-1"),
    "pipeline": _session("github-deploy", "run-19482210077", "/ci", GITHUB),
    "pod": _session("shop-pod", "1763366400000000000", "", EKS),
    "responder": _session(f"{PREFIX}-function-{REGION}", PREFIX),
    "role": _session("inventory", "nightly"),
    "root": {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root",
             "accountId": ACCOUNT, "accessKeyId": "ASIAEXAMPLE"},
    "saml": {"type": "SAMLUser", "principalId": "example:dave@example.com", "userName": "dave@example.com",
             "identityProvider": "https://portal.sso.us-east-1.amazonaws.com/saml/assertion/example"},
    "user": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": f"arn:aws:iam::{ACCOUNT}:user/jenkins",
             "accountId": ACCOUNT, "accessKeyId": "AKIAEXAMPLE", "userName": "jenkins"},
    "web": {"type": "WebIdentityUser", "principalId": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}:repo:example",
            "userName": "repo:example-org/shop:ref:refs/heads/main",
            "identityProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"},
}


@dataclass(frozen=True)
class Row:
    """One kind of event of an ordinary day, and how many of it."""

    source: str
    name: str
    who: str
    reads: bool
    agent: str
    refused: float
    parameters: dict | None
    a_day: tuple

    @property
    def key(self):
        return self.source, self.name, self.who, self.agent, json.dumps(self.parameters, sort_keys=True)

    def events(self):
        """Envelope and number a day in each account: of the calls that were allowed, and of those refused."""
        for refused, share in ((False, 1 - self.refused), (True, self.refused)):
            if share:
                yield self._envelope(refused), tuple(count * share for count in self.a_day)

    def _envelope(self, refused):
        identity, agent = _caller(self.who), AGENTS.get(self.agent, self.agent)
        service_event = self.who.startswith("nobody") or self.who == "directory" and not self.reads
        record = {
            "eventVersion": "1.11", "userIdentity": identity, "eventTime": "2026-11-17T10:10:22Z",
            "eventSource": f"{self.source}.amazonaws.com", "eventName": self.name, "awsRegion": REGION,
            "sourceIPAddress": identity.get("invokedBy", "192.0.2.140"), "userAgent": agent,
            "requestParameters": self.parameters, "responseElements": None,
            "requestID": "edb59d8e-bc7b-4107-a8c5-0deb9e6c26c4", "eventID": "e9cdc53b-d890-4f94-8c3c-d4af0d8f260e",
            "readOnly": self.reads, "managementEvent": True, "recipientAccountId": ACCOUNT,
            "eventType": "AwsServiceEvent" if service_event else "AwsApiCall", "eventCategory": "Management",
        }
        if self.name == "ConsoleLogin":
            record |= {"eventType": "AwsConsoleSignIn", "additionalEventData": {"MFAUsed": "Yes"},
                       "responseElements": {"ConsoleLogin": "Failure" if refused else "Success"}}
        elif refused:
            code = "Client.UnauthorizedOperation" if self.source == "ec2" else "AccessDenied"
            record |= {"errorCode": code, "errorMessage": "not authorized to perform this", "requestParameters": None}
        return wrapped(record)


def _caller(who):
    """The identity that the column `who` names."""
    kind, _, via = who.partition(" via ")
    kind, _, service = kind.partition(":")
    if kind == "service":
        return {"type": "AWSService", "invokedBy": f"{service}.amazonaws.com"}
    if kind == "linked":
        return _linked(f"{service}.amazonaws.com") | {"invokedBy": f"{service}.amazonaws.com"}
    return CALLERS[kind] | ({"invokedBy": f"{via}.amazonaws.com"} if via else {})


def wrapped(record):
    """A CloudTrail record as EventBridge delivers it."""
    kinds = {"AwsConsoleSignIn": "AWS Console Sign In", "AwsServiceEvent": "AWS Service Event",
             "AwsConsoleAction": "AWS Console Action"}
    return {
        "version": "0", "id": "5bccae56-8abd-4419-9808-8653ee5c54de", "resources": [],
        "detail-type": kinds.get(record.get("eventType"), "AWS API Call") + " via CloudTrail",
        "source": "aws." + str(record.get("eventSource", "")).removesuffix(".amazonaws.com"),
        "account": record.get("recipientAccountId") or ACCOUNT, "region": record.get("awsRegion") or REGION,
        "time": record.get("eventTime") or "2026-11-17T10:10:22Z", "detail": record,
    }


def read_table(path=TABLE):
    """The rows of the table of an ordinary day."""
    rows, seen = [], set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith(("#", "source\t")):
            continue
        try:
            row = _row(line.split("\t"))
            if row.key in seen:
                raise ValueError("the same call a second time")
        except (KeyError, ValueError) as fault:
            hint = f"a row has {COLUMNS} columns, see the head of the file"
            raise SystemExit(f"{path}:{number}: {fault!r}: {hint}") from fault
        seen.add(row.key)
        rows.append(row)
    return rows


def _row(columns):
    if len(columns) != COLUMNS:
        raise ValueError(f"{len(columns)} columns")
    source, name, who, kind, agent, refused, parameters, *a_day = columns
    row = Row(source, name, who, {"read": True, "change": False}[kind], agent, float(refused),
              None if parameters == "-" else json.loads(parameters), tuple(map(float, a_day)))
    if not 0 <= row.refused <= 1 or min(row.a_day) < 0 or list(row.a_day) != sorted(row.a_day):
        raise ValueError("a share is from 0 to 1, and a busier account has as many events or more")
    if agent not in AGENTS and not agent.endswith(".amazonaws.com"):
        raise KeyError(agent)
    _caller(who)
    return row


class BusRules:
    """The bus rules of a template."""

    def __init__(self, path):
        self.path = path
        self.resources = read(path)["Resources"]
        self.names = [name for name, _, _ in self.of(ACCOUNT, REGION)]
        if not self.names:
            raise SystemExit(f"{path}: no bus rule with a pattern")

    @functools.cache
    def of(self, account, region):
        """Name, state and pattern as JSON text of each, in this account and Region."""
        names = {"NamePrefix": PREFIX, "Name": PREFIX, "AWS::StackName": PREFIX, "AWS::AccountId": account,
                 "AWS::Region": region, "AWS::Partition": "aws"}
        found = []
        for resource in self.resources.values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Events::Rule" and "EventPattern" in properties:
                pattern = json.dumps(_resolved(properties["EventPattern"], names), separators=(",", ":"))
                if fault := fault_of(pattern):
                    raise SystemExit(f"{self.path}: {properties['Name']}: {fault}")
                name = _resolved(properties["Name"], names).removeprefix(f"{PREFIX}-")
                found.append((name, properties["State"], pattern))
        return found

    def taking(self, envelope, by_name):
        """Names of the bus rules that take the event, the one for reads included."""
        view = eventbridge._pattern_event_view(eventbridge._event_from_test_payload(envelope))
        seen = envelope
        if by_name and not envelope["detail"].get("eventName", "").startswith(("Get", "List", "Describe")):
            seen = envelope | {"detail": envelope["detail"] | {"readOnly": False}}
        return [name for name, state, pattern in self.of(envelope["account"], envelope["region"])
                if hears(state, seen) and eventbridge._matches_pattern_view(pattern, view)]


class Tally:
    """Invocations by bus rule, with the sums: one number for each column."""

    SUMS = ("invocations", "distinct events", "taken more than once")

    def __init__(self, columns):
        self.columns = columns
        self.events = [0.0] * len(columns)
        self.by_rule = collections.defaultdict(lambda: [0.0] * len(columns))
        self.sums = {(word, reads): [0.0] * len(columns) for word in self.SUMS for reads in (False, True)}

    def add(self, taken, numbers):
        """So many events in each column were taken by these bus rules."""
        for place, number in enumerate(numbers):
            self.events[place] += number
            for name in taken:
                self.by_rule[name][place] += number
            for reads in (False, True):
                times = len(taken) - (not reads and READS in taken)
                for word, factor in zip(self.SUMS, (times, times > 0, times > 1)):
                    self.sums[word, reads][place] += number * factor

    def lines(self, names, summed):
        """Name and numbers of each line of the report."""
        kinds = collections.defaultdict(lambda: [0.0] * len(self.columns))
        for name in names:
            kind = name.rstrip("0123456789").rstrip("-") if summed else name
            kinds[kind] = [a + b for a, b in zip(kinds[kind], self.by_rule[name])]
        yield from kinds.items()
        for (word, reads), numbers in sorted(self.sums.items(), key=lambda item: item[0][1]):
            yield f"{word}, reads {'on' if reads else 'off'}", numbers
        yield "management events", self.events


def shown(number):
    """A number of the report: whole, or that it is less than one."""
    return "<1" if 0 < number < 0.5 else f"{math.floor(number + 0.5):,}"


def table(heads, lines, markdown):
    """A table as text."""
    lines = [[name, *map(shown, numbers)] for name, numbers in lines]
    if markdown:
        ruler = ["---"] + ["---:"] * (len(heads) - 1)
        return "\n".join("| " + " | ".join(line) + " |" for line in [heads, ruler, *lines])
    width = max(len(line[0]) for line in [heads, *lines])
    return "\n".join(f"{line[0]:{width}}" + "".join(f"{cell:>13}" for cell in line[1:]) for line in [heads, *lines])


def records(folders):
    """Every recorded event, wrapped, with the day of the record."""
    for folder in folders:
        files = sorted(path for path in folder.iterdir() if path.name.endswith((".ndjson", ".ndjson.gz")))
        if not files:
            raise SystemExit(f"{folder}: no *.ndjson or *.ndjson.gz")
        for path in files:
            with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as lines:
                for number, line in enumerate(lines):
                    if number == RECORDS_MAX:
                        raise SystemExit(f"{path}: more than {RECORDS_MAX:,} records")
                    event = json.loads(line)
                    # A whole envelope says its source itself; those of the corpus have it masked at times.
                    record = event.get("detail", event)
                    yield (event if "detail" in event and "source" in event else wrapped(record),
                           str(record.get("eventTime") or "none")[:10])


def envelopes(folders):
    """The recorded events that a matcher can read, by day."""
    by_day = collections.defaultdict(list)
    for envelope, day in records(folders):
        envelope.setdefault("account", ACCOUNT)
        envelope.setdefault("region", REGION)
        by_day[day].append(envelope)
    return by_day


def without_tools(rules, by_day, by_name):
    """How many recorded events are by an attack tool; and of the others of the day that has most events, how many
    there are, how many are delivered, and how many with reads."""
    pattern = json.dumps(read(ATTACK_TOOLS)["pattern"])

    def by_a_tool(envelope):
        view = eventbridge._pattern_event_view(eventbridge._event_from_test_payload(envelope))
        return eventbridge._matches_pattern_view(pattern, view)

    by_tools = sum(by_a_tool(envelope) for envelopes in by_day.values() for envelope in envelopes)
    others = [envelope for envelope in max(by_day.values(), key=len) if not by_a_tool(envelope)]
    taken = [rules.taking(envelope, by_name) for envelope in others]
    return by_tools, len(others), sum(bool({*names} - {READS}) for names in taken), sum(map(bool, taken))


def wanted(program, envelope):
    """Whether an enabled rule matches the event, counting those with a threshold or a sequence."""
    said = subprocess.run([program, "explain", "--format", "json", "-"], input=json.dumps(envelope),
                          capture_output=True, text=True)
    if not said.stdout:
        raise SystemExit(f"{program} explain: {said.stderr.strip()}")
    return any(rule["matched"] and rule["enabled"] for rule in json.loads(said.stdout)["rules"])


def count_day(rules, rows, arguments):
    """The tally of the three accounts, and what each row costs."""
    tally, costs = Tally(ACCOUNTS), []
    for row in rows:
        for envelope, numbers in row.events():
            taken = rules.taking(envelope, arguments.reads_by_name)
            tally.add(taken, numbers)
            if taken:
                costs.append((row, envelope, taken, numbers))
    return tally, costs


def print_costs(costs, arguments):
    """The rows that cost most in the busy account."""
    def takers(entry):
        return [name for name in entry[2] if arguments.reads or name != READS]

    def cost(entry):
        return entry[3][-1] * len(takers(entry))

    costs = [entry for entry in costs if len(takers(entry)) > arguments.twice]
    if arguments.wanted:
        costs = [entry for entry in costs if not wanted(arguments.wanted, entry[1])]
    for entry in sorted(costs, key=cost, reverse=True)[: arguments.rows]:
        row, envelope, _, _ = entry
        refused = " refused" if "errorCode" in envelope["detail"] else ""
        print(f"{cost(entry):>9,.0f}  {row.source} {row.name}{refused} by {row.who}: {', '.join(takers(entry))}"
              f"  {row.parameters or ''}")


def report(path, rows, by_day, arguments):
    """Everything about one template."""
    rules = BusRules(path)
    tally, costs = count_day(rules, rows, arguments)
    recorded = Tally(("all", *sorted(by_day)))
    for place, day in enumerate(recorded.columns[1:], 1):
        column = [1.0 if at in (0, place) else 0.0 for at in range(len(recorded.columns))]
        for envelope in by_day[day]:
            recorded.add(rules.taking(envelope, arguments.reads_by_name), column)
    heads, lines = ["bus rule", *ACCOUNTS], list(tally.lines(rules.names, arguments.sum))
    if by_day:
        heads.append("recorded")
        of_recorded = dict(recorded.lines(rules.names, arguments.sum))
        lines = [(name, [*numbers, of_recorded[name][0]]) for name, numbers in lines]
    markdown = arguments.format == "markdown"
    print(f"{'### ' if markdown else ''}{path.name}: invocations a day\n")
    print(table(heads, lines, markdown))
    if by_day:
        print(f"\n{path.name}: recorded days\n")
        print(table(["recorded day", "events", "reads off", "reads on"], [
            (day, [recorded.events[at], *(recorded.sums["invocations", reads][at] for reads in (False, True))])
            for at, day in enumerate(recorded.columns)], markdown))
        print("\n{:,} by an attack tool; of the {:,} others of the day with most events {:,} are delivered, {:,} with reads"
              .format(*without_tools(rules, by_day, arguments.reads_by_name)))
    if arguments.rows:
        print(f"\n{path.name}: what costs most in the busy account, reads {'on' if arguments.reads else 'off'}\n")
        print_costs(costs, arguments)
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--template", type=pathlib.Path, nargs="+", default=[TEMPLATE])
    parser.add_argument("--table", type=pathlib.Path, default=TABLE)
    parser.add_argument("--events", type=pathlib.Path, nargs="+", default=[])
    parser.add_argument("--format", choices=("text", "markdown"), default="text")
    parser.add_argument("--sum", action="store_true")
    parser.add_argument("--reads-by-name", action="store_true")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--reads", action="store_true", help="--rows with DeliverReadOnlyEvents=true")
    parser.add_argument("--twice", action="store_true", help="--rows of what more than one bus rule takes")
    parser.add_argument("--wanted", type=pathlib.Path)
    arguments = parser.parse_args()
    rows, by_day = read_table(arguments.table), envelopes(arguments.events)
    for path in arguments.template:
        report(path, rows, by_day, arguments)


if __name__ == "__main__":
    main()
