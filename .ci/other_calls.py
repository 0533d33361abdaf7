#!/usr/bin/env python3
"""Writes core/src/iam/catalogue/others.tsv: calls of the catalogue's sources that it need not rate, as reads.

    target/venv/bin/python .ci/other_calls.py

By them `check` knows a call from a word written wrong.
"""
from pathlib import Path

import botocore.session

CATALOGUE = Path(__file__).parent.parent / "core/src/iam/catalogue"
# Where the SDK goes by another name than events do.
SERVICES = {"access-analyzer": "accessanalyzer", "monitoring": "cloudwatch", "sso": "sso-admin"}
# Sources of which the catalogue has hardly a call: what it lacks there is no mistake.
HARDLY_KNOWN = {"bedrock", "ec2", "rds", "route53", "route53resolver", "wafv2"}
HEAD = """# Calls of the catalogue's sources that neither calls.tsv nor unrated.tsv has: reads, and work that changes neither rights
# nor what watches. Two columns, separated by a tab: the source and its calls, separated by spaces. .ci/other_calls.py writes
# it from the models of the AWS SDK for Python; by it `check` knows a call from a word written wrong.
"""


def main():
    known = {}
    for file in ("calls.tsv", "unrated.tsv"):
        for line in (CATALOGUE / file).read_text().splitlines():
            source, name, *_ = line.split("\t") + [""]
            if source.endswith(".amazonaws.com") and name:
                known.setdefault(source, set()).add(name.rstrip("*"))
    session = botocore.session.get_session()
    services = set(session.get_available_services())
    rows = []
    for source, names in sorted(known.items()):
        short = source.removesuffix(".amazonaws.com")
        service = SERVICES.get(short, short)
        if short in HARDLY_KNOWN or service not in services:
            continue
        others = set(session.get_service_model(service).operation_names) - names
        rows.append(f"{source}\t{' '.join(sorted(others))}\n")
    (CATALOGUE / "others.tsv").write_text(HEAD + "".join(rows))


main()
