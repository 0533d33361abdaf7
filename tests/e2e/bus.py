"""The bus rules of infra/responder.yaml without AWS: which of them an event would take.

Matching is the emulator's own, so that a test here and a deployed stack say the same.
"""

import functools
import json
import sys
from pathlib import Path

from ministack.services import eventbridge

ROOT = Path(__file__).resolve().parents[2]
# Templates are read in one way by all tests.
sys.path.append(str(ROOT / "tests/templates"))

from templates import read  # noqa: E402

TEMPLATE = ROOT / "infra/responder.yaml"
ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def hears(state, envelope):
    """Whether a bus rule in this state gets the event at all.

    An ENABLED one gets no reads. AWS recognises reads by their names and by lists of its own, CloudTrail by a
    flag; what either calls a read counts as one here.
    """
    detail = envelope.get("detail") or {}
    is_read = envelope.get("detail-type", "").endswith(" via CloudTrail") and (
        detail.get("readOnly") is True or detail.get("eventName", "").startswith(("Get", "List", "Describe"))
    )
    return state == ALL_MANAGEMENT_EVENTS or (state == "ENABLED" and not is_read)


def _resolved(value, names):
    """The value with Ref and Sub replaced by what `names` holds."""
    if isinstance(value, list):
        return [_resolved(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return names[value["Ref"]]
    if "Fn::Sub" in value:
        text = value["Fn::Sub"]
        for name, replacement in names.items():
            text = text.replace("${" + name + "}", replacement)
        assert "${" not in text, text
        return text
    return {key: _resolved(each, names) for key, each in value.items()}


@functools.cache
def _template():
    return read(TEMPLATE)


@functools.cache
def bus_rules(stack, account, region):
    """State and pattern, as JSON text, of each bus rule; `reads` too, which is made on demand only."""
    names = {
        "NamePrefix": stack,
        "AWS::StackName": stack,
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::Partition": "aws",
    }
    found = {}
    for resource in _template()["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Events::Rule" and "EventPattern" in properties:
            name = _resolved(properties["Name"], names).removeprefix(f"{stack}-")
            pattern = json.dumps(_resolved(properties["EventPattern"], names), separators=(",", ":"))
            found[name] = (properties["State"], pattern)
    return found


def fault_of(pattern):
    """Why EventBridge would refuse this pattern, if it would."""
    return eventbridge._event_pattern_error(pattern)


def taken(envelope, stack, reads=False):
    """Names of the bus rules that hand this event to the function, in the event's own account and Region."""
    view = eventbridge._pattern_event_view(eventbridge._event_from_test_payload(envelope))
    return [
        name
        for name, (state, pattern) in bus_rules(stack, envelope["account"], envelope["region"]).items()
        if (reads or name != "reads")
        and hears(state, envelope)
        and eventbridge._matches_pattern_view(pattern, view)
    ]
