"""What infra/package refuses by itself, before it asks AWS anything or builds."""

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest

from templates import LONGEST, ROOT, read, resolved

TEMPLATE = ROOT / "infra/responder.yaml"
TOPIC, KEY = "arn:aws:sns:{}:111122223333:security", "arn:aws:kms:{}:111122223333:key/12"
ROLE = "arn:aws:iam::111122223333:role/"
ARM = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xb7\x00"
FILES = ["Cargo.lock", "core/Cargo.toml", "core/src/lib.rs", "src/lib.rs", "src/aws/roots.pem", "src/review/bus/traffic.tsv", "rules/holidays.ics", "rules/iam/one.yaml"]
ASKS_AWS = "needs the AWS CLI"  # what it says once it has nothing to refuse, where there is none


def module():
    """infra/package as a module; without leaving bytecode beside it."""
    loader = importlib.machinery.SourceFileLoader("package", str(ROOT / "infra/package"))
    loaded = importlib.util.module_from_spec(importlib.util.spec_from_loader("package", loader))
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(loaded)
    finally:
        sys.dont_write_bytecode = writes
    return loaded


def lists(characters):
    """Topics and roles whose ARNs have so many characters together."""
    topics = ",".join([TOPIC.format("us-east-1")] * 45)
    roles = "arn:aws:iam::111122223333:role/deploy,arn:aws:iam::111122223333:role/"
    return [f"TopicArns={topics}", f"DeploymentRoleArns={roles.ljust(characters - len(topics), 'x')}"]


def different(prefix, count):
    return ",".join(f"{prefix}{number}" for number in range(count))


def as_text(value):
    return [str(each) for each in value] if isinstance(value, list) else str(value)


def test_it_reads_the_parameters_as_yaml_does():
    package = module()
    wanted = {
        name: {key: as_text(value) for key, value in parameter.items()}
        for name, parameter in read(TEMPLATE)["Parameters"].items()
    }
    found = package.parameters_of(TEMPLATE.read_text())
    assert found == wanted
    assert [name for name, each in found.items() if package.fault_of(each, each["Default"])] == []


@pytest.fixture
def project(tmp_path):
    """A project with a fresh package for arm64, and nothing to build it from."""
    for name in ("Cargo.toml", *FILES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "infra").mkdir()
    for name in ("infra/package", "infra/responder.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    archive = tmp_path / "target/lambda/iam-responder-lambda/bootstrap.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("bootstrap", ARM)
    for path in tmp_path.rglob("*"):
        os.utime(path, (1, 1))
    return tmp_path


def said_by(project, *arguments):
    done = subprocess.run(
        [sys.executable, project / "infra/package", "--region", "us-east-1", "--bucket", "b", *arguments],
        env={"PATH": str(project)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["CriticalMail=you@example.com", "Trail=create", "LogRetentionDays=365", "RepeatAfterMinutes=0"],
        ["Architecture=arm64", f"KmsKey={KEY.format('us-east-1')}", "CriticalMail="],
        [f"TopicArns={TOPIC.format('us-east-1')},{TOPIC.format('us-east-1')}2"],
        lists(2400),
    ],
)
def test_what_the_template_takes_passes(project, values):
    assert ASKS_AWS in said_by(project, *values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["CriticalMail"], "write it like `CriticalMail=you@example.com`"),
        (["Colour=blue"], "no parameter `Colour`; it has NamePrefix, "),
        (["KriticalMail=a@b.example"], "did you mean `CriticalMail`?"),
        (["TopicArn=x"], "did you mean `TopicArns`?"),
        (["TagKey=a", "TagKey=b"], "TagKey is given twice"),
        (["CriticalMail=nobody"], "must be empty, or one mail address, like you@example.com"),
        (["CriticalMail=a@b.example\n"], "must be empty, or one mail address"),
        (["NamePrefix=Prefix"], "begin with a letter"),
        (["Trail=yes"], "must be one of none, create"),
        (["LogRetentionDays=2"], "must be one of 1, 3, 5"),
        (["MemorySize=128"], "must be a whole number from 256 to 10240"),
        (["MemorySize=lots"], "must be a whole number from 256 to 10240"),
        (["TagValue=" + "x" * 257], "256 characters at most"),
        (
            ["OperatorRoleArns=arn:aws:iam::111122223333:role/a,arn:aws:sts::111122223333:assumed-role/b/c"],
            "must be empty, or ARNs of roles (not of sessions)",
        ),
        ([f"TopicArns={TOPIC.format('eu-west-1')}"], "not the ARN of a standard topic in us-east-1"),
        ([f"KmsKey={KEY.format('eu-west-1')}"], "not the ARN of a key in us-east-1"),
        (lists(2400) + ["RolePath=/"], "have 2401 characters together"),
        (lists(2401), "have 2401 characters together; the variables of a function take 2400 of them"),
        ([f"DeploymentRoleArns={different(ROLE, 21)}"], "has 21 entries; the function takes 20"),
        ([f"TopicArns={different(TOPIC.format('us-east-1'), 51)}"], "has 51 entries; the function takes 50"),
        (["Architecture=x86_64"], "the function was built for arm64"),
    ],
)
def test_what_the_template_does_not_take_is_refused(project, values, says):
    said = said_by(project, *values)
    assert says in said
    assert ASKS_AWS not in said


