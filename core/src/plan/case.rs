//! Which case of a step an event is, and the doubts before the step is done.

use std::borrow::Cow;

use jiff::SignedDuration;
use serde_json::Value;

use super::guard::Guard;
use crate::event::{Event, EventId, PrincipalKind, partition, values_at};
use crate::facts::{Back, Context};
use crate::iam::account;
use crate::iam::arn::Arn;
use crate::iam::catalogue::{Effect, Inverse, StepCondition, StepRow, step_doubts, step_rows};
use crate::iam::policy::TrustWord;
use crate::prior::{Prior, Source, Taken};
use crate::text::live::is_live;
use crate::vocabulary::OwnKind;

/// Time within which what was taken away counts as put back, and not as new.
const PUT_BACK: SignedDuration = SignedDuration::from_hours(24);

/// Stands in texts of the table for the ARN of the own account's root.
const ROOT: &str = "{root}";

/// The first case of a step whose conditions hold.
pub(super) fn of(inverse: &Inverse, event: &Event, context: &Context) -> Option<&'static StepRow> {
    step_rows(inverse.word).iter().find(|row| all(&row.when, event, context))
}

/// What is to be doubted: by what is known of the state before, then by the case; and where the step needs
/// that state, what wrote it.
pub(super) fn doubts(
    inverse: &Inverse,
    row: &StepRow,
    guard: Option<Guard>,
    event: &Event,
    context: &Context,
) -> Vec<Cow<'static, str>> {
    let gives = row.effect == Effect::Gives;
    let also = step_doubts(inverse.word).filter(|doubt| !gives && all(&doubt.when, event, context));
    let texts = also.map(|doubt| doubt.text).chain(row.doubt);
    let known = || match &context.former {
        Prior::Present { value, source } => Some(written_before(value, source)),
        Prior::Absent { .. } | Prior::Unknown { .. } => None,
    };
    let needs_it =
        guard == Some(Guard::PriorStateUnknown) || guard.is_none() && inverse.needs_former();
    let before = needs_it.then(known).flatten().map(Cow::Owned);
    texts.map(|text| rooted(text, event)).chain(before).collect()
}

