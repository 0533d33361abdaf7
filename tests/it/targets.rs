//! The target in an alert: its sentence names everything that the event names, with the right kind.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use iam_responder::alert::Alert;
use iam_responder::assess::engine::Engine;
use iam_responder::event::{Event, input};
use iam_responder::pack::PACK;
use iam_responder::respond::Origin;
use iam_responder::review::rule_test;
use iam_responder::site::Format;
use serde_json::{Value, json};

use crate::corpus;
use crate::support::{World, by, call, session, topics, user};

/// Endings of parameters whose values name something.
const ENDINGS: [&str; 8] = ["name", "names", "arn", "arns", "id", "ids", "identifier", "url"];
/// Parameters that name something without such an ending.
const OTHERS: [&str; 8] =
    ["bucket", "cluster", "content", "family", "rule", "target", "targets", "taskdefinition"];
/// Those with one that name nothing that a call is about.
const NO_TARGETS: [&str; 9] = [
    "clientrequesttoken",
    "clienttoken",
    "invitationid",
    "kmskeyid",
    "parametername",
    "parentid",
    "rolesessionname",
    "statementid",
    "versionid",
];
/// Calls that are about the account or the caller, in spite of what else the samples of the rules' tests carry.
const OF_THE_ACCOUNT: [&str; 6] = [
    "ChangePassword",
    "ConsoleLogin",
    "DisassociateFromAdministratorAccount",
    "DisassociateFromMasterAccount",
    "LeaveOrganization",
    "SwitchRole",
];

fn alert(engine: &Engine, event: Event) -> Option<Alert> {
    let world = World { topics: topics(Format::Text), ..World::new(engine, Origin::Trusted) };
    let now = event.time().unwrap_or_default();
    world.answer(Ok(event), now, Some(now)).alert
}

/// The names in these places of a record.
fn names_at(event: &Event, places: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for place in places {
        let value = event.value(&format!("detail.{place}"));
        value.into_iter().for_each(|value| names(value, "", 0, &mut found));
    }
    found
}

/// The names in a record's parameters, in what a service reports, and in the text of a refused call.
fn carried(event: &Event) -> Vec<String> {
    let mut found = names_at(event, &["requestParameters", "serviceEventDetails"]);
    let refused = event.value("detail.errorMessage").and_then(Value::as_str);
    let resource = refused.and_then(|text| text.split("on resource: ").nth(1));
    let resource = resource.and_then(|text| text.split_whitespace().next());
    found.extend(resource.filter(|text| text.starts_with("arn:")).map(str::to_owned));
    found
}

fn names(value: &Value, key: &str, depth: usize, found: &mut Vec<String>) {
    let key = key.to_lowercase();
    match value {
        // The filter of a read is not its target.
        Value::Object(map) if depth < 3 && !key.starts_with("filter") => {
            map.iter().for_each(|(key, value)| names(value, key, depth + 1, found));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, &key, depth, found)),
        Value::String(text) => {
            let names_one =
                ENDINGS.iter().any(|end| key.ends_with(end)) || OTHERS.contains(&key.as_str());
            let hidden = text.starts_with(['{', '<'])
                || text.starts_with("HIDDEN")
                || text.bytes().all(|byte| byte == b'*');
            let counts = names_one && !NO_TARGETS.contains(&key.as_str()) && !hidden;
            found.extend(Some(text.clone()).filter(|text| counts && text.len() < 200));
        }
        _ => {}
    }
}

/// Does a sentence say the name, or its last part?
fn says(sentence: &str, name: &str) -> bool {
    let name = name.trim_end_matches(['*', ':', '.']).replace("%3A", ":").replace("%2F", "/");
    let name = name.trim_end_matches(":log-stream").trim_end_matches(':');
    let parts = name.split([':', '/']).filter(|part| part.len() > 1);
    sentence.contains(name) || parts.into_iter().any(|part| sentence.contains(part))
}

