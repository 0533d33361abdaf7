"""Checks what the Rust packages we build with are allowed to be: their licences and where they come from.

    cargo metadata --format-version 1 --locked --all-features | python3 tests/dependencies.py

It reads nothing but that, so it works without a network. It does not know which versions have known
vulnerabilities: that list changes daily and has to be fetched (`cargo audit` does).
"""

import json
import re
import sys

# Licences that let Apache-2.0 software be linked with theirs and passed on, with a notice at most.
ALLOWED = {"Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "Unicode-3.0", "Zlib"}
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


class Expression:
    """An SPDX licence expression; `/` is how it was written before SPDX, and means OR."""

    def __init__(self, text):
        self._words = re.findall(r"[()]|[^\s()]+", text.replace("/", " OR "))

    def is_allowed(self):
        allowed = self._any_of()
        if self._words:
            raise ValueError(f"unexpected `{self._words[0]}`")
        return allowed

    def _any_of(self):
        allowed = self._all_of()
        while self._take("OR"):
            allowed = self._all_of() or allowed
        return allowed

    def _all_of(self):
        allowed = self._one()
        while self._take("AND"):
            allowed = self._one() and allowed
        return allowed

    def _one(self):
        if self._take("("):
            allowed = self._any_of()
            if not self._take(")"):
                raise ValueError("a `(` is not closed")
            return allowed
        if not self._words:
            raise ValueError("it ends too early")
        name = self._words.pop(0)
        if self._take("WITH"):  # an exception only adds permissions
            self._words.pop(0)
        return name in ALLOWED

    def _take(self, word):
        if self._words[:1] == [word]:
            self._words.pop(0)
            return True
        return False


def faults(package):
    name = f"{package['name']} {package['version']}"
    if package["source"] not in (None, CRATES_IO):
        yield f"{name}: comes from {package['source']}, not from crates.io"
    if not package["license"]:
        yield f"{name}: names no licence"
        return
    try:
        if not Expression(package["license"]).is_allowed():
            yield f"{name}: licence `{package['license']}` is not on the list"
    except ValueError as error:
        yield f"{name}: licence `{package['license']}` cannot be read: {error}"


def main():
    packages = json.load(sys.stdin)["packages"]
    found = [fault for package in packages for fault in faults(package)]
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"{len(packages)} packages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
