//! The bus rules deliver what the rules look for, and EventBridge takes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::sync::LazyLock;

use iam_responder::assess::engine::Engine;
use iam_responder::event::{CallOutcome, Event, call_outcome, input};
use iam_responder::facts::Known;
use iam_responder::iam::catalogue::{self, Access};
use iam_responder::own::{NAME_CHARS_MAX, Own};
use iam_responder::pack::PACK;
use iam_responder::pattern::{COMPLEXITY_MAX, Pattern};
use iam_responder::review::bus::{
    self, BUS_RULES_MAX, BusRules, DeployedBusRules, Names, PATTERN_CHARACTERS_MAX, Share, Shares,
    WILDCARD_RULES_MAX,
};
use iam_responder::review::rule_test;
use iam_responder::rule::{Rule, RuleSet};
use iam_responder::text::yaml::YamlDocument;
use serde_json::{Value, json};

/// Enabled rules all or some of whose events are reads of everyday work.
const NEED_READS: [(&str, Share); 5] = [
    ("access-denied-burst", Share::WithoutReads),
    ("all-identities-read", Share::WithoutReads),
    ("caller-identity-read", Share::Nothing),
    ("identity-recon-burst", Share::WithoutReads),
    ("role-chaining-burst", Share::Nothing),
];

/// The bus rules of the pack, as the template holds them.
static BUS_RULES: LazyLock<BusRules> =
    LazyLock::new(|| BusRules::of(Engine::packed(&PACK).unwrap().rules().rules()).unwrap());

fn sample(name: &str) -> Result<String, String> {
    fs::read_to_string(format!("events/{name}")).map_err(|error| error.to_string())
}

fn enabled(engine: &Engine) -> impl Iterator<Item = &Rule> {
    engine.rules().rules().filter(|rule| rule.spec.enabled)
}

/// The bus rules as deployed in the account and Region of an event.
#[derive(Default)]
struct Deployed(BTreeMap<(String, String), DeployedBusRules>);

impl Deployed {
    fn taken(
        &mut self,
        bus_rules: &BusRules,
        own: &Own,
        event: &Event,
        reads: bool,
    ) -> Vec<String> {
        let account = event.account().unwrap_or("111122223333").to_owned();
        let region = event.region().unwrap_or("us-east-1").to_owned();
        let deployed = self.0.entry((account.clone(), region.clone())).or_insert_with(|| {
            let (prefix, stack) = (own.name().to_owned(), own.name().to_owned());
            let names = Names { prefix, stack, account, region, partition: "aws".to_owned() };
            DeployedBusRules::new(bus_rules, &names).unwrap()
        });
        deployed.taken(event.raw(), reads).into_iter().map(str::to_owned).collect()
    }
}

/// Many different changes have been made, where this is one.
fn burst(event: &Event) -> Option<u32> {
    let call = catalogue::find(event.event_source()?, event.name()?)?;
    let changes = call.access != Access::Read && call_outcome(event) == CallOutcome::Success;
    changes.then_some(99)
}

/// Every event that an enabled rule of the engine matches is delivered: with reads all of them; without reads all
/// except those of rules that are listed as blind.
#[track_caller]
fn check_reach(engine: &Engine, bus_rules: &BusRules, events: Vec<Event>, at_least: usize) {
    let mut deployed = Deployed::default();
    let mut missed = Vec::new();
    let mut matched = 0;
    for mut event in events {
        let own_change_set = engine.screen(&mut event).facts().change_set().is_some();
        let known = Known { burst: burst(&event), own_change_set, ..Known::default() };
        engine.recognise_at_once(&mut event, &known);
        let rules = engine.rules();
        let steps = rules.steps(event.raw()).into_iter().map(|(rule, _)| rule);
        let wanted: Vec<&str> = rules
            .matching(event.raw())
            .rules
            .into_iter()
            .chain(steps)
            .map(|rule| rule.spec.id.as_str())
            .collect();
        let blind = wanted.iter().all(|id| NEED_READS.iter().any(|(known, _)| known == id));
        matched += usize::from(!wanted.is_empty());
        for reads in [true, false] {
            let needed = !wanted.is_empty() && (reads || !blind);
            if needed && deployed.taken(bus_rules, engine.own(), &event, reads).is_empty() {
                let name = event.name().unwrap_or_default();
                let source = event.event_source().unwrap_or_default();
                missed.push(format!("{source}:{name} (reads {reads}) wanted by {wanted:?}"));
            }
        }
    }
    assert!(matched >= at_least, "only {matched} events");
    assert!(missed.is_empty(), "{} of {matched}:\n{}", missed.len(), missed.join("\n"));
}

