"""The deployed function with other settings or other code, for the time of a test."""

from contextlib import contextmanager

from deployment import PACKAGE, STACK


@contextmanager
def changed(responder, settings=(), package=None):
    """Sets these variables of the function; None takes one away. `package` is another zip file of its code."""
    function = responder.client("lambda")
    before = function.get_function_configuration(FunctionName=STACK)["Environment"]["Variables"]
    after = {name: value for name, value in (before | dict(settings)).items() if value is not None}
    try:
        put(responder, function, after, package)
        yield
    finally:
        responder.settle()
        put(responder, function, before, package and PACKAGE)


def put(responder, function, variables, package):
    function.update_function_configuration(FunctionName=STACK, Environment={"Variables": variables})
    if package:
        function.update_function_code(FunctionName=STACK, ZipFile=package.read_bytes())
    responder.end_copies()


def log_lines(responder):
    """All that the function has logged so far."""
    responder.settle()
    pages = responder.client("logs").get_paginator("filter_log_events")
    pages = pages.paginate(logGroupName=responder.outputs["LogGroupName"])
    return [line for page in pages for event in page["events"] for line in event["message"].splitlines()]