/// Alerts whose sentences name nothing from their event.
fn silent(engine: &Engine, events: impl Iterator<Item = Event>) -> (usize, Vec<String>) {
    let (mut alerts, mut silent) = (0, Vec::new());
    for event in events {
        let names = carried(&event);
        // The answer names a new thing.
        let answered = names_at(&event, &["responseElements"]);
        let name = event.name().unwrap_or_default().to_owned();
        let Some(alert) = alert(engine, event) else { continue };
        let sentence = alert.sentence.as_it_is();
        // The caller comes before it, and the account after it.
        let deed = sentence.rsplit_once(" in ").map_or(sentence.as_str(), |(deed, _)| deed);
        if names.is_empty() || OF_THE_ACCOUNT.contains(&name.as_str()) {
            continue;
        }
        alerts += 1;
        let root = deed.ends_with("the root user");
        if !root && !names.iter().chain(&answered).any(|one| says(deed, one)) {
            silent.push(format!("{name}: {sentence} {names:?}"));
        }
    }
    (alerts, silent)
}

#[test]
fn every_alert_names_what_its_event_names() {
    let engine = Engine::packed_checked(&PACK).unwrap();
    let text = |name: &str| Ok(fs::read_to_string(Path::new("events").join(name)).unwrap());
    let of_rules = engine.rules().rules();
    let of_rules = of_rules.flat_map(|rule| rule_test::events(rule, engine.own(), &text).unwrap());
    let (alerts, faults) = silent(&engine, of_rules);
    assert!(alerts > 600, "{alerts}");
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
    let fixtures = PACK.events.iter().filter_map(|(_, text)| Event::parse(text).ok());
    let (alerts, faults) = silent(&engine, fixtures);
    assert!(alerts > 50, "{alerts}");
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
    for file in corpus::files() {
        let mut text = String::new();
        MultiGzDecoder::new(fs::File::open(&file).unwrap()).read_to_string(&mut text).unwrap();
        let records = input::read(&text).filter_map(|input| input.event()?.ok());
        let (alerts, faults) = silent(&engine, records);
        assert!(alerts > 0 && faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
    }
}

/// The sentence of the alert about a call.
#[track_caller]
fn sentence(record: &Value) -> String {
    let engine = Engine::packed(&PACK).unwrap();
    let event = Event::parse(&record.to_string()).unwrap();
    alert(&engine, event).unwrap().sentence.shown()
}

#[track_caller]
fn check(source: &str, name: &str, parameters: Value, want: &str) {
    let record = by(call(source, name, 0, parameters), user("ann"));
    assert_eq!(sentence(&record), format!("ann {want} in payments-production."));
}

#[test]
fn each_target_of_a_call_is_said() {
    let other = "arn:aws:iam::999988887777:role/x/lab";
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    let encoded = "arn%3Aaws%3Aiam%3A%3A999988887777%3Arole%2Fx%2Flab";
    check(
        "eks",
        "AssociateAccessPolicy",
        json!({"name": "shop", "principalArn": encoded, "policyArn": policy}),
        "associated access policy AmazonEKSClusterAdminPolicy with role lab of account 999988887777 on cluster shop",
    );
    check(
        "kms",
        "CreateGrant",
        json!({"keyId": "0f1e", "granteePrincipal": other, "operations": ["Decrypt"]}),
        "gave role lab of account 999988887777 a grant on key 0f1e",
    );
    check(
        "iam",
        "UpdateUser",
        json!({"userName": "kim", "newUserName": "ops", "newPath": "/a/"}),
        "renamed user kim to ops, with path /a/",
    );
    let stream = json!({"logGroupName": "/app/audit", "logStreamName": "s-1"});
    check("logs", "DeleteLogStream", stream, "deleted log stream s-1 of log group /app/audit");
    let members = json!({"detectorId": "d1", "accountIds": ["999988887777", "888877776666"]});
    let said = "deleted member accounts 999988887777 and 888877776666 of detector d1";
    check("guardduty", "DeleteMembers", members, said);
    let url = json!({"functionName": "report", "authType": "NONE"});
    check(
        "lambda",
        "CreateFunctionUrlConfig",
        url,
        "created a URL of function report with authorization NONE",
    );
    let alarms = json!({"alarmNames": ["root-usage", "b", "c", "d", "e"]});
    check("monitoring", "DeleteAlarms", alarms, "deleted alarms root-usage, b, c and 2 more");
}

/// What everybody may copy is said so, also when others are named beside.
#[test]
fn what_is_made_public_is_said_to_be() {
    let snapshot = |items: Value| json!({"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": items}}});
    let name = "ModifySnapshotAttribute";
    let public = "let anyone with an AWS account use snapshot snap-1";
    check("ec2", name, snapshot(json!([{"userId": "999988887777"}, {"group": "ALL"}])), public);
    let shared = "changed who may use snapshot snap-1 (added: 999988887777)";
    check("ec2", name, snapshot(json!([{"userId": "999988887777"}])), shared);
    let database = |values: Value| json!({"dBClusterSnapshotIdentifier": "orders", "attributeName": "restore", "valuesToAdd": values});
    let name = "ModifyDBClusterSnapshotAttribute";
    let public = "let anyone with an AWS account restore database cluster snapshot orders";
    check("rds", name, database(json!(["999988887777", "all"])), public);
    let shared = "changed who may restore database cluster snapshot orders (added: 999988887777)";
    check("rds", name, database(json!(["999988887777"])), shared);
}

