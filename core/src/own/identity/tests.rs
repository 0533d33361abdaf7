//! Which resources are the tool's own.

use super::*;
use crate::event::sample::call;

fn event(source: &str, rest: &str) -> Event {
    call(source, "X").and(rest).event()
}

fn words(kinds: &[OwnKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.word()).collect()
}

#[track_caller]
fn check(name: &str, source: &str, parameters: &str, want: &[&str]) {
    let own =
        Own::new(name, Some("arn:aws:cloudformation:us-east-1:111122223333:stack/alerts/5b7f"));
    let event = event(source, &format!(r#""requestParameters":{parameters}"#));
    assert_eq!(words(&own.unwrap().touched(&event)), want, "{parameters}");
}

#[test]
fn the_deployed_name_decides_what_is_own() {
    for name in ["iam-responder", "watch2"] {
        let function = |text: &str| format!(r#"{{"functionName":"{}"}}"#, text.replace('N', name));
        check(name, "lambda", &function("N"), &["function"]);
        check(name, "lambda", &function("N-remediator"), &["function"]);
        check(name, "lambda", &function("N:live"), &["function"]);
        check(name, "lambda", &function("111122223333:function:N"), &["function"]);
        check(name, "lambda", &function("us-east-1:111122223333:function:N"), &["function"]);
        check(name, "lambda", &function("us-east-1:N:live"), &["function"]);
        check(name, "lambda", &function("function:N"), &["function"]);
        check(
            name,
            "lambda",
            &function("arn:aws-cn:lambda:cn-north-1:111122223333:function:N"),
            &["function"],
        );
        check(name, "lambda", &function("Nx"), &[]);
        check(name, "lambda", &function("my-N"), &[]);
    }
    check("watch2", "lambda", r#"{"functionName":"iam-responder"}"#, &[]);
}

#[test]
fn every_service_names_its_resources_in_its_own_way() {
    let arn = "arn:aws:sns:eu-west-1:111122223333:iam-responder-critical";
    check("iam-responder", "sns", &format!(r#"{{"topicArn":"{arn}"}}"#), &["topic"]);
    check("iam-responder", "sns", &format!(r#"{{"subscriptionArn":"{arn}:1f"}}"#), &["topic"]);
    check(
        "iam-responder",
        "sns",
        r#"{"topicArn":"arn:aws:sns:eu-west-1:111122223333:other"}"#,
        &[],
    );
    let queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/iam-responder-on-failure";
    check("iam-responder", "sqs", &format!(r#"{{"queueUrl":"{queue}"}}"#), &["queue"]);
    check(
        "iam-responder",
        "monitoring",
        r#"{"alarmNames":["x","iam-responder-errors"]}"#,
        &["alarm"],
    );
    check("iam-responder", "kms", r#"{"aliasName":"alias/iam-responder"}"#, &["key-alias"]);
    check(
        "iam-responder",
        "logs",
        r#"{"logGroupName":"/aws/lambda/iam-responder"}"#,
        &["log-group"],
    );
    check("iam-responder", "ssm", r#"{"names":["/a/b","/iam-responder/site"]}"#, &["parameter"]);
    check("iam-responder", "cloudformation", r#"{"stackName":"alerts"}"#, &["stack"]);
    check(
        "iam-responder",
        "cloudformation",
        r#"{"stackName":"arn:aws:cloudformation:us-east-1:1:stack/alerts/9"}"#,
        &["stack"],
    );
    check("iam-responder", "cloudformation", r#"{"stackName":"alerts-web"}"#, &[]);
    check("iam-responder", "cloudformation", r#"{"stackName":"others"}"#, &[]);
    check(
        "iam-responder",
        "cloudformation",
        r#"{"stackDefinitions":[{"stackName":"arn:aws:cloudformation:us-east-1:1:stack/alerts/9"}]}"#,
        &["stack"],
    );
    check("iam-responder", "iam", r#"{"roleName":"IAM-Responder-function"}"#, &["role"]);
}

#[test]
fn what_lies_in_lists_and_what_calls_the_function_are_found() {
    let function = "arn:aws:lambda:us-east-1:111122223333:function:iam-responder";
    let targets = format!(r#"{{"rule":"x","targets":[{{"arn":"other"}},{{"arn":"{function}"}}]}}"#);
    check("iam-responder", "events", &targets, &["function-target"]);
    check("iam-responder", "events", r#"{"targets":[[["x"]],{"arn":7},null]}"#, &[]);
    for parameters in [
        format!(r#"{{"name":"x","target":{{"arn":"{function}:live"}}}}"#),
        format!(r#"{{"Name":"x","Target":{{"Arn":"{function}"}}}}"#),
    ] {
        check("iam-responder", "scheduler", &parameters, &["function-target"]);
    }
    let pipe = format!(r#"{{"name":"x","target":"x","enrichment":"{function}"}}"#);
    check("iam-responder", "pipes", &pipe, &["function-target"]);
    let refactor = r#"{"stackDefinitions":[{"stackName":"shop"},{"stackName":"alerts"}]}"#;
    check("iam-responder", "cloudformation", refactor, &["stack"]);
}

#[test]
fn the_key_is_known_by_what_nobody_chooses() {
    let arn = "arn:aws:kms:us-east-1:111122223333:key/0f1e2d3c-4b5a";
    let own =
        Own::default().deployed(Deployed { key: Some(arn.to_owned()), ..Deployed::default() });
    let touched = |own: &Own, key: &str| {
        own.touched(&event("kms", &format!(r#""requestParameters":{{"keyId":"{key}"}}"#)))
    };
    assert_eq!(touched(&own, arn), [OwnKind::Key]);
    assert_eq!(touched(&own, "0f1e2d3c-4b5a"), [OwnKind::Key]);
    for other in
        ["0f1e2d3c", "iam-responder", "", "arn:aws:kms:us-east-1:999988887777:key/0f1e2d3c-4b5a"]
    {
        assert!(touched(&own, other).is_empty(), "{other}");
    }
    assert!(touched(&Own::default(), arn).is_empty());
}

#[test]
fn the_boundary_is_the_policy_that_was_given() {
    let arn = "arn:aws:iam::111122223333:policy/bounds/workloads";
    let own =
        Own::default().deployed(Deployed { boundary: Some(arn.to_owned()), ..Deployed::default() });
    let touched = |own: &Own, arn: &str| {
        own.touched(&event("iam", &format!(r#""requestParameters":{{"policyArn":"{arn}"}}"#)))
    };
    assert_eq!(touched(&own, arn), [OwnKind::Boundary]);
    assert!(touched(&own, "arn:aws:iam::111122223333:policy/workloads").is_empty());
    assert!(touched(&Own::default(), arn).is_empty());
}

#[test]
fn a_refused_call_names_its_resource_in_words() {
    let own = Own::default();
    for resource in
        ["role iam-responder-function", "arn:aws:iam::111122223333:role/x/iam-responder-function"]
    {
        let message = format!(
            "User: x is not authorized to perform: iam:Y on resource: {resource} because no"
        );
        let event =
            event("iam", &format!(r#""errorCode":"AccessDenied","errorMessage":"{message}""#));
        assert!(own.touched(&event).contains(&OwnKind::Role), "{resource}");
    }
}

#[test]
fn only_the_resource_of_an_arn_makes_a_thing_the_tools_own() {
    let role = |arn: &str| format!(r#"{{"roleArn":"{arn}"}}"#);
    let deploy = role("arn:aws:iam::111122223333:role/x/IAM-Responder-deploy");
    check("iam-responder", "sts", &deploy, &["role"]);
    check(
        "iam-responder",
        "sts",
        &role("arn:aws:iam::111122223333:role/iam-responder/x"),
        &["role"],
    );
    check("iam-responder", "sts", &role("arn:aws:iam::111122223333:role/x:iam-responder/x"), &[]);
    check("iam", "sts", &role("arn:aws:iam::111122223333:role/deploy"), &[]);
    check("aws", "lambda", r#"{"functionName":"arn:aws:lambda:eu-west-1:1:function:f"}"#, &[]);
}

fn session(own: &Own, identity: &str) -> Option<OwnSession> {
    let event = event("iam", identity);
    own.session(&Principal::of(&event), &event)
}

/// The owner of a session of the tool, by the record of a call in account 111122223333.
#[track_caller]
fn check_session(own: &Own, arn: &str, issuer: Option<&str>, want: Option<OwnSession>) {
    let name = arn.rsplit('/').next().unwrap();
    let issuer = issuer.map_or("{}".to_owned(), |arn| format!(r#"{{"arn":"{arn}"}}"#));
    let identity = format!(
        r#""userIdentity":{{"type":"AssumedRole",
            "principalId":"AROAX:{name}","arn":"{arn}","sessionContext":{{"sessionIssuer":{issuer}}}}}"#
    );
    assert_eq!(session(own, &identity), want, "{arn} {issuer}");
}

#[test]
fn a_session_under_another_name_is_foreign() {
    let own = Own::default();
    let check = |role: &str, name: &str, want| {
        let arn = format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}");
        check_session(&own, &arn, None, want);
        let issuer = format!("arn:aws:iam::111122223333:role/platform/{role}");
        check_session(&own, &arn, Some(&issuer), want);
    };
    check("iam-responder-function", "iam-responder", Some(OwnSession::Function));
    check("iam-responder-function-eu-west-1", "iam-responder", Some(OwnSession::Function));
    check("iam-responder-function", "mallory", Some(OwnSession::Other));
    check("iam-responder-functional", "iam-responder", Some(OwnSession::Other));
    check("deploy", "iam-responder", None);
}

#[test]
fn nobody_elsewhere_is_the_tool_by_a_name() {
    let role = "arn:aws:iam::111122223333:role/x/iam-responder-function-eu-west-1";
    let known =
        Own::default().deployed(Deployed { role: Some(role.to_owned()), ..Deployed::default() });
    let here =
        "arn:aws:sts::111122223333:assumed-role/iam-responder-function-eu-west-1/iam-responder";
    check_session(&known, here, Some(role), Some(OwnSession::Function));
    check_session(&known, here, None, Some(OwnSession::Function));
    // The same name may be deployed in several Regions, whose calls are reported in one.
    let sibling = here.replace("eu-west-1", "us-east-1");
    let issuer = role.replace("eu-west-1", "us-east-1");
    check_session(&known, &sibling, Some(&issuer), Some(OwnSession::Function));
    // A role of the same account with a name made to look alike.
    let alike = "arn:aws:sts::111122223333:assumed-role/iam-responder-x/iam-responder";
    let issuer = "arn:aws:iam::111122223333:role/iam-responder-x";
    check_session(&known, alike, Some(issuer), Some(OwnSession::Other));
    // The same names in a stranger's account, and a user whose path holds the role's.
    let elsewhere = here.replace("111122223333", "999988887777");
    let issuer = role.replace("111122223333", "999988887777");
    let user = "arn:aws:iam::111122223333:user/x:assumed-role/iam-responder-function/iam-responder";
    let path = "arn:aws:iam::111122223333:user/x:role/iam-responder-function";
    // It is unknown where the tool is: loud.
    for (own, want) in [(&known, None), (&Own::default(), Some(OwnSession::Other))] {
        check_session(own, &elsewhere, Some(&issuer), want);
        check_session(own, &elsewhere, None, want);
        check_session(own, user, None, None);
        check_session(own, user, Some(path), None);
    }
    // A call of the function's role in another account also counts as the role's.
    for (name, want) in [("iam-responder", OwnSession::Function), ("debug", OwnSession::Other)] {
        let (role, _) = here.rsplit_once('/').unwrap();
        let arn = format!("{role}/{name}");
        let abroad = format!(
            r#""recipientAccountId":"444455556666","userIdentity":{{"type":"AssumedRole","arn":"{arn}"}}"#
        );
        assert_eq!(session(&known, &abroad), Some(want), "{arn}");
    }
    // Without a name of the session it is not the function's.
    let nameless = "arn:aws:sts::111122223333:assumed-role/iam-responder-function-eu-west-1";
    let identity = format!(
        r#""userIdentity":{{"type":"AssumedRole","principalId":"A:debug","arn":"{nameless}"}}"#
    );
    assert_eq!(session(&known, &identity), Some(OwnSession::Other));
}

#[test]
fn only_a_call_on_the_stack_itself_begins_its_update() {
    const ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/alerts/5b7f";
    let begins = |own: &Own, name: &str, rest: &str| {
        let event = call("cloudformation", name).with("awsRegion", "us-east-1").and(rest).event();
        own.update(&event, false) == Some(OwnUpdate::Begins)
    };
    let request = |stack: &str| format!(r#""requestParameters":{{"stackName":"{stack}"}}"#);
    let answer = |stack: &str| {
        format!(r#"{},"responseElements":{{"stackId":"{stack}"}}"#, request("alerts"))
    };
    let own = Own::new("watch", Some(ID)).unwrap();
    for name in ["CreateStack", "UpdateStack", "ExecuteChangeSet"] {
        assert!(begins(&own, name, &request("alerts")), "{name}");
        assert!(begins(&own, name, &request(ID)), "{name}");
    }
    assert!(begins(&own, "UpdateStack", &answer(ID)));
    assert!(!begins(&own, "UpdateStack", &answer(&ID.replace("5b7f", "0000"))));
    assert!(!begins(&own, "UpdateStack", &request(&ID.replace("us-east-1", "eu-west-1"))));
    assert!(!begins(&own, "UpdateStack", &request("alerts-web")));
    assert!(!begins(&own, "DeleteStack", &request("alerts")));
    let by_arn = |name: &str| {
        let arn = format!("arn:aws:cloudformation:us-east-1:111122223333:changeSet/{name}/9");
        format!(r#""requestParameters":{{"changeSetName":"{arn}"}}"#)
    };
    for unknown in [
        by_arn("alerts"),
        by_arn("watch"),
        r#""requestParameters":{"changeSetName":"alerts"}"#.to_owned(),
    ] {
        assert!(!begins(&own, "ExecuteChangeSet", &unknown), "{unknown}");
    }
    let elsewhere = Own::new("watch", Some(&ID.replace("us-east-1", "eu-west-1"))).unwrap();
    assert!(!begins(&elsewhere, "UpdateStack", &request("alerts")));
    // Without its ARN a stack is known by its name.
    assert!(begins(&Own::new("alerts", None).unwrap(), "UpdateStack", &answer(ID)));
}

#[test]
fn the_stacks_id_holds_when_it_was_made() {
    let made = |id: &str| {
        let stack = format!("arn:aws:cloudformation:us-east-1:111122223333:stack/alerts/{id}");
        Own::new("watch", Some(&stack)).unwrap().made_at().map(|at| at.to_string())
    };
    // RFC 9562, A.1
    let of_rfc = made("c232ab00-9414-11ec-b3c8-9f6bdeced846");
    assert_eq!(of_rfc.as_deref(), Some("2022-02-22T19:22:22Z"));
    for id in
        ["919108f7-52d1-4320-9bac-f847db4148a8", "", "x", "c232ab0-9414-11ec-b3c8-9f6bdeced846"]
    {
        assert_eq!(made(id), None, "{id}");
    }
    assert_eq!(Own::default().made_at(), None);
}

#[test]
fn a_name_that_would_break_a_limit_is_refused() {
    for name in ["", "Upper", "9x", "x-", "under_score", &"x".repeat(NAME_CHARS_MAX + 1)] {
        assert!(Own::new(name, None).is_err(), "{name}");
    }
    assert!(Own::new(&"x".repeat(NAME_CHARS_MAX), None).is_ok());
}
