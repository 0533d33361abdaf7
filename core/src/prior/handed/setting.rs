//! Calls that may bring code or a command to what wears a role, and here only set something.

use serde_json::Value;

use crate::event::Event;

/// Source, the name of a call without its version, and the parameters in lower case that bring nothing to run. A variable
/// of the environment does: interpreters load what some of them name.
const CALLS: [(&str, &str, &[&str]); 4] = [
    (
        "codebuild.amazonaws.com",
        "UpdateProject",
        &[
            "name",
            "description",
            "timeoutinminutes",
            "queuedtimeoutinminutes",
            "concurrentbuildlimit",
            "autoretrylimit",
            "badgeenabled",
            "tags",
        ],
    ),
    (
        "ec2.amazonaws.com",
        "ModifyInstanceMetadataOptions",
        &[
            "modifyinstancemetadataoptionsrequest",
            "instanceid",
            "httptokens",
            "httpendpoint",
            "httpputresponsehoplimit",
            "httpprotocolipv6",
            "instancemetadatatags",
        ],
    ),
    (
        "lambda.amazonaws.com",
        "UpdateFunctionConfiguration",
        &[
            "functionname",
            "description",
            "timeout",
            "memorysize",
            "ephemeralstorage",
            "tracingconfig",
            "loggingconfig",
            "revisionid",
        ],
    ),
    (
        "states.amazonaws.com",
        "UpdateStateMachine",
        &["statemachinearn", "loggingconfiguration", "tracingconfiguration"],
    ),
];

/// Does the call give what it changes nothing to run? Not where a parameter is unknown, or none was recorded.
pub(super) fn only_sets(event: &Event, source: &str) -> bool {
    let Some(name) = event.name() else { return false };
    let unversioned = name.find("20").and_then(|at| name.get(..at)).unwrap_or(name);
    let row = CALLS.iter().find(|(of, call, _)| (*of, *call) == (source, unversioned));
    let given = event.value("detail.requestParameters").and_then(Value::as_object);
    let (Some((_, _, settings)), Some(given)) = (row, given) else { return false };
    given
        .iter()
        .filter(|(_, value)| !value.is_null())
        .all(|(key, _)| settings.iter().any(|setting| key.eq_ignore_ascii_case(setting)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;

    #[track_caller]
    fn check(service: &str, name: &str, parameters: Value, want: bool) {
        let event = call(service, name).with("requestParameters", parameters).event();
        assert_eq!(only_sets(&event, &format!("{service}.amazonaws.com")), want);
    }

    #[test]
    fn a_call_with_anything_to_run_does_not_only_set() {
        let lambda = |name: &str, parameters, want| check("lambda", name, parameters, want);
        let configure = "UpdateFunctionConfiguration20150331v2";
        lambda(configure, json!({"functionName": "f", "timeout": 30, "layers": null}), true);
        lambda(configure, json!({"functionName": "f", "timeout": 30, "layers": ["l"]}), false);
        lambda(configure, json!({"functionName": "f", "environment": {}}), false);
        lambda(configure, json!({"reason": "requestParameters too large", "omitted": true}), false);
        lambda(configure, Value::Null, false);
        lambda("UpdateFunctionCode20150331v2", json!({"functionName": "f"}), false);
        let build = |parameters, want| check("codebuild", "UpdateProject", parameters, want);
        build(json!({"name": "p", "timeoutInMinutes": 5}), true);
        build(json!({"name": "p", "source": {"buildspec": "x"}}), false);
        let machine = |parameters, want| check("states", "UpdateStateMachine", parameters, want);
        machine(json!({"stateMachineArn": "m", "tracingConfiguration": {}}), true);
        machine(json!({"stateMachineArn": "m", "definition": "d"}), false);
    }
}
