"""The commands of the pages about deployment."""

import re

import pytest

import checks
from templates import ROOT

PAGES = ["README.md", "infra/README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_has_its_region(page):
    assert list(checks.commands_name_their_region((ROOT / page).read_text())) == []


@pytest.mark.parametrize(
    "command",
    [
        "aws sns subscribe --protocol email",
        "aws sns list-topics --region us-east-1 && aws sns list-topics",
        "aws sns subscribe \\\n  --protocol email",
        "cargo lambda deploy --binary-name iam-responder-lambda iam-responder",
        "infra/package --bucket MY-BUCKET",
    ],
)
def test_a_command_without_its_region_is_found(command):
    assert any(checks.commands_name_their_region(f"```sh\n{command}\n```\n"))


def unlike(markdown):
    """Parameters that a page gives to only one of infra/package and the deployment after it."""
    given = []
    for command in checks.commands_of(markdown):
        if command.startswith(("infra/package", "aws cloudformation deploy")):
            given.append(set(re.findall(r" ([A-Z][A-Za-z]+=\S+)", command)))
    return given[0] ^ given[1]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_packages_with_the_parameters_that_it_deploys(page):
    text = (ROOT / page).read_text()
    assert unlike(text) == set()
    assert unlike(text.replace("Trail=create Crit", "Crit", 1)) == {"Trail=create"}


def test_both_pages_deploy_with_the_same_commands():
    first, detailed = (list(checks.commands_of((ROOT / page).read_text())) for page in PAGES)
    deploys = ("aws s3 mb", "cargo lambda build", "infra/package", "aws cloudformation deploy", "aws iam")
    for command in (each for each in first if each.startswith(deploys)):
        assert command in detailed
    assert sum(each.startswith(deploys) for each in first) == len(deploys) + 1  # the drill makes and deletes