/// The pack of a deployment that has a key and a boundary.
fn engine() -> Engine {
    Engine::packed(&PACK).unwrap().deployed_as(rule_test::deployed(&Own::default()))
}

fn own_events(engine: &Engine) -> Vec<Event> {
    enabled(engine)
        .flat_map(|rule| rule_test::events(rule, engine.own(), &sample).unwrap())
        .collect()
}

#[test]
fn eventbridge_takes_every_bus_rule() {
    let bus_rules = &*BUS_RULES;
    let rules = bus_rules.rules();
    assert!(rules.len() <= BUS_RULES_MAX);
    assert!(rules.iter().filter(|rule| rule.has_wildcard()).count() <= WILDCARD_RULES_MAX);
    let labels: BTreeSet<&str> = rules.iter().map(|rule| rule.label.as_str()).collect();
    assert_eq!(labels.len(), rules.len(), "a label stands twice");
    let prefixes = [
        "n".repeat(NAME_CHARS_MAX),
        "iam-responder".to_owned(),
        "a-".repeat(15) + "a",
        "s".to_owned(),
    ];
    for rule in rules {
        for prefix in &prefixes {
            let names = Names { prefix: prefix.clone(), ..Names::longest() };
            let pattern = names.resolved(&rule.pattern());
            let characters = pattern.to_string().chars().count();
            assert!(characters <= PATTERN_CHARACTERS_MAX, "{}: {characters}", rule.label);
            let complexity = Pattern::compile(&pattern).unwrap().complexity();
            assert!(complexity <= COMPLEXITY_MAX, "{}: {complexity}", rule.label);
        }
        // EventBridge's names have 64 characters.
        assert!(rule.label.len() + 1 + NAME_CHARS_MAX <= 64, "{}", rule.label);
    }
}

#[test]
fn every_way_through_a_pattern_is_pinned_on_aws_and_excludes_no_wildcard() {
    let bus_rules = &*BUS_RULES;
    for rule in bus_rules.rules() {
        let pattern = Names::longest().resolved(&rule.pattern());
        for branch in Pattern::compile(&pattern).unwrap().to_branches() {
            let of_aws = |value: &Value| {
                let text = value.as_str().or_else(|| value["prefix"].as_str());
                text.is_some_and(|text| text.starts_with("aws."))
            };
            assert!(branch["source"].iter().all(of_aws), "{}: {branch:?}", rule.label);
            let excluded =
                branch.values().flatten().filter(|value| value["anything-but"].is_object());
            for value in excluded {
                let but = value["anything-but"].as_object().unwrap();
                assert!(!but.contains_key("wildcard"), "{}: {value}", rule.label);
            }
        }
    }
}

#[test]
fn the_template_holds_the_bus_rules_of_the_pack() {
    let bus_rules = &*BUS_RULES;
    let template = fs::read_to_string("infra/responder.yaml").unwrap();
    let fresh = bus::replaced(&template, &bus::resources(bus_rules, None)).unwrap();
    assert!(template == fresh, "stale: run iam-responder bus-rules --into infra/responder.yaml");
}

#[test]
fn what_the_rules_own_tests_need_is_delivered() {
    let engine = engine();
    let bus_rules = &*BUS_RULES;
    check_reach(&engine, bus_rules, own_events(&engine), 500);
}

