"""Whether AWS lets a request through, by the policy of the resource.

The documented evaluation within IAM: an explicit deny wins; a policy of the resource that names the role or
the service itself allows by itself; one that names the account leaves it to the caller's own policies; what
the caller's own policies allow suffices in his own account only (IAM user guide, "Policy evaluation logic"), and
for a key of KMS not even there (https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html).
What is not known here is refused with an error and never guessed.
"""

import fnmatch
from dataclasses import dataclass, field

from templates import as_list, statements


@dataclass(frozen=True)
class Request:
    """Somebody wants to do something. A role stands by its own ARN, as aws:PrincipalArn has it in sessions."""

    action: str
    resource: str
    role: str | None = None
    service: str | None = None
    may: bool = False  # the caller's own policies allow it
    context: dict = field(default_factory=dict)

    @property
    def keys(self):
        """The condition keys of the request. A service of AWS has no aws:PrincipalArn."""
        own = {"aws:principalarn": self.role} if self.role else {}
        own |= {
            "aws:principalisawsservice": "true" if self.service else "false",
            "aws:securetransport": "true",
        }
        return own | {key.lower(): value for key, value in self.context.items()}


def allowed(policy, request):
    hits = [each for each in statements(policy) if _applies(each, request)]
    if any(each["Effect"] == "Deny" for each in hits):
        return False
    allows = [each for each in hits if each["Effect"] == "Allow"]
    if request.service or any(_names_role(each, request) for each in allows):
        return bool(allows)
    is_own = request.role.split(":")[4] == request.resource.split(":")[4]
    own_suffices = is_own and not request.action.lower().startswith("kms:")
    return request.may and (own_suffices or bool(allows))


def _applies(statement, request):
    foreign = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if foreign:
        raise ValueError(f"unknown parts of a statement: {sorted(foreign)}")
    return (
        _is_principal(statement["Principal"], request)
        and any(_is_like(request.action.lower(), each.lower()) for each in as_list(statement["Action"]))
        and any(_is_like(request.resource, each) for each in as_list(statement["Resource"]))
        and all(
            _holds(operator, key.lower(), as_list(values), request.keys)
            for operator, pairs in statement.get("Condition", {}).items()
            for key, values in pairs.items()
        )
    )


def _is_principal(principal, request):
    if principal == "*":
        return True
    unknown = set(principal) - {"AWS", "Service"}
    if unknown:
        raise ValueError(f"unknown kinds of principals: {sorted(unknown)}")
    if request.service:
        return request.service in as_list(principal.get("Service", []))
    named = as_list(principal.get("AWS", []))
    account = request.role.split(":")[4]
    return any(each in ("*", request.role, account) or each.endswith(f"::{account}:root") for each in named)


def _names_role(statement, request):
    principal = statement["Principal"]
    return principal != "*" and request.role in as_list(principal.get("AWS", []))


def _holds(operator, key, values, keys):
    """One condition. A missing key fails it, or holds where the operator is negated."""
    have = keys.get(key)
    tests = {
        "StringEquals": lambda: have in values,
        "Bool": lambda: have in [str(value).lower() for value in values],
        "ArnEquals": lambda: any(_is_arn_like(have, value) for value in values),
        "ArnLike": lambda: any(_is_arn_like(have, value) for value in values),
        "ArnNotEquals": lambda: not any(_is_arn_like(have, value) for value in values),
        "ForAnyValue:StringNotLike": lambda: any(
            not any(_is_like(one, value) for value in values) for one in as_list(have)
        ),
    }
    if operator not in tests:
        raise ValueError(f"unknown condition operator {operator}")
    if have is None:
        return operator == "ArnNotEquals"
    return tests[operator]()


def _is_arn_like(arn, pattern):
    """Part by part; the sixth part is the rest."""
    parts, patterns = arn.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(_is_like, parts, patterns))


def _is_like(text, pattern):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))
