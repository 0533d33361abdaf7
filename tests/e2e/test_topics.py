"""Topics that the site file names and the function cannot publish to."""

import shutil
import zipfile

import yaml

from changed import changed, log_lines
from deployment import ACCOUNT, PACKAGE, REGION, ROOT
from samples import administrator, attach_admin

LISTED = f"arn:aws:sns:{REGION}:{ACCOUNT}:listed"
LOST = f"arn:aws:sns:{REGION}:{ACCOUNT}:lost"
FAR = f"arn:aws:sns:eu-west-1:{ACCOUNT}:far"


def package(folder, topics):
    """The function with the rules beside it, and a site file that sends critical alerts to these topics."""
    path = folder / "with-topics.zip"
    shutil.copy(PACKAGE, path)
    site = yaml.safe_load((ROOT / "rules/site.yaml").read_text())
    site["topics"] = {"critical": [{"arn": arn} for arn in topics]}
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rules/site.yaml", yaml.safe_dump(site, sort_keys=False))
        for rule in sorted((ROOT / "rules").glob("*/*.yaml")):
            archive.write(rule, rule.relative_to(ROOT))
    return path


def report(responder, number):
    """A critical alert about one of many people: what the severity's own topic got."""
    responder.inject(attach_admin(f"payments-{number}", userIdentity=administrator(number)))
    return responder.alerts()


def test_alerts_go_to_the_severitys_own_topic_where_the_site_files_is_out_of_reach(responder, tmp_path):
    own = {"IAM_RESPONDER_RULES": "/var/task/rules", "IAM_RESPONDER_TOPICS": f"{LISTED},{FAR}"}
    responder.client("sns").create_topic(Name="listed")
    lines = len(log_lines(responder))
    with changed(responder, own, package(tmp_path, [LISTED, LOST, FAR])):
        (first,) = report(responder, 1)
        (second,) = report(responder, 2)
        responder.end_copies()
        (third,) = report(responder, 3)
    assert first.topic == second.topic == "critical"
    assert LOST in first.message and FAR in first.message
    assert f"`{LISTED}`" not in first.message
    # Once a day for each copy of the function.
    assert LOST not in second.message
    assert LOST in third.message
    said = [line for line in log_lines(responder)[lines:] if LOST in line]
    assert len(said) == 2 and all('"level":"ERROR"' in line for line in said), said
    assert len(responder.proxy.calls("Publish")) == 6, "each alert to the topic in reach and to the own one"
    assert responder.failed_events() == []


def test_a_severity_that_no_topic_is_left_for_is_a_fault_at_the_start(responder, tmp_path):
    own = {"IAM_RESPONDER_RULES": "/var/task/rules", "IAM_RESPONDER_TOPIC_CRITICAL": None}
    with changed(responder, own, package(tmp_path, [LOST])):
        answer, error = responder.invoke(attach_admin("nowhere"))
    assert (error, answer["errorType"]) == ("Unhandled", "StartFailed")
    assert "IAM_RESPONDER_TOPIC_CRITICAL" in answer["errorMessage"] and LOST in answer["errorMessage"]