/// The tests show some of a rule's calls only: here each call that any rule names is made in each of the
/// rule's own events, by several callers, refused and not.
#[test]
fn every_call_that_a_rule_names_is_delivered() {
    let engine = engine();
    let bus_rules = &*BUS_RULES;
    let mut events = Vec::new();
    for rule in enabled(&engine) {
        let samples = rule_test::events(rule, engine.own(), &sample).unwrap();
        let names = rule.pattern.texts("detail.eventName");
        for (number, name) in names.iter().enumerate() {
            let Some(sample) = samples.get(number % samples.len()) else { continue };
            let mut raw = sample.raw().clone();
            raw["detail"]["eventName"] = json!(name);
            // CloudTrail calls some of STS's changes reads, and some reads by their names changes.
            if raw["detail"]["eventSource"] != "sts.amazonaws.com" {
                let reads = ["Get", "List", "Describe"].iter().any(|word| name.starts_with(word));
                raw["detail"]["readOnly"] = json!(reads);
            }
            events.push(Event::parse(&raw.to_string()).unwrap());
            match number % 3 {
                0 => raw["detail"]["errorCode"] = json!("Client.UnauthorizedOperation"),
                1 => raw["detail"]["userIdentity"]["type"] = json!("Root"),
                _ => raw["detail"]["requestParameters"] = Value::Null,
            }
            events.push(Event::parse(&raw.to_string()).unwrap());
        }
    }
    assert!(events.len() >= 2_000, "{}", events.len());
    check_reach(&engine, bus_rules, events, 1_200);
}

#[test]
fn a_second_prefix_reaches_its_own_resources() {
    let engine = Engine::packed(&PACK)
        .unwrap()
        .deployed_as(rule_test::deployed(&Own::new("watch-2", None).unwrap()));
    let bus_rules = &*BUS_RULES;
    check_reach(&engine, bus_rules, own_events(&engine), 500);
}

