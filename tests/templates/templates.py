"""CloudFormation templates as CloudFormation sees them: read, and resolved for one deployment of them."""

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "infra").glob("*.yaml"))
ABSENT = object()  # AWS::NoValue


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML with the short forms of CloudFormation's functions: `!Sub x` is `{"Fn::Sub": x}`."""


def _function(loader, suffix, node):
    build = {
        yaml.ScalarNode: loader.construct_scalar,
        yaml.SequenceNode: functools.partial(loader.construct_sequence, deep=True),
        yaml.MappingNode: functools.partial(loader.construct_mapping, deep=True),
    }[type(node)]
    value = build(node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


def read(path):
    return yaml.load(Path(path).read_text(), _Loader)


@dataclass(frozen=True)
class Deployment:
    """Where and how a template is deployed."""

    parameters: dict = field(default_factory=dict)
    partition: str = "aws"
    region: str = "us-east-1"
    suffix: str = "amazonaws.com"
    account: str = "111122223333"
    stack: str = "any-stack"
    stack_id: str = "5b7f1e20-8d0c-11ef-9a3c-0affd3b1c2e5"


# The longest prefix that the template takes, and the longest names of a partition, a Region and a stack.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
LONGEST = Deployment({"NamePrefix": "a" * 32}, "aws-us-gov", "ap-southeast-1", stack="s" * 128)


class Resolver:
    """Resolves the functions of one template for one deployment. A function it does not know is an error."""

    def __init__(self, template, deployment):
        self.template = template
        self.where = deployment
        declared = template.get("Parameters", {})
        unknown = set(deployment.parameters) - set(declared)
        assert not unknown, f"no parameters {unknown}"
        self._values = {name: self._parameter(name, spec) for name, spec in declared.items()}

    def _parameter(self, name, spec):
        value = str(self.where.parameters.get(name, spec.get("Default", "")))
        return [part.strip() for part in value.split(",")] if spec["Type"] == "CommaDelimitedList" else value

    def resources(self):
        """The resources that this deployment makes, with their properties resolved."""
        return {
            name: resource | {"Properties": self.value(resource.get("Properties", {}))}
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds({"Condition": resource["Condition"]})
        }

    def value(self, value):
        if isinstance(value, list):
            return [found for each in value if (found := self.value(each)) is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref":
                return self._reference(argument)
            if name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        return {key: found for key, each in value.items() if (found := self.value(each)) is not ABSENT}

    def holds(self, condition):
        (name, argument), *_ = condition.items()
        if name == "Condition":
            return self.holds(self.template["Conditions"][argument])
        if name == "Fn::Equals":
            first, second = (self.value(each) for each in argument)
            return str(first) == str(second)
        if name == "Fn::Not":
            return not self.holds(argument[0])
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)(self.holds(each) for each in argument)
        raise ValueError(f"unknown condition {name}")

    def _call(self, name, argument):
        if name == "If":
            condition, then, otherwise = argument
            return self.value(then if self.holds({"Condition": condition}) else otherwise)
        if name == "Sub":
            text, more = argument if isinstance(argument, list) else (argument, {})
            more = self.value(more)
            return re.sub(r"\$\{([^!}][^}]*)\}", lambda found: self._named(found[1], more), text)
        if name == "GetAtt":
            return self._attribute(*argument)
        if name == "Join":
            return argument[0].join(self.value(argument[1]))
        if name == "Split":
            return self.value(argument[1]).split(argument[0])
        if name == "Select":
            return self.value(argument[1])[int(argument[0])]
        raise ValueError(f"unknown function Fn::{name}")

    def _named(self, name, more):
        if name in more:
            return str(more[name])
        return str(self._attribute(*name.split(".", 1)) if "." in name else self._reference(name))

    def _reference(self, name):
        where = self.where
        pseudo = {
            "AWS::NoValue": ABSENT,
            "AWS::Partition": where.partition,
            "AWS::Region": where.region,
            "AWS::URLSuffix": where.suffix,
            "AWS::AccountId": where.account,
            "AWS::StackName": where.stack,
            "AWS::StackId": self._arn("cloudformation", f"stack/{where.stack}/{where.stack_id}"),
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._values:
            return self._values[name]
        kind, own = self._resource(name)
        return {
            "AWS::SNS::Topic": lambda: self._arn("sns", own("TopicName")),
            "AWS::SQS::Queue": lambda: (
                f"https://sqs.{where.region}.{where.suffix}/{where.account}/{own('QueueName')}"
            ),
            "AWS::Lambda::Function": lambda: own("FunctionName"),
            "AWS::DynamoDB::Table": lambda: own("TableName"),
            "AWS::Logs::LogGroup": lambda: own("LogGroupName"),
            "AWS::KMS::Key": lambda: "1234abcd-12ab-34cd-56ef-1234567890ab",
            "AWS::S3::Bucket": lambda: own("BucketName"),
            "AWS::Events::Rule": lambda: own("Name"),
        }[kind]()

    def _attribute(self, name, attribute):
        kind, own = self._resource(name)
        iam = f"arn:{self.where.partition}:iam::{self.where.account}"
        return {
            ("AWS::IAM::Role", "Arn"): lambda: f"{iam}:role{own('Path')}{own('RoleName')}",
            ("AWS::SNS::Topic", "TopicName"): lambda: own("TopicName"),
            ("AWS::SQS::Queue", "Arn"): lambda: self._arn("sqs", own("QueueName")),
            ("AWS::SQS::Queue", "QueueName"): lambda: own("QueueName"),
            ("AWS::Lambda::Function", "Arn"): lambda: self._arn("lambda", f"function:{own('FunctionName')}"),
            ("AWS::DynamoDB::Table", "Arn"): lambda: self._arn("dynamodb", f"table/{own('TableName')}"),
            ("AWS::Logs::LogGroup", "Arn"): lambda: self._arn("logs", f"log-group:{own('LogGroupName')}:*"),
            ("AWS::KMS::Key", "Arn"): lambda: self._arn("kms", f"key/{self._reference(name)}"),
            ("AWS::S3::Bucket", "Arn"): lambda: f"arn:{self.where.partition}:s3:::{own('BucketName')}",
        }[kind, attribute]()

    def _resource(self, name):
        resource = self.template["Resources"][name]
        return resource["Type"], lambda key: self.value(resource["Properties"][key])

    def _arn(self, service, rest):
        return f"arn:{self.where.partition}:{service}:{self.where.region}:{self.where.account}:{rest}"


def resolved(template, deployment=Deployment()):
    return Resolver(template, deployment).resources()


def statements(policy):
    found = policy["Statement"]
    return found if isinstance(found, list) else [found]


def as_list(value):
    return value if isinstance(value, list) else [value]


def policies(resources):
    """Every policy in these resources: logical name, kind of the policy, document."""
    for name, resource in resources.items():
        properties = resource["Properties"]
        kind = resource["Type"]
        if kind == "AWS::IAM::Role":
            yield name, "trust", properties["AssumeRolePolicyDocument"]
            for policy in properties.get("Policies", []):
                yield name, "role", policy["PolicyDocument"]
        elif kind in ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
            yield name, "resource", properties["PolicyDocument"]
        elif kind == "AWS::KMS::Key":
            yield name, "key", properties["KeyPolicy"]
        elif kind == "AWS::DynamoDB::Table" and "ResourcePolicy" in properties:
            yield name, "resource", properties["ResourcePolicy"]["PolicyDocument"]
        elif kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            yield name, "role", properties["PolicyDocument"]