/// The text, with the ARN of the own account's root where it asks for it.
fn rooted(text: &'static str, event: &Event) -> Cow<'static, str> {
    if !text.contains(ROOT) {
        return Cow::Borrowed(text);
    }
    let account = event.account().filter(|account| account::is_id(account)).unwrap_or("ACCOUNT");
    Cow::Owned(text.replace(ROOT, &format!("arn:{}:iam::{account}:root", partition(event))))
}

/// Names the event that holds what was there before; a short value itself.
fn written_before(value: &str, source: &Source) -> String {
    let id = EventId::parse(&source.event_id);
    let event = id.map_or_else(|| "An event".to_owned(), |id| format!("Event {}", id.as_str()));
    let what = if is_one_word(value) { format!(": {value}") } else { String::new() };
    format!("{event} of {} wrote what was there before{what}.", source.at)
}

/// Is it safe in a sentence, like a version, a state or an ARN? No character of it is hidden or live.
fn is_one_word(value: &str) -> bool {
    let chars: Vec<char> = value.chars().collect();
    let good = |c: char| c.is_ascii_alphanumeric() || "_-+=,.@/:%".contains(c);
    chars.first().is_some_and(|c| c.is_ascii_alphanumeric() || *c == '/')
        && chars.iter().enumerate().all(|(at, c)| good(*c) && !is_live(&chars, at))
}

fn all(conditions: &[StepCondition], event: &Event, context: &Context) -> bool {
    conditions.iter().all(|condition| holds(condition, event, context))
}

fn holds(condition: &StepCondition, event: &Event, context: &Context) -> bool {
    let detail = event.value("detail");
    let found = |path: &str| detail.map(|detail| values_at(detail, path)).unwrap_or_default();
    let texts = |path: &str| {
        let text = |value: &'_ Value| match value {
            Value::Bool(on) => Some(on.to_string()),
            Value::Number(number) => Some(number.to_string()),
            value => value.as_str().map(str::to_owned),
        };
        found(path).into_iter().filter_map(text).collect::<Vec<_>>()
    };
    let is_there = |path: &str| found(path).into_iter().any(|value| !value.is_null());
    let rights = &context.rights;
    let is_one =
        |text: &str, values: &[&str]| values.iter().any(|value| text.eq_ignore_ascii_case(value));
    let remain =
        |others: bool| rights.trust.as_ref().is_some_and(|trust| trust.others_remain == others);
    match condition {
        StepCondition::OnlyDenies => rights.only_denies,
        StepCondition::DeniesToo => rights.denies && !rights.only_denies,
        StepCondition::OpensToAnyone => {
            rights.trust.as_ref().is_some_and(|trust| trust.has(TrustWord::Anyone) && !trust.cut)
        }
        StepCondition::OthersRemain => remain(true),
        StepCondition::NoneRemains => remain(false),
        StepCondition::Silences => context.silences,
        StepCondition::Own => !context.own.is_empty(),
        StepCondition::ByUser => context.facts.principal.kind == PrincipalKind::IamUser,
        StepCondition::LetsStrangersIn => {
            let trust = rights.trust.as_ref();
            trust.is_some_and(|trust| TrustWord::STRANGERS.iter().any(|word| trust.has(*word)))
        }
        StepCondition::PutBack => lately(event, context) == Some(Lately::Same),
        StepCondition::PutPerhaps => lately(event, context) == Some(Lately::Perhaps),
        StepCondition::PutOther => lately(event, context) == Some(Lately::Other),
        StepCondition::PerhapsBefore => {
            !context.former.is_absent() || lately(event, context).is_some()
        }
        StepCondition::GivesBack => rights.back == Back::Gives,
        StepCondition::MayGiveBack => {
            context.former.present().is_some() && matches!(rights.back, Back::Both | Back::Unknown)
        }
        StepCondition::Guarded => context.guarded.is_some(),
        StepCondition::OwnQuarantine => is_own_quarantine(event, context),
        StepCondition::UnknownPolicy => rights.unknown.is_some(),
        StepCondition::ReplacesNothing => context.replaces_nothing(),
        StepCondition::WasThere => context.former.present().is_some(),
        StepCondition::Former(values) => {
            context.former.present().is_some_and(|value| is_one(value, values))
        }
        StepCondition::FormerUnknown => matches!(context.former, Prior::Unknown { .. }),
        StepCondition::Present(path) => is_there(path),
        StepCondition::Absent(path) => !is_there(path),
        StepCondition::OneOf(path, values) => texts(path).iter().any(|text| is_one(text, values)),
    }
}

/// How what was there until shortly before is to what the event puts there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lately {
    Same,
    Perhaps,
    Other,
}

/// Compares what stood there until shortly before with what the event puts. Removing a policy and putting it back looks
/// new (`Same`); putting another does not (`Other`).
fn lately(event: &Event, context: &Context) -> Option<Lately> {
    let new = context.facts.questions.puts.as_deref();
    let (source, lately) = match &context.former {
        Prior::Absent { taken: Taken::Nothing, .. } | Prior::Unknown { .. } => return None,
        // Where being there is all, it was the same.
        Prior::Absent { source, taken: Taken::Something } => match new {
            Some("") => (source, Lately::Same),
            _ => (source, Lately::Perhaps),
        },
        Prior::Absent { source, taken: Taken::This(held) } => match new {
            Some(new) if new == held => (source, Lately::Same),
            Some(_) => (source, Lately::Other),
            None => (source, Lately::Perhaps),
        },
        Prior::Present { value, source } if value.eq_ignore_ascii_case("Inactive") => {
            (source, Lately::Same)
        }
        Prior::Present { .. } => return None,
    };
    is_lately(event, source).then_some(lately)
}

/// Was it written within the day before the event?
pub(super) fn is_lately(event: &Event, source: &Source) -> bool {
    event.time().is_some_and(|at| at.duration_since(source.at) < PUT_BACK)
}