#[test]
fn samples_and_recorded_events_are_delivered() {
    let engine = engine();
    let bus_rules = &*BUS_RULES;
    let mut texts: Vec<String> = Vec::new();
    for entry in fs::read_dir("events").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    let samples = texts.len();
    let folder =
        std::env::var_os("IAM_RESPONDER_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let recorded = fs::read_dir(folder);
    let at_least = if recorded.is_ok() { 500 } else { samples / 2 };
    if let Ok(entries) = recorded {
        for entry in entries {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with(".ndjson.gz") {
                let mut text = String::new();
                let file = fs::File::open(path).unwrap();
                flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
                texts.push(text);
            }
        }
    }
    let events = texts
        .iter()
        .flat_map(|text| input::read(text))
        .filter_map(|input| input.event()?.ok())
        .collect();
    check_reach(&engine, bus_rules, events, at_least);
}

#[test]
fn rules_that_need_reads_are_known() {
    let engine = engine();
    let bus_rules = &*BUS_RULES;
    let mut shares = Shares::new(bus_rules);
    for rule in enabled(&engine) {
        let known = NEED_READS.iter().find(|(id, _)| *id == rule.spec.id);
        let want = known.map_or(Share::All, |(_, share)| *share);
        assert_eq!(shares.of(rule, false), want, "{}", rule.spec.id);
        assert_eq!(shares.of(rule, true), Share::All, "{}", rule.spec.id);
    }
}

fn rules(yaml: &str) -> Vec<Rule> {
    let documents = YamlDocument::parse_all("own.yaml", yaml).unwrap();
    RuleSet::load(&documents)
        .map_err(|faults| faults[0].to_string())
        .unwrap()
        .rules()
        .cloned()
        .collect()
}

const OWN_RULE: &str =
    "id: own-rule\ntitle: Own rule\nseverity: high\nwhy: x\nrunbook: y\npattern: ";

/// Some bus rule takes the event, without those for reads.
#[track_caller]
fn check_taken(bus_rules: &BusRules, names: &Names, event: &Value) {
    let deployed = DeployedBusRules::new(bus_rules, names).unwrap();
    assert_ne!(deployed.taken(event, false), Vec::<&str>::new());
}

#[test]
fn a_rule_of_ones_own_is_delivered_after_the_bus_rules_were_made_again() {
    let pack = Engine::packed(&PACK).unwrap();
    let default = &*BUS_RULES;
    let own = rules(&format!(
        "{OWN_RULE}{{source: [aws.secretsmanager], detail: {{eventSource: [secretsmanager.amazonaws.com], \
         eventName: [DeleteSecret, {{wildcard: \"Put*Policy\"}}], requestParameters: {{secretId: [{{wildcard: \
         \"*prod*\"}}]}}}}}}\n"
    ));
    assert_eq!(Shares::new(default).of(&own[0], true), Share::Nothing);
    let all: Vec<Rule> = pack.rules().rules().cloned().chain(own.iter().cloned()).collect();
    let again = BusRules::of(&all).unwrap();
    assert_eq!(Shares::new(&again).of(&own[0], false), Share::All);
    for name in ["DeleteSecret", "PutResourcePolicy"] {
        let event = json!({"version": "0", "id": "1", "source": "aws.secretsmanager",
            "detail-type": "AWS API Call via CloudTrail", "account": "111122223333", "region": "eu-west-1",
            "detail": {"eventSource": "secretsmanager.amazonaws.com", "eventName": name, "readOnly": false,
                "requestParameters": {"secretId": "prod-key"}}});
        let names = Names {
            region: "eu-west-1".to_owned(),
            partition: "aws".to_owned(),
            ..Names::longest()
        };
        check_taken(&again, &names, &event);
    }
}

/// Own rules match the same thing in many forms, by the event and by facts: everything they match is delivered.
#[test]
fn rules_of_many_forms_lose_nothing() {
    let asks_of_event = [
        "eventSource: [{prefix: iam.}]",
        "eventSource: [{suffix: iam.amazonaws.com}]",
        "eventSource: [{anything-but: [s3.amazonaws.com]}]",
        "eventSource: [iam.amazonaws.com, sns.amazonaws.com]",
        "eventName: [{wildcard: \"Attach*Policy\"}]",
        "eventName: [{wildcard: \"*Role*\"}]",
        "eventName: [{equals-ignore-case: attachrolepolicy}]",
        "eventName: [{anything-but: {wildcard: \"Desc*\"}}]",
        "eventName: [{anything-but: [CreateUser]}]",
        "userIdentity: {type: [{anything-but: [AWSService]}]}",
        "userIdentity: {type: [AssumedRole, IAMUser]}",
        "userIdentity: {accessKeyId: [{prefix: ASIA}]}",
        "userIdentity: {invokedBy: [{exists: false}]}",
        "userIdentity: {sessionContext: {sessionIssuer: {arn: [{prefix: \"arn:aws:iam::\"}]}}}",
        "$or: [{eventName: [AttachRolePolicy]}, {errorCode: [{exists: true}], eventSource: [s3.amazonaws.com]}]",
        "sourceIPAddress: [{cidr: 203.0.113.0/24}]",
        "recipientAccountId: [\"111122223333\"]",
    ];
    let asks_of_facts = [
        "grants: [admin]",
        "effect: [grants]",
        "own: [role, topic]",
        "outcome: [success]",
        "readOnly: [false]",
        "entity: {name: [deploy-payments]}",
        "principal: {type: [{anything-but: [Root]}]}",
        "principal: {type: [AssumedRole]}",
        "principal: {accessKeyId: [{exists: true}]}",
        "principal: {accessKeyId: [{anything-but: {wildcard: \"AKIA*\"}}]}",
        "principal: {roleArn: [{wildcard: \"arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*\"}]}",
        "principal: {roleArn: [{prefix: \"arn:aws:iam::111122223333:role/\"}]}",
        "principal: {viaService: [{exists: false}, cloudformation.amazonaws.com]}",
        "knownApi: [true]",
    ];
    let event = Event::parse(&sample("attach-role-policy-admin.json").unwrap()).unwrap();
    let pack = Engine::packed(&PACK).unwrap();
    let mut tried = 0;
    for of_event in asks_of_event {
        for of_facts in asks_of_facts {
            let yaml = format!(
                "{OWN_RULE}{{source: [aws.iam], detail: {{{of_event}}}, derived: {{{of_facts}}}}}\n"
            );
            let own = rules(&yaml);
            let mut event = event.clone();
            pack.recognise_at_once(&mut event, &Known::default());
            if !own[0].pattern.matches(event.raw()) {
                continue;
            }
            tried += 1;
            let bus_rules =
                BusRules::of(&own).map_err(|faults| format!("{}: {yaml}", faults[0])).unwrap();
            let taken = Deployed::default().taken(&bus_rules, pack.own(), &event, false);
            assert!(!taken.is_empty(), "{yaml}");
            for bus_rule in bus_rules.rules() {
                let text = bus_rule.pattern().to_string();
                assert!(!text.contains("anything-but\":{\"wildcard"), "{yaml} {text}");
            }
        }
    }
    assert!(tried > 150, "only {tried} of these rules match");
}

/// An own rule, and an event that it matches: delivered, as a bus rule that EventBridge takes.
#[track_caller]
fn check_own(patterns: &[&str], service: &str, name: &str, detail: &Value) {
    let yaml = |(number, pattern): (usize, &&str)| {
        format!("{}{pattern}\n", OWN_RULE.replace("own-rule", &format!("own-rule-{number}")))
    };
    let own = rules(&patterns.iter().enumerate().map(yaml).collect::<Vec<_>>().join("---\n"));
    let mut raw = json!({"version": "0", "id": "1", "source": format!("aws.{service}"), "account": "111122223333",
        "detail-type": "AWS API Call via CloudTrail", "region": "eu-west-1", "time": "2026-11-20T02:00:00Z",
        "detail": {"eventSource": format!("{service}.amazonaws.com"), "eventName": name, "eventID": "1",
            "recipientAccountId": "111122223333", "awsRegion": "eu-west-1"}});
    for (key, value) in detail.as_object().unwrap() {
        raw["detail"][key] = value.clone();
    }
    let mut event = Event::parse(&raw.to_string()).unwrap();
    let pack = Engine::packed(&PACK).unwrap();
    pack.recognise_at_once(&mut event, &Known::default());
    assert!(
        own.iter().any(|rule| rule.pattern.matches(event.raw())),
        "the rule does not match {}",
        event.raw()
    );
    let bus_rules = BusRules::of(&own).map_err(|faults| faults[0].to_string()).unwrap();
    let taken = Deployed::default().taken(&bus_rules, pack.own(), &event, true);
    assert!(!taken.is_empty(), "{patterns:?}");
}

/// A pattern for a fact in the events of a service.
fn by(source: &str, derived: &str) -> String {
    format!(
        "{{source: [{{prefix: aws.}}], detail: {{eventSource: [{source}.amazonaws.com]}}, derived: {{{derived}}}}}"
    )
}

#[test]
fn shapes_that_once_got_lost_are_delivered() {
    let s3 = "eventSource: [s3.amazonaws.com]";
    // `prefix` may not be beside others in `$or`.
    check_own(
        &[
            &format!(
                "{{source: [aws.s3], detail: {{{s3}, eventName: [ListObjects], requestParameters: {{prefix: [secrets/]}}}}}}"
            ),
            &format!(
                "{{source: [aws.s3], detail: {{{s3}, eventName: [ListBuckets], userAgent: [evil]}}}}"
            ),
        ],
        "s3",
        "ListBuckets",
        &json!({"userAgent": "evil", "readOnly": true}),
    );
    check_own(
        &[&by("lambda", "tampering: [false], readOnly: [false]")],
        "lambda",
        "PublishVersion20150331",
        &json!({"readOnly": false}),
    );
    check_own(
        &[&by("lambda", "documentUnreadable: [{exists: true}]")],
        "lambda",
        "PublishVersion20150331",
        &json!({"readOnly": false}),
    );
    check_own(
        &["{source: [aws.kms], detail: {eventSource: [kms.amazonaws.com], eventName: [Sign]}}"],
        "kms",
        "Sign",
        &json!({"readOnly": true}),
    );
    let eks = json!({"readOnly": false, "requestParameters": {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"}});
    check_own(
        &[&by("eks", "policyArn: [{suffix: AmazonEKSClusterAdminPolicy}]")],
        "eks",
        "AssociateSomethingNew",
        &eks,
    );
    check_own(
        &[&by("sts", "burst: [{exists: false}], entity: {kind: [role]}")],
        "sts",
        "AssumeRole",
        &json!({"readOnly": true, "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/x"}}),
    );
    let refused = json!({"readOnly": false, "errorCode": "AuthorizationError",
        "errorMessage": "not authorized to perform: SNS:DeleteTopic on resource: arn:aws:sns:eu-west-1:111122223333:iam-responder-high"});
    check_own(&[&by("sns", "own: [topic]")], "sns", "DeleteTopic", &refused);
    check_own(
        &[
            "{source: [aws.logs], detail: {eventSource: [logs.amazonaws.com], readOnly: [{exists: false}]}}",
        ],
        "logs",
        "DescribeX",
        &json!({}),
    );
}

#[test]
fn callers_that_once_got_lost_are_delivered() {
    let linked = json!({"readOnly": false, "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {
        "arn": "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"}}}});
    check_own(
        &[&by(
            "kms",
            "principal: {roleArn: [{anything-but: {wildcard: \"*:role/aws-service-role/support.amazonaws.com/*\"}}]}",
        )],
        "kms",
        "CreateGrant",
        &linked,
    );
    let bare = json!({"readOnly": false, "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {}},
        "arn": "arn:aws:sts::111122223333:assumed-role/ci/x", "principalId": "AROAX:x"}});
    check_own(
        &[&by("kms", "principal: {roleArn: [\"arn:aws:iam::111122223333:role/ci\"]}")],
        "kms",
        "CreateGrant",
        &bare,
    );
    let own = json!({"readOnly": false, "userIdentity": {"type": "AssumedRole", "principalId": "AROAX:mallory",
        "arn": "arn:aws:sts::111122223333:assumed-role/iam-responder-function/mallory"}});
    check_own(&[&by("kms", "principal: {own: [other-session]}")], "kms", "CreateGrant", &own);
    let roles = "arn:aws:sts::111122223333:assumed-role";
    let without_arn = json!({"readOnly": false, "userIdentity": {"type": "AssumedRole", "principalId": "AROAX:debug",
        "sessionContext": {"sessionIssuer": {"userName": "iam-responder-function-eu-west-1",
            "arn": "arn:aws:iam::111122223333:role/iam-responder-function-eu-west-1"}}}});
    let alike = json!({"readOnly": false, "userIdentity": {"type": "AssumedRole", "principalId": "AROAX:iam-responder",
        "arn": format!("{roles}/iam-responder-functionx/iam-responder")}});
    let alike_with_issuer = json!({"readOnly": false, "userIdentity": {"type": "AssumedRole", "principalId": "AROAX:iam-responder",
        "arn": format!("{roles}/iam-responder-x/iam-responder"),
        "sessionContext": {"sessionIssuer": {"userName": "iam-responder-x",
            "arn": "arn:aws:iam::111122223333:role/iam-responder-x"}}}});
    for event in [without_arn, alike, alike_with_issuer] {
        check_own(&[&by("kms", "principal: {own: [other-session]}")], "kms", "CreateGrant", &event);
    }
    let no_key = json!({"readOnly": false, "userIdentity": {"type": "IAMUser", "accessKeyId": ""}});
    check_own(
        &[&by("kms", "principal: {accessKeyId: [{exists: false}]}")],
        "kms",
        "CreateGrant",
        &no_key,
    );
}