def test_the_lists_that_pass_fit_into_the_variables():
    """Lambda quotas page: 4 KB of variables, here where every other value is as long as it may be."""
    template = read(TEMPLATE)
    most = template["Parameters"]["RulesFolder"]["MaxLength"]
    parameters = LONGEST.parameters | {"RulesFolder": "/opt".ljust(most, "x"), "KmsKey": "create"}
    function = resolved(template, replace(LONGEST, parameters=parameters))["Function"]
    variables = function["Properties"]["Environment"]["Variables"]
    lists = {"IAM_RESPONDER_TOPICS": "", "IAM_RESPONDER_DEPLOYMENT_ROLES": ""}
    taken = sum(len(name) + len(str(value)) for name, value in (lists | variables).items())
    assert 3 * 1024 // 2 - 512 < taken < 4096 - module().LISTS_CHARACTERS_MAX


def test_as_many_entries_pass_as_the_function_takes(project):
    source = (ROOT / "src/operate/settings/form.rs").read_text() + (ROOT / "src/operate/settings/topics.rs").read_text()
    constants = {"TopicArns": "TOPICS_MAX", "DeploymentRoleArns": "DEPLOYMENT_ROLES_MAX"}
    for name, constant in constants.items():
        assert f"pub const {constant}: usize = {module().LISTS_MAX[name]};" in source
    roles = different(ROLE, 20)
    assert ASKS_AWS in said_by(project, f"DeploymentRoleArns={roles},{roles}")


@pytest.mark.parametrize("newer", FILES)
def test_a_package_older_than_a_file_is_refused(project, newer):
    os.utime(project / newer, (2, 2))
    assert f"{newer} is newer than target/lambda" in said_by(project)


def test_every_kind_of_file_that_a_program_is_built_from_counts():
    folders = [ROOT / name for name in module().SOURCES if (ROOT / name).is_dir()]
    endings = {path.suffix for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert endings - {".md"} <= module().SOURCE_ENDINGS


@pytest.mark.parametrize("folder", ["rules/iam", "src/review/bus"])
def test_a_package_older_than_a_deletion_is_refused(project, folder):
    next((project / folder).iterdir()).unlink()
    assert f"{folder} has lost or got a file and is newer than" in said_by(project)


@pytest.mark.parametrize(
    ("region", "values", "says"),
    [
        ("us-east-1", {}, ["no parameters"]),
        ("us-east-1", {"Trail": "create"}, []),
        ("eu-west-1", {"Trail": "create"}, ["eu-west-1 is not us-east-1"]),
        ("us-gov-west-1", {"Trail": "create"}, []),
        ("cn-north-1", {}, ["no parameters"]),
    ],
)
def test_it_notes_what_cannot_be_refused(region, values, says):
    found = list(module().notes(region, values))
    assert len(found) == len(says)
    assert all(words in note for words, note in zip(says, found))