/// A value that is the whole point is said: bounded, and in quotes where it may hold a sentence of its own.
#[test]
fn what_is_set_is_said() {
    let tags = |tags: Value| json!({"userName": "kim", "tags": tags});
    let one = tags(json!([{"key": "team", "value": "admin"}]));
    check("iam", "TagUser", one, r#"tagged user kim with "team" = "admin""#);
    let faked = tags(json!([{"key": "a", "value": "b\" in sandbox. All is well"}]));
    check("iam", "TagUser", faked, r#"tagged user kim with "a" = "b' in sandbox. All is well""#);
    let long = tags(json!([{"key": "k", "value": "z".repeat(256)}]));
    let record = by(call("iam", "TagUser", 0, long), user("ann"));
    let said = sentence(&record);
    assert!(said.len() < 150 && said.contains("zzz") && said.ends_with("."), "{said}");
    let many: Vec<Value> = (0..50).map(|n| json!({"key": n.to_string(), "value": "v"})).collect();
    check(
        "iam",
        "TagUser",
        tags(json!(many)),
        r#"tagged user kim with "0" = "v", "1" = "v", "2" = "v" and 47 more"#,
    );
    let taken = json!({"userName": "kim", "tagKeys": ["team", "quarantined"]});
    check("iam", "UntagUser", taken, "took tags team and quarantined off user kim");
    let role = json!({"roleName": "desk", "maxSessionDuration": 43200});
    check("iam", "UpdateRole", role, "updated role desk to sessions of up to 43200 seconds");
    let trail = json!({"name": "org", "s3BucketName": "theirs", "isMultiRegionTrail": false,
        "includeGlobalServiceEvents": true, "cloudWatchLogsLogGroupArn": ""});
    let said =
        "updated trail org to write to bucket theirs, no longer to a log group, of one Region only";
    check("cloudtrail", "UpdateTrail", trail, said);
    let selectors = json!({"trailName": "org", "eventSelectors": [{"readWriteType": "ReadOnly",
        "includeManagementEvents": true, "excludeManagementEventSources": ["kms.amazonaws.com"]}]});
    let said = "put event selectors on trail org, only reads, without those of kms.amazonaws.com";
    check("cloudtrail", "PutEventSelectors", selectors, said);
    let kept = json!({"logGroupName": "audit", "retentionInDays": 1});
    check("logs", "PutRetentionPolicy", kept, "set the retention of log group audit to a day");
    let detector = json!({"detectorId": "d1", "enable": false});
    check("guardduty", "UpdateDetector", detector, "updated detector d1, which is off now");
}

/// A name alone would look like the account's own.
#[test]
fn what_another_account_owns_is_said_to_be_of_it() {
    let trail = |account: &str| json!({"name": "org", "kmsKeyId": format!("arn:aws:kms:eu-west-1:{account}:key/k-1")});
    let update = |account, said| check("cloudtrail", "UpdateTrail", trail(account), said);
    update("111122223333", "updated trail org, with key k-1");
    update("999988887777", "updated trail org, with key k-1 of account 999988887777");
}

#[test]
fn the_root_of_an_organization_is_all_of_its_accounts() {
    let to = |targets| json!({"stackSetName": "base", "deploymentTargets": targets, "regions": ["eu-west-1"]});
    let create = |targets, said: &str| {
        let said = format!("created instances of stack set base in {said}");
        check("cloudformation", "CreateStackInstances", to(targets), &said);
    };
    let everywhere = "root r-ab12, every account of the organization";
    create(json!({"organizationalUnitIds": ["r-ab12"]}), everywhere);
    let unit = json!({"organizationalUnitIds": ["ou-ab12-11111111"]});
    create(unit, "organizational unit ou-ab12-11111111");
    let but = |filter| {
        json!({"organizationalUnitIds": ["r-ab12"], "accounts": ["444455556666"],
            "accountFilterType": filter})
    };
    create(
        but("DIFFERENCE"),
        "root r-ab12, every account of the organization without account 444455556666",
    );
    create(but("INTERSECTION"), "account 444455556666 of root r-ab12");
    create(but("UNION"), "root r-ab12, every account of the organization and account 444455556666");
    create(json!({"accounts": ["444455556666"]}), "account 444455556666");
}

/// The alert of an unknown call says what its parameters name.
#[test]
fn of_an_unknown_call_the_parameters_say_on_what() {
    let elevated = json!({"principalArn": "arn:aws:iam::111122223333:role/x", "minutes": 9});
    check("iam", "GrantElevation", elevated, "called GrantElevation on principal x");
}

/// The text of a refused call holds what its parameters would.
#[test]
fn what_was_refused_is_named_by_its_text() {
    let refused = |source: &str, name: &str, resource: &str| {
        let mut record = by(call(source, name, 0, Value::Null), user("ann"));
        record["errorCode"] = "AccessDenied".into();
        record["errorMessage"] = format!(
            "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: {source}:{name} on resource: \
             {resource} because no identity-based policy allows it"
        )
        .into();
        sentence(&record)
    };
    let arn = |rest: &str| format!("arn:aws:{rest}");
    let said = "in payments-production and was denied.";
    let group = arn("logs:eu-west-1:111122223333:log-group:org-audit:log-stream:");
    let want = format!("ann tried to delete log group org-audit {said}");
    assert_eq!(refused("logs", "DeleteLogGroup", &group), want);
    let role = arn("iam::111122223333:role/team/lab");
    let want = format!("ann tried to detach a policy from role lab {said}");
    assert_eq!(refused("iam", "DetachRolePolicy", &role), want);
}

/// Account and environment are those of the affected account.
#[test]
fn what_is_opened_counts_as_loud_as_its_account() {
    let engine = Engine::packed(&PACK).unwrap();
    let of_staging = |name: &str, parameters: Value| {
        let mut record = call("sso", name, 0, parameters);
        record["recipientAccountId"] = "777788889999".into();
        record
    };
    let set = "arn:aws:sso:::permissionSet/ssoins-1/ps-1";
    let assigned = |to: &str| {
        let parameters = json!({"targetId": to, "targetType": "AWS_ACCOUNT", "permissionSetArn": set,
            "principalType": "GROUP", "principalId": "g-1"});
        let record = of_staging("CreateAccountAssignment", parameters);
        alert(&engine, Event::parse(&record.to_string()).unwrap()).unwrap()
    };
    let production = assigned("111122223333");
    let sentence = production.sentence.shown();
    let want = "assigned permission set ps-1 on account payments-production (111122223333) to group g-1 in shared-services.";
    assert!(sentence.ends_with(want), "{sentence}");
    assert_eq!(production.place.environment.as_deref(), Some("production"));
    let text = production.to_text();
    let place = "Where  payments-production (111122223333), production, from shared-services (777788889999), us-east-1\n";
    assert!(text.contains(place), "{text}");
    let kept = production.to_stored().unwrap();
    assert_eq!(Alert::from_stored(&kept).unwrap().to_text(), text);
    assert_eq!(production.to_json()["opened_account"]["id"], "111122223333");
    // Where it is recorded is the louder one.
    let sandbox = assigned("444455556666");
    assert_eq!(sandbox.place.environment.as_deref(), Some("staging"));
    assert!(production.severity >= sandbox.severity);
    // An unknown account counts as production.
    let unknown = assigned("999988887777");
    assert_eq!(unknown.place.environment.as_deref(), Some("production"));
    assert!(!unknown.place.environment_known);
    let own = assigned("777788889999");
    assert!(own.place.affected.is_none() && own.to_json()["opened_account"].is_null());
}

/// An alert does not give a thing a wrong kind.
/// What decides how far a call goes is said with it: a number, a state, a parent, a limit.
#[test]
fn what_a_call_sets_is_said() {
    let bus = json!({"name": "exports", "eventBusName": "ledger"});
    check("events", "DisableRule", bus, "disabled bus rule exports of event bus ledger");
    let days = json!({"bucketName": "cloudtrail-logs", "LifecycleConfiguration": {"Rule": {"Expiration": {"Days": 1}}}});
    check(
        "s3",
        "PutBucketLifecycle",
        days,
        "set the lifecycle of bucket cloudtrail-logs, to delete objects after a day",
    );
    let bounded =
        json!({"roleName": "r", "permissionsBoundary": "arn:aws:iam::111122223333:policy/limits"});
    check(
        "iam",
        "CreateRole",
        bounded,
        "created role r with permissions boundary customer policy limits",
    );
    let version = json!({"policyArn": "arn:aws:iam::111122223333:policy/p", "setAsDefault": true});
    check("iam", "CreatePolicyVersion", version, "created a version of policy p, in force at once");
    let own = json!({"name": "a", "enabled": false, "source": {"sourceType": "AWS_ACM_PCA",
        "sourceData": {"acmPcaArn": "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1"}}});
    check(
        "rolesanywhere",
        "CreateTrustAnchor",
        own,
        "created trust anchor a of private certificate authority 1, disabled",
    );
    let shared = json!({"name": "a", "source": {"sourceType": "AWS_ACM_PCA",
        "sourceData": {"acmPcaArn": "arn:aws:acm-pca:eu-west-1:999988887777:certificate-authority/1"}}});
    let said = "created trust anchor a of private certificate authority 1 of account 999988887777";
    check("rolesanywhere", "CreateTrustAnchor", shared, said);
    let foreign =
        json!({"name": "a", "enabled": true, "source": {"sourceType": "CERTIFICATE_BUNDLE"}});
    let said = "created trust anchor a with a certificate from outside of AWS";
    check("rolesanywhere", "CreateTrustAnchor", foreign, said);
    let all = json!({"name": "d", "permissionType": "Share", "accountIdsToAdd": ["All"]});
    check("ssm", "ModifyDocumentPermission", all, "shared document d with every AWS account");
}

#[test]
fn no_thing_is_called_by_a_wrong_kind() {
    let invited = json!({"accountIds": ["999988887777"]});
    check("guardduty", "DeleteInvitations", invited, "deleted invitations of account 999988887777");
    let role = session("arn:aws:iam::111122223333:role/ci/builder");
    let mut record = by(call("signin", "ConsoleLogin", 0, Value::Null), role);
    record["responseElements"] = json!({"ConsoleLogin": "Success"});
    record["eventType"] = "AwsConsoleSignIn".into();
    let engine = Engine::packed(&PACK).unwrap();
    let text = alert(&engine, Event::parse(&record.to_string()).unwrap()).unwrap().to_text();
    assert!(text.contains("ConsoleLogin on role builder"), "{text}");
    let document = r#"{"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#;
    let put = json!({"roleName": "desk", "policyName": "p", "policyDocument": document});
    let record = by(call("iam", "PutRolePolicy", 0, put), user("ann"));
    let text = alert(&engine, Event::parse(&record.to_string()).unwrap()).unwrap().to_text();
    assert!(text.contains("administrator rights by way of IAM") && !text.contains("everything:"));
}