#[test]
fn absent_in_one_element_of_an_array_is_not_asked_of_all() {
    let pattern = |fields: &str| {
        format!(
            "{{source: [aws.x], detail: {{eventSource: [x.amazonaws.com], eventName: [{{exists: true}}], {fields}}}}}"
        )
    };
    let items = json!({"readOnly": false, "requestParameters": {"items": [{"a": "good"}, {"a": "bad1", "b": 1}]}});
    // An exclusion by wildcard is never asked of EventBridge.
    let excluded = "requestParameters: {items: {a: [{anything-but: {wildcard: \"bad*\"}}], b: [{exists: false}]}}";
    check_own(&[&pattern(excluded)], "x", "PutItems", &items);
    // Neither is what does not fit.
    let long = "y".repeat(PATTERN_CHARACTERS_MAX);
    let too_long = format!(
        "userAgent: [{{exists: false}}], requestParameters: {{items: {{a: [{{prefix: good}}, {long}], b: [{{exists: false}}]}}}}"
    );
    check_own(&[&pattern(&too_long)], "x", "PutItems", &items);
}

#[test]
fn an_event_of_another_kind_with_fields_alike_is_delivered() {
    let own = rules(&format!(
        "{OWN_RULE}{{source: [aws.ecs], detail: {{eventName: [SERVICE_DEPLOYMENT_FAILED]}}}}\n"
    ));
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change",
        "detail": {"eventName": "SERVICE_DEPLOYMENT_FAILED", "eventType": "ERROR"}});
    check_taken(&BusRules::of(&own).unwrap(), &Names::longest(), &event);
}