/// By its name alone anybody could make a policy that is never taken off again; so it must be a role of
/// the tool that attaches it, too.
fn is_own_quarantine(event: &Event, context: &Context) -> bool {
    let arn = event.parameter("policyArn");
    context.facts.own_session.is_some()
        && context.rights.unknown.is_some()
        && context.own.contains(&OwnKind::Policy)
        && arn.and_then(Arn::parse).is_some_and(|arn| arn.name() == "quarantine")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::facts::{Facts, Known};
    use crate::own::Own;
    use crate::plan::{Undo, undo};
    use crate::prior::Answers;
    use crate::site::Site;

    /// The undo of a call where this is known of what stood there before.
    fn step(source: &str, name: &str, parameters: &str, former: Prior) -> Option<Undo> {
        let record = format!(
            r#"{{"eventSource":"{source}.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333",
               "awsRegion":"eu-west-1","requestParameters":{parameters}}}"#
        );
        let event = Event::parse(&record).unwrap();
        let before = Answers { former, ..Answers::default() };
        let known = Known { before, ..Known::default() };
        undo(&event, &Context::plain(&event, &known)).pop()
    }

    fn by(event_id: &str) -> Source {
        Source { event_id: event_id.to_owned(), at: Timestamp::UNIX_EPOCH }
    }

    fn present(value: &str) -> Prior {
        Prior::Present { value: value.to_owned(), source: by("0b1c-2d") }
    }

    fn absent() -> Prior {
        Prior::Absent { source: by("e"), taken: Taken::Nothing }
    }

    #[track_caller]
    fn check(
        name: &str,
        parameters: &str,
        former: Prior,
        offered: bool,
        says: &[&str],
        not: &[&str],
    ) {
        let step = step("iam", name, parameters, former).unwrap();
        let doubts = step.doubts.join(" ");
        assert_eq!(step.planned.command().is_some(), offered, "{name}: {doubts}");
        assert!(says.iter().all(|text| doubts.contains(text)), "{name}: {doubts}");
        assert!(!not.iter().any(|text| doubts.contains(text)), "{name}: {doubts}");
    }

    const ATTACH: &str =
        r#"{"roleName":"r","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#;
    const MEMBER: &str = r#"{"userName":"u","groupName":"g"}"#;
    const KEY: &str = r#"{"userName":"u","accessKeyId":"AKIAIOSFODNN7EXAMPLE","status":"Active"}"#;

    #[test]
    fn what_is_known_of_the_state_before_is_said_and_not_guessed() {
        let unknown = Prior::default;
        let (guess, known) = ("looks the same if", "before the event already");
        check("AttachRolePolicy", ATTACH, unknown(), true, &[guess], &[known]);
        check("AttachRolePolicy", ATTACH, present(""), true, &[known], &[guess]);
        check("AttachRolePolicy", ATTACH, absent(), true, &[], &[guess, known]);
        check("AddUserToGroup", MEMBER, unknown(), true, &[guess, "there to deny"], &[known]);
        check("AddUserToGroup", MEMBER, present(""), true, &[known, "there to deny"], &[guess]);
        check("AddUserToGroup", MEMBER, absent(), true, &["there to deny"], &[guess, known]);
        check("UpdateAccessKey", KEY, unknown(), true, &[guess], &[known]);
        check("UpdateAccessKey", KEY, present("active"), true, &[known], &[guess]);
        check("UpdateAccessKey", KEY, present("inactive"), true, &["Sessions"], &[guess, known]);
    }

    #[test]
    fn where_the_step_needs_what_was_there_the_alert_says_where_it_stands() {
        let choose = r#"{"policyArn":"arn:aws:iam::111122223333:policy/p","versionId":"v3"}"#;
        let at = "Event 0b1c-2d of 1970-01-01T00:00:00Z wrote what was there before";
        let name = "SetDefaultPolicyVersion";
        check(name, choose, present("v1"), false, &[at, ": v1."], &[]);
        check(name, choose, Prior::default(), false, &[], &["wrote what was there"]);
        let put = r#"{"roleName":"r","policyName":"p","policyDocument":"{}"}"#;
        let document = r#"{"Statement":[]}"#;
        check("PutRolePolicy", put, present(document), false, &[at], &["Statement"]);
        let forged = Prior::Present { value: "v1".to_owned(), source: by("x\nrun this: rm") };
        check(name, choose, forged, false, &["An event of"], &["run this"]);
    }

    /// Who adds a Deny to what he gives himself does not name himself out of the undo; and an alert names who takes
    /// it off.
    #[test]
    fn what_denies_too_is_not_taken_off_unsaid() {
        let document =
            r#"{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"},
            {\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}]}"#
                .replace('\n', "");
        for (name, field) in [
            ("PutRolePolicy", "roleName"),
            ("PutUserPolicy", "userName"),
            ("PutGroupPolicy", "groupName"),
        ] {
            let put = format!(
                r#"{{"{field}":"r","policyName":"AWSRevokeOlderSessions","policyDocument":"{document}"}}"#
            );
            check(name, &put, absent(), true, &["also denies"], &[]);
            let allows = put.replace("Deny", "Allow");
            check(name, &allows, absent(), true, &[], &["also denies"]);
        }
        let set = format!(
            r#"{{"permissionSetArn":"arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
                "instanceArn":"arn:aws:sso:::instance/ssoins-0123456789abcdef","inlinePolicy":"{document}"}}"#
        );
        let step = step("sso", "PutInlinePolicyToPermissionSet", &set, absent()).unwrap();
        assert!(step.planned.command().is_some() && step.doubts.join(" ").contains("also denies"));
    }

    /// A policy that locks the last way in out is not offered back as a guard without a word.
    #[test]
    fn a_denying_policy_that_was_taken_off_may_belong_off() {
        let deny = r#"{"roleName":"r","policyArn":"arn:aws:iam::aws:policy/AWSDenyAll"}"#;
        check("DetachRolePolicy", deny, Prior::default(), true, &["locked somebody out"], &[]);
    }

    /// A policy without a statement is refused, or leaves its account no way to change it.
    #[test]
    fn what_is_left_without_the_open_statements_says_what_to_put() {
        let open = r#"{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}"#;
        let own = |action: &str| {
            format!(
                r#"{{\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\"arn:aws:iam::111122223333:root\"}},\"Action\":\"{action}\"}}"#
            )
        };
        let said = |source: &str, name: &str, parameters: &str, statements: &str| {
            let document = format!(r#""{{\"Statement\":[{statements}]}}""#);
            let parameters = parameters.replace("DOCUMENT", &document);
            let step = step(source, name, &parameters, Prior::default()).unwrap();
            let fastest = step.doubts.iter().find(|doubt| doubt.contains("fastest step"));
            fastest.map(|doubt| doubt.to_string()).unwrap_or_default()
        };
        let again = "without the statement that lets in everybody, such as";
        let root = r#""AWS": "arn:aws:iam::111122223333:root""#;
        let key = r#"{"keyId":"k","policyName":"default","policy":DOCUMENT}"#;
        let role = r#"{"roleName":"r","policyDocument":DOCUMENT}"#;
        let bucket = r#"{"bucketName":"b","bucketPolicy":DOCUMENT}"#;
        let (kms, iam, s3) = (
            ("kms", "PutKeyPolicy", key),
            ("iam", "UpdateAssumeRolePolicy", role),
            ("s3", "PutBucketPolicy", bucket),
        );
        let pair = |action: &str| format!("{open},{}", own(action));
        for ((source, name, parameters), statements, want) in [
            (kms, open.to_owned(), root),
            (kms, format!("{open},{open}"), root),
            // Who may only decrypt does not administer the key.
            (kms, pair("kms:Decrypt"), root),
            (kms, pair("kms:*"), again),
            (iam, open.to_owned(), "put one in its place that only denies"),
            (iam, pair("sts:AssumeRole"), again),
            (s3, open.to_owned(), root),
            (s3, pair("s3:GetObject"), again),
        ] {
            let said = said(source, name, parameters, &statements);
            assert!(said.contains(want), "{name} {statements}: {said}");
            assert_eq!(said.contains(again), want == again, "{name} {statements}: {said}");
        }
    }

    /// A filter that archives nothing is a colleague's view.
    #[test]
    fn a_filter_that_hides_nothing_is_not_deleted() {
        let filter = |rest: &str| {
            let parameters = format!(r#"{{"detectorId":"d","name":"noise"{rest}}}"#);
            step("guardduty", "CreateFilter", &parameters, Prior::default())
        };
        assert_eq!(filter(r#","action":"NOOP""#), None);
        assert_eq!(filter(""), None);
        assert!(filter(r#","action":"ARCHIVE""#).unwrap().planned.command().is_some());
    }

    #[test]
    fn what_was_taken_away_shortly_before_may_be_put_back_by_right() {
        let parameters = r#"{"roleName":"r","policyName":"p","policyDocument":"{}"}"#;
        let at = |before: i64, value: Option<&str>| {
            let at = Timestamp::from_second(1_795_000_000 - before).unwrap();
            let source = Source { event_id: "e".to_owned(), at };
            match value {
                None => Prior::Absent { source, taken: Taken::Something },
                Some(value) => Prior::Present { value: value.to_owned(), source },
            }
        };
        let doubted = |name: &str, parameters: &str, former: Prior| {
            let at = Timestamp::from_second(1_795_000_000).unwrap();
            let record = format!(
                r#"{{"eventSource":"iam.amazonaws.com","eventName":"{name}","eventTime":"{at}",
                   "recipientAccountId":"111122223333","requestParameters":{parameters}}}"#
            );
            let event = Event::parse(&record).unwrap();
            let before = Answers { former, ..Answers::default() };
            let known = Known { before, ..Known::default() };
            let facts = Facts::of(&event, &Own::default());
            let context = Context::unasked(&event, facts, &Site::empty(), &Own::default())
                .answered(&event, &Site::empty(), &Own::default(), &known);
            let undo = undo(&event, &context).pop().unwrap();
            let lately = |doubt: &&str| doubt.contains("until shortly before");
            let doubts = undo.doubts.iter().map(AsRef::as_ref);
            let first = doubts.collect::<Vec<&str>>().into_iter().find(lately);
            first.and_then(|doubt| doubt.split(' ').next()).unwrap_or_default().to_owned()
        };
        let held = |former: Prior, text: &str| match former {
            Prior::Absent { source, .. } => {
                Prior::Absent { source, taken: Taken::This(text.to_owned()) }
            }
            other => other,
        };
        let name = "PutRolePolicy";
        assert_eq!(doubted(name, parameters, at(2, None)), "Something");
        assert_eq!(doubted(name, parameters, held(at(2, None), "{}")), "It");
        assert_eq!(doubted(name, parameters, held(at(2, None), r#"{"Statement":[]}"#)), "Another");
        assert_eq!(doubted(name, parameters, at(90_000, None)), "");
        assert_eq!(doubted(name, parameters, held(at(90_000, None), "x")), "");
        let never = Prior::Absent { source: by("e"), taken: Taken::Nothing };
        assert_eq!(doubted(name, parameters, never), "");
        assert_eq!(doubted("AttachRolePolicy", ATTACH, at(2, None)), "It");
        let key = r#"{"userName":"u","accessKeyId":"AKIAIOSFODNN7EXAMPLE","status":"Active"}"#;
        assert_eq!(doubted("UpdateAccessKey", key, at(2, Some("Inactive"))), "It");
        assert_eq!(doubted("UpdateAccessKey", key, at(90_000, Some("Inactive"))), "");
    }

    #[test]
    fn a_rule_of_this_tool_is_not_enabled_by_its_name() {
        let named = |name: &str| {
            let parameters = format!(r#"{{"name":"{name}"}}"#);
            step("events", "DisableRule", &parameters, Prior::default())
        };
        assert!(named("iam-responder-suspects-1").is_none());
        assert!(named("nightly").is_some());
    }
}
