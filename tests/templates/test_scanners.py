"""cfn-lint, checkov and parliament find nothing in the templates, and something in spoilt ones."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checks import EVERYTHING
from templates import ROOT, TEMPLATES, policies, read, resolved

TOOLS = Path(sys.executable).parent
SCANNERS = ROOT / "target/scanners/bin"
TEXT = (ROOT / "infra/responder.yaml").read_text()

# What each replaces, by what, and what checkov calls the fault.
SPOILS = [
    (
        "      KmsMasterKeyId: !If [HasKey, !If [CreatesKey, !GetAtt Key.Arn, !Ref KmsKey], !Ref AWS::NoValue]\n"
        "      SqsManagedSseEnabled: !If [HasKey, !Ref AWS::NoValue, true]\n",
        "",
        "CKV_AWS_27",
    ),
    ("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "CKV_AWS_28"),
    ("      EnableKeyRotation: true\n", "", "CKV_AWS_7"),
    ("          - id: CKV_AWS_26\n", "          - id: CKV_AWS_999\n", "CKV_AWS_26"),
    ("BlockPublicPolicy: true", "BlockPublicPolicy: false", "CKV_AWS_54"),
]

PARLIAMENT = """
import json, sys
import parliament
for policy in json.load(sys.stdin):
    found = parliament.analyze_policy_string(json.dumps(policy)).findings
    print(json.dumps([[each.issue, str(each.detail)] for each in found]))
"""


def with_everything(text):
    """The template with defaults that make every resource: checkov looks at no other."""
    for name, value in EVERYTHING.parameters.items():
        text, changes = re.subn(
            rf"(\n  {name}:\n    Type: \w+\n    Default:) .*",
            lambda found, value=value: f'{found[1]} "{value}"',
            text,
        )
        assert changes == 1, f"the template should declare {name} with type and default"
    return text


def spoilt():
    text = with_everything(TEXT)
    for old, new, _ in SPOILS:
        assert old in text, f"the template should say: {old}"
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def checkov(tmp_path_factory):
    """What checkov says of a file, by its name: of the templates with all they can make, and of a spoilt one."""
    folder = tmp_path_factory.mktemp("checkov")
    texts = {path.name: with_everything(path.read_text()) for path in TEMPLATES} | {"spoilt.yaml": spoilt()}
    for name, text in texts.items():
        (folder / name).write_text(text)
    files = [argument for name in texts for argument in ("--file", str(folder / name))]
    command = [
        SCANNERS / "checkov",
        "--framework",
        "cloudformation",
        "--skip-download",
        "--output",
        "json",
        *files,
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    results = json.loads(done.stdout)["results"]
    assert results["parsing_errors"] == []

    def said(kind, name):
        return [each for each in results[kind] if Path(each["file_abs_path"]).name == name]

    return said


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_checkov_finds_nothing_but_exceptions_with_a_reason(checkov, path):
    assert [(each["check_id"], each["resource"]) for each in checkov("failed_checks", path.name)] == []
    assert len(checkov("passed_checks", path.name)) > 10
    exceptions = {
        (skip["id"], f"{resource['Type']}.{name}"): skip["comment"]
        for name, resource in read(path)["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    }
    assert all(len(reason) > 20 for reason in exceptions.values())
    used = {(each["check_id"], each["resource"]) for each in checkov("skipped_checks", path.name)}
    assert used == exceptions.keys(), "an exception without a use, or a use without an exception"


def test_checkov_finds_what_is_spoilt(checkov):
    assert {each["check_id"] for each in checkov("failed_checks", "spoilt.yaml")} == {
        name for *_, name in SPOILS
    }


LINTED = {
    "E3030": ("Runtime: provided.al2023", "Runtime: provided.al2099"),
    "E1010": ("Resource: !GetAtt OnFailureQueue.Arn", "Resource: !GetAtt OnFailureQueue.Name"),
    "E3034": ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 1209601"),
}


def test_cfn_lint_finds_what_is_spoilt(tmp_path):
    for says, (old, new) in LINTED.items():
        assert old in TEXT
        (tmp_path / f"{says}.yaml").write_text(TEXT.replace(old, new))
    command = [TOOLS / "cfn-lint", "--format", "parseable", *sorted(tmp_path.glob("*.yaml"))]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode != 0
    found = {
        tuple(re.search(r"(\w+)\.yaml:.*?:([A-Z]\d{4}):", line).groups()) for line in done.stdout.splitlines()
    }
    assert found == {(says, says) for says in LINTED}


def parliament(found):
    """What parliament says of each of these policies: issue and detail."""
    done = subprocess.run(
        [SCANNERS / "python", "-c", PARLIAMENT], input=json.dumps(found), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def role_policies(path):
    return [policy for _, kind, policy in policies(resolved(read(path), EVERYTHING)) if kind == "role"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_parliament_finds_nothing_in_the_policies_of_roles(path):
    found = role_policies(path)
    assert found, "no role has a policy"
    # Resource `*` needs a reason in checks.py.
    assert [each for policy in parliament(found) for each in policy if each[0] != "RESOURCE_STAR"] == []


@pytest.mark.parametrize(
    ("statement", "issue"),
    [
        ({"Action": "sns:Publsh", "Resource": "*"}, "UNKNOWN_ACTION"),
        ({"Action": "sns:Publish", "Resource": "arn:aws:sqs:us-east-1:111122223333:q"}, "RESOURCE_MISMATCH"),
        (
            {
                "Action": "cloudtrail:LookupEvents",
                "Resource": "*",
                "Condition": {"StringEquals": {"sns:Protocol": "sqs"}},
            },
            "UNKNOWN_CONDITION_FOR_ACTION",
        ),
    ],
)
def test_parliament_finds_what_is_spoilt(statement, issue):
    (policy,) = role_policies(ROOT / "infra/responder.yaml")
    policy["Statement"].append({"Sid": "Spoilt", "Effect": "Allow"} | statement)
    (found,) = parliament([policy])
    assert issue in {each[0] for each in found}