#[test]
fn a_rule_that_no_event_of_aws_can_match_is_refused() {
    let faults = BusRules::of(&rules(&format!("{OWN_RULE}{{source: [my.app]}}\n"))).unwrap_err();
    let text = faults[0].to_string();
    assert!(text.starts_with("rule own-rule: no event of AWS can match"), "{text}");
}

#[test]
fn a_rule_without_detail_gets_events_that_are_not_of_cloudtrail() {
    let own = rules(&format!("{OWN_RULE}{{source: [aws.health]}}\n"));
    let event = json!({"source": "aws.health", "detail-type": "AWS Health Event", "detail": {}});
    check_taken(&BusRules::of(&own).unwrap(), &Names::longest(), &event);
}

#[test]
fn what_cannot_fit_is_refused_with_rule_and_field() {
    let long = "x".repeat(PATTERN_CHARACTERS_MAX);
    let own = rules(&format!(
        "{OWN_RULE}{{source: [aws.s3], detail: {{eventSource: [s3.{long}.amazonaws.com]}}}}\n"
    ));
    let faults = BusRules::of(&own).unwrap_err();
    assert_eq!(faults[0].rule.as_deref(), Some("own-rule"));
    assert!(faults[0].to_string().contains("`detail.eventSource`"), "{}", faults[0]);
}

#[test]
fn many_rules_of_ones_own_stay_within_the_quota_or_are_refused() {
    let many: String = (0..80)
        .map(|number| {
            let rule = OWN_RULE.replace("own-rule", &format!("own-rule-{number}"));
            format!("{rule}{{source: [aws.x], detail: {{userAgent: [{{wildcard: \"*tool-{number}*\"}}]}}}}\n---\n")
        })
        .collect();
    let faults = BusRules::of(&rules(many.trim_end_matches("---\n"))).unwrap_err();
    let text = faults[0].to_string();
    assert!(
        text.contains("bus rules")
            && text.contains("own-rule-")
            && text.contains("`detail.userAgent`"),
        "{text}"
    );
}
