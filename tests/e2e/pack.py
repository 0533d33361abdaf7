"""The rules of rules/ and the events of their own tests."""

import copy
import functools
import json
from dataclasses import dataclass

import yaml

from deployment import ROOT, STACK

DEPLOYER = "arn:aws:iam::111122223333:role/release/deployer"  # a role that deploys, in the tests of rules


@dataclass
class Rule:
    id: str
    enabled: bool
    pattern: dict
    tests: list  # those that must match or fire
    before: list  # patterns of the events that come first

    def events(self):
        """Every event that some test of the rule needs, those that come first included."""
        return [event for test in self.tests for event in [*self.events_before(test), changed(test)]]

    @staticmethod
    def events_before(test):
        return [changed(step) for step in test.get("before", [])]


@functools.cache
def rules():
    found = []
    for path in sorted((ROOT / "rules").glob("*/*.yaml")):
        spec = yaml.safe_load(path.read_text())
        found.append(
            Rule(
                id=spec["id"],
                enabled=spec.get("enabled", True),
                pattern=spec["pattern"],
                tests=[test for test in spec["tests"] if test["match"]],
                before=(spec.get("sequence") or {}).get("before", []),
            )
        )
    return found


@functools.cache
def _event(name):
    return json.loads((ROOT / "events" / name).read_text())


def changed(test):
    """The event of a test with its `set` and `remove` done."""
    event = copy.deepcopy(_event(test["event"]))
    for path, value in (test.get("set") or {}).items():
        parent, last = _parent(event, path)
        parent[last] = json.loads(json.dumps(value).replace("{own}", STACK).replace("{deployer}", DEPLOYER))
    for path in test.get("remove") or []:
        parent, last = _parent(event, path)
        del parent[last]
    return event


def _parent(root, path):
    """The mapping or list that holds the last step of a dotted path, made where it is missing."""
    *steps, last = path.split(".")
    for step in steps:
        if isinstance(root, list):
            root = root[int(step)]
        else:
            if root.get(step) is None:
                root[step] = {}
            root = root[step]
    return root, int(last) if isinstance(root, list) else last
