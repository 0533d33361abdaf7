//! What undoes a call: the step, its guard, its doubts.

use super::argument::{self, Value};
use super::back;
use super::case;
use super::guard::Guard;
use super::permission::Place;
use super::planned::{Planned, Proposal, Undo};
use super::step::Step;
use crate::event::{CallOutcome, Event, HIDDEN, PrincipalKind, partition, values_at};
use crate::facts::{Back, Context};
use crate::iam::account::AccountId;
use crate::iam::arn::Arn;
use crate::iam::catalogue::{Effect, Inverse, StepRow, ValueFrom, reversal};
use crate::prior::Prior;

/// The steps that undo an event, whether or not any rule asks for them. None where the call failed, changed
/// nothing, or has no inverse.
#[must_use]
pub fn undo(event: &Event, context: &Context) -> Vec<Undo> {
    if context.facts.outcome != CallOutcome::Success {
        return Vec::new();
    }
    let fitting = |inverse: &'static Inverse| {
        let row = case::of(inverse, event, context)?;
        (row.effect != Effect::Unfit).then_some((inverse, row))
    };
    let inverses = || inverses(event, context);
    let mut first = inverses().enumerate().filter(|(_, inverse)| !inverse.follows);
    let Some((at, (inverse, row))) = first.find_map(|(at, inverse)| Some((at, fitting(inverse)?)))
    else {
        return Vec::new();
    };
    let mut steps = vec![step(inverse, row, event, context)];
    // A step is worth nothing without the one before it.
    let further = inverses().skip(at + 1).take_while(|inverse| inverse.follows);
    for (inverse, row) in further.filter_map(fitting) {
        if steps.iter().all(|step| step.planned.guard().is_none()) {
            steps.push(step(inverse, row, event, context));
        }
    }
    steps
}

/// How the call of an event is undone: by its entry in the catalogue, or though it has none.
pub(crate) fn inverses(event: &Event, context: &Context) -> impl Iterator<Item = &'static Inverse> {
    let named = event.event_source().zip(event.name());
    let unrated = named.and_then(|(source, name)| reversal(source, name));
    let rated = context.facts.call.map(|call| call.inverses.as_slice());
    rated.into_iter().flatten().chain(unrated)
}

/// One step, or the reason against it.
fn step(inverse: &Inverse, row: &StepRow, event: &Event, context: &Context) -> Undo {
    let planned = match planned(inverse, row, event, context) {
        Ok(planned) => planned,
        Err(guard) => Planned::Refused { action: inverse.action, guard },
    };
    // If there is nothing to do, there is nothing to doubt.
    let guard = planned.guard();
    let counts = match guard {
        None | Some(Guard::GivesRights) => true,
        Some(guard) => guard.leaves_it_to_people(),
    };
    let doubts =
        if counts { case::doubts(inverse, row, guard, event, context) } else { Vec::new() };
    Undo { effect: row.effect, doubts, planned }
}

/// Does a call that succeeded name what IAM has no names for?
#[must_use]
pub(crate) fn names_the_impossible(event: &Event, context: &Context) -> bool {
    context.facts.outcome == CallOutcome::Success && argument::names_the_impossible(event)
}

fn planned(
    inverse: &Inverse,
    row: &StepRow,
    event: &Event,
    context: &Context,
) -> Result<Planned, Guard> {
    if context.facts.omitted {
        return Err(Guard::ParametersOmitted);
    }
    if argument::names_the_impossible(event) {
        return Err(Guard::ImpossibleName);
    }
    if is_service_managed(context) {
        return Err(Guard::ServiceManagedRole);
    }
    if is_service_work(context) {
        return Err(Guard::ServiceWork);
    }
    if row.effect == Effect::Gives {
        return Err(Guard::GivesRights);
    }
    if inverse.by_hand {
        return Err(Guard::ForPeople);
    }
    let arguments = inverse.arguments().ok_or(Guard::PriorStateUnknown)?;
    let account = event.account().and_then(AccountId::parse).ok_or(Guard::ValueMissing)?;
    let (names, froms): (Vec<&str>, Vec<ValueFrom>) = arguments.unzip();
    let step = Step::read(inverse.action, &names, |name| {
        let from = names.iter().zip(&froms).find(|(known, _)| **known == name);
        match from.map(|(_, from)| *from) {
            Some(ValueFrom::Paths(paths)) => first(paths, event),
            Some(ValueFrom::User) => user(event, context),
            Some(ValueFrom::Former) => former(event, context),
            Some(ValueFrom::Literal(word)) => Ok(word),
            None => Err(Guard::ValueMissing),
        }
    })?;
    if repeats(&step, event) {
        // The old path is not in the event.
        let moved = event.parameter("newPath").is_some();
        return Err(if moved { Guard::ValueMissing } else { Guard::WasSoBefore });
    }
    let needs = step.permissions(Place { partition: partition(event), account });
    Ok(Planned::Do(Box::new(Proposal { account, back: back::of(&step, event), needs, step })))
}

/// Does the step repeat the very call of the event? For example, a user was given the name that he already had.
fn repeats(step: &Step, event: &Event) -> bool {
    let (Some(source), Some(name)) = (event.event_source(), event.name()) else { return false };
    let (service, call) = step.operation().parts();
    let is_same_call =
        call == name && source.split_once('.').is_some_and(|(prefix, _)| prefix == service);
    let is_given = |(name, value): (&str, Value<'_>)| {
        let given = event.parameter(&parameter(name));
        match value {
            Value::Text(value) => given == Some(value),
            Value::Nothing | Value::Flag(_) => false,
        }
    };
    is_same_call && step.arguments().into_iter().all(is_given)
}

/// The parameter of a call, as `newUserName`, of an argument, as `new_user_name`.
fn parameter(argument: &str) -> String {
    let mut words = argument.split('_');
    let first = words.next().unwrap_or_default();
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    [first.to_owned()].into_iter().chain(words.map(capital)).collect()
}

/// The first value that is there. Of a list that is the one text that it has: which of several a step is for, nobody knows.
fn first<'e>(paths: &str, event: &'e Event) -> Result<&'e str, Guard> {
    let value = |path: &str| {
        let at_once = event.text(&format!("detail.{path}"));
        at_once.or_else(|| only_one(event, path)).filter(|value| *value != HIDDEN)
    };
    paths.split('|').find_map(value).ok_or(Guard::ValueMissing)
}

/// The text below lists, if there is but one.
fn only_one<'e>(event: &'e Event, path: &str) -> Option<&'e str> {
    match values_at(event.value("detail")?, path).as_slice() {
        [one] => one.as_str().filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// What was there before, where it is certain and where putting it back is known to take something: what nobody saw may
/// give more. What was put there within the last day may be of the same hand.
fn former<'c>(event: &Event, context: &'c Context) -> Result<&'c str, Guard> {
    let takes = matches!(context.rights.back, Back::Takes | Back::Both);
    match &context.former {
        Prior::Present { value, source }
            if takes && !value.is_empty() && !case::is_lately(event, source) =>
        {
            Ok(value)
        }
        _ => Err(Guard::PriorStateUnknown),
    }
}

/// The IAM user whom the call is about: whom it names, else the caller. In a record of root
/// `userName` is the account's alias, and an answer to root names no user.
fn user<'e>(event: &'e Event, context: &Context) -> Result<&'e str, Guard> {
    let named = first("requestParameters.userName", event);
    let principal = &context.facts.principal;
    if named.is_ok() {
        return named;
    }
    if principal.is_root() {
        return Err(Guard::RootCredential);
    }
    let mut answered = context.facts.call.into_iter().flat_map(|call| call.entity_paths());
    if let Some(name) = answered.find_map(|path| first(path, event).ok()) {
        return Ok(name);
    }
    match principal.acts_as() {
        PrincipalKind::IamUser if !principal.external => {
            first("userIdentity.userName|userIdentity.sessionContext.sessionIssuer.userName", event)
        }
        _ => Err(Guard::ValueMissing),
    }
}

/// Nobody else can put a role at these paths.
fn is_service_managed(context: &Context) -> bool {
    let arn = context.facts.entity.as_ref().and_then(|entity| entity.arn.as_deref());
    arn.and_then(Arn::parse).is_some_and(|arn| arn.is_below_reserved_path())
}

fn is_service_work(context: &Context) -> bool {
    context.facts.principal.kind == PrincipalKind::AwsService
        || context.facts.principal.linked_service.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Facts, Known};
    use crate::own::Own;
    use crate::prior::{Prior, Source, Taken};
    use crate::site::Site;

    const ALICE: &str = r#"{"type":"IAMUser","userName":"alice","accountId":"111122223333",
        "arn":"arn:aws:iam::111122223333:user/alice"}"#;
    const ROOT: &str = r#"{"type":"Root","userName":"shop-alias","accountId":"111122223333"}"#;
    const HERE: &str =
        "test \"$(aws sts get-caller-identity --query=Account --output=text)\" = 111122223333 && ";

    fn step(source: &str, name: &str, parameters: &str, response: &str, by: &str) -> Option<Undo> {
        let record = format!(
            r#"{{"eventSource":"{source}.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333",
               "awsRegion":"eu-west-1","userIdentity":{by},"requestParameters":{parameters},"responseElements":{response}}}"#
        );
        let event = Event::parse(&record).unwrap();
        undo(&event, &Context::plain(&event, &Known::default())).pop()
    }

    /// The command without the test of the account, or the guard, or nothing.
    #[track_caller]
    fn check(
        source: &str,
        name: &str,
        parameters: &str,
        response: &str,
        want: Result<&str, Guard>,
    ) -> Undo {
        let step = step(source, name, parameters, response, ALICE).unwrap();
        let command = step.planned.command();
        let command = command.as_deref().map(|command| command.strip_prefix(HERE).unwrap());
        assert_eq!(command.ok_or_else(|| step.planned.guard().unwrap()), want);
        step
    }

    const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

    #[track_caller]
    fn attach(role: &str, policy: &str, want: Result<&str, Guard>) {
        let parameters = serde_json::json!({"roleName": role, "policyArn": policy}).to_string();
        check("iam", "AttachRolePolicy", &parameters, "null", want);
    }

    #[test]
    fn an_attachment_is_detached_in_its_own_account_alone() {
        let want = "aws iam detach-role-policy --role-name=deploy --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess";
        attach("deploy", ADMIN, Ok(want));
        let record = r#"{"eventSource":"iam.amazonaws.com","eventName":"AttachRolePolicy","recipientAccountId":"x; id",
            "requestParameters":{"roleName":"deploy","policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#;
        let event = Event::parse(record).unwrap();
        let context = Context::plain(&event, &Known::default());
        assert_eq!(undo(&event, &context).remove(0).planned.guard(), Some(Guard::ValueMissing));
    }

    #[test]
    fn nobody_names_himself_out_of_the_undo() {
        let rest = " --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess";
        for (role, word) in [
            ("--profile", "--role-name='--profile'"),
            ("=ls", "--role-name='=ls'"),
            ("www.host", "--role-name='www'\".\"'host'"),
            ("AWSReservedSSO_mine", "--role-name=AWSReservedSSO_mine"),
            ("AWSServiceRoleForX", "--role-name=AWSServiceRoleForX"),
        ] {
            attach(role, ADMIN, Ok(&format!("aws iam detach-role-policy {word}{rest}")));
        }
        let at = "arn:aws:iam::111122223333:policy";
        for (path, word) in [
            (
                "it's/`x`",
                r" --policy-arn='arn:aws:iam::111122223333:policy/it'\''s/`x`'".to_owned(),
            ),
            ("http://x/p", format!(" --policy-arn='{at}/http:/'\"/\"'x/p'")),
            ("a\u{7f}/p", format!(" --cli-input-json '{{\"PolicyArn\": \"{at}/a\\u007f/p\"}}'")),
        ] {
            attach(
                "r",
                &format!("{at}/{path}"),
                Ok(&format!("aws iam detach-role-policy --role-name=r{word}")),
            );
        }
    }

    #[test]
    fn what_iam_has_no_names_for_is_refused() {
        for name in ["аdmin", "a\u{202e}b", "<b>", "a b", "arn:aws:iam::111122223333:role/x"] {
            attach(name, ADMIN, Err(Guard::ImpossibleName));
        }
        attach("x", "file:///etc/passwd", Err(Guard::ImpossibleName));
        let event = Event::parse(
            r#"{"eventSource":"iam.amazonaws.com","eventName":"CreateRole","requestParameters":{"roleName":"a b"}}"#,
        );
        let event = event.unwrap();
        let context = Context::plain(&event, &Known::default());
        assert!(names_the_impossible(&event, &context));
    }

    #[test]
    fn guards_refuse_what_is_not_known() {
        let refuse =
            |name, parameters, guard| _ = check("iam", name, parameters, "null", Err(guard));
        refuse("AttachRolePolicy", r#"{"omitted":true}"#, Guard::ParametersOmitted);
        refuse("AttachRolePolicy", r#"{"roleName":"x"}"#, Guard::ValueMissing);
        refuse("PutRolePolicy", r#"{"roleName":"x","policyName":"y"}"#, Guard::PriorStateUnknown);
        let hidden = r#"{"userName":"HIDDEN_DUE_TO_SECURITY_REASONS","groupName":"g"}"#;
        refuse("AddUserToGroup", hidden, Guard::ValueMissing);
        let failed = r#"{"eventSource":"iam.amazonaws.com","eventName":"AttachRolePolicy","errorCode":"AccessDenied"}"#;
        let failed = Event::parse(failed).unwrap();
        let context = Context::unasked(
            &failed,
            Facts::of(&failed, &Own::default()),
            &Site::empty(),
            &Own::default(),
        )
        .answered(&failed, &Site::empty(), &Own::default(), &Known::default());
        assert_eq!(undo(&failed, &context), []);
    }

    #[test]
    fn rights_are_never_given_and_the_contained_never_freed() {
        let refuse = |source: &str, name: &str, parameters: &str| {
            check(source, name, parameters, "null", Err(Guard::GivesRights));
        };
        for policy in
            ["AWSDenyAll", "AWSCompromisedKeyQuarantineV3", "AWSCompromisedKeyQuarantineV9"]
        {
            let arn = format!("arn:aws:iam::aws:policy/{policy}");
            attach("r", &arn, Err(Guard::GivesRights));
            let sso = format!(
                r#"{{"permissionSetArn":"p","instanceArn":"i","managedPolicyArn":"{arn}"}}"#
            );
            refuse("sso", "AttachManagedPolicyToPermissionSet", &sso);
            let back = format!("aws iam attach-user-policy --user-name=u --policy-arn={arn}");
            let taken = format!(r#"{{"userName":"u","policyArn":"{arn}"}}"#);
            check("iam", "DetachUserPolicy", &taken, "null", Ok(&back));
        }
        attach(
            "r",
            "arn:aws:iam::111122223333:policy/AWSDenyAll",
            Ok(
                "aws iam detach-role-policy --role-name=r --policy-arn=arn:aws:iam::111122223333:policy/AWSDenyAll",
            ),
        );
        let deny = r#"{"roleName":"r","policyName":"p","policyDocument":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}"}"#;
        refuse("iam", "PutRolePolicy", deny);
        refuse("iam", "UpdateAssumeRolePolicy", deny);
        refuse("iam", "DetachRolePolicy", &format!(r#"{{"roleName":"r","policyArn":"{ADMIN}"}}"#));
        refuse("iam", "RemoveUserFromGroup", r#"{"userName":"u","groupName":"g"}"#);
        refuse("iam", "DisableOrganizationsRootSessions", "null");
        refuse(
            "organizations",
            "AttachPolicy",
            r#"{"policyId":"p-0123abcd","targetId":"ou-ab12-0123abcd"}"#,
        );
        refuse(
            "organizations",
            "DetachPolicy",
            r#"{"policyId":"p-FullAWSAccess","targetId":"ou-ab12-0123abcd"}"#,
        );
        let back =
            "aws organizations attach-policy --policy-id=p-0123abcd --target-id=ou-ab12-0123abcd";
        check(
            "organizations",
            "DetachPolicy",
            r#"{"policyId":"p-0123abcd","targetId":"ou-ab12-0123abcd"}"#,
            "null",
            Ok(back),
        );
    }

    #[test]
    fn what_nobody_saw_is_doubted() {
        let doubts = |policy: &str| {
            let parameters = format!(r#"{{"userName":"u","policyArn":"{policy}"}}"#);
            step("iam", "AttachUserPolicy", &parameters, "null", ALICE).unwrap().doubts.join(" ")
        };
        assert!(doubts("arn:aws:iam::111122223333:policy/held-back").contains("No event showed"));
        assert!(
            doubts(ADMIN).contains("attached before") && !doubts(ADMIN).contains("No event showed")
        );
    }

    #[test]
    fn what_repeats_the_event_is_no_undo() {
        for (source, name, parameters) in [
            (
                "iam",
                "UpdateAccessKey",
                r#"{"userName":"u","accessKeyId":"AKIAIOSFODNN7EXAMPLE","status":"Inactive"}"#,
            ),
            ("iam", "UpdateServiceSpecificCredential", r#"{"userName":"u","status":"Expired"}"#),
            ("guardduty", "UpdateDetector", r#"{"detectorId":"d","enable":"true"}"#),
            (
                "guardduty",
                "UpdateDetector",
                r#"{"detectorId":"d","findingPublishingFrequency":"SIX_HOURS"}"#,
            ),
            ("guardduty", "CreateIPSet", r#"{"detectorId":"d","activate":false}"#),
            ("rolesanywhere", "CreateProfile", r#"{"name":"p","enabled":false}"#),
            (
                "cloudformation",
                "UpdateTerminationProtection",
                r#"{"stackName":"s","enableTerminationProtection":true}"#,
            ),
        ] {
            assert_eq!(step(source, name, parameters, "null", ALICE), None, "{name} {parameters}");
        }
        let off = r#"{"detectorId":"d","enable":false}"#;
        let on = "aws guardduty update-detector --detector-id=d --enable --region=eu-west-1";
        check("guardduty", "UpdateDetector", off, "null", Ok(on));
    }

    #[test]
    fn the_user_is_whom_the_call_is_about() {
        let made = r#"{"accessKey":{"userName":"Root","accessKeyId":"AKIAIOSFODNN7EXAMPLE"}}"#;
        for (name, parameters, response) in [
            ("CreateAccessKey", "null", made),
            (
                "UpdateAccessKey",
                r#"{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","status":"Active"}"#,
                "null",
            ),
        ] {
            let step = step("iam", name, parameters, response, ROOT).unwrap();
            assert_eq!(step.planned.guard(), Some(Guard::RootCredential), "{name}");
        }
        let own = r#"{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","status":"Active"}"#;
        let off = "aws iam update-access-key --user-name=alice --access-key-id=AKIAIOSFODNN7EXAMPLE --status=Inactive";
        check("iam", "UpdateAccessKey", own, "null", Ok(off));
        let session =
            r#"{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/alice/s"}"#;
        let step = step("iam", "UpdateAccessKey", own, "null", session).unwrap();
        assert_eq!(step.planned.guard(), Some(Guard::ValueMissing));
    }

    #[test]
    fn commands_hit_what_the_event_was_about() {
        let rule = |bus: &str| format!(r#"{{"name":"r"{bus}}}"#);
        let on = |bus: &str| format!("aws events enable-rule --name=r{bus} --region=eu-west-1");
        check("events", "DisableRule", &rule(""), "null", Ok(&on("")));
        check(
            "events",
            "DisableRule",
            &rule(r#","eventBusName":"b""#),
            "null",
            Ok(&on(" --event-bus-name=b")),
        );
        let version = r#"{"policyArn":"arn:aws:iam::111122223333:policy/p"}"#;
        let made = |default| {
            format!(r#"{{"policyVersion":{{"versionId":"v4","isDefaultVersion":{default}}}}}"#)
        };
        let delete = "aws iam delete-policy-version --policy-arn=arn:aws:iam::111122223333:policy/p --version-id=v4";
        let step = check("iam", "CreatePolicyVersion", version, &made(false), Ok(delete));
        assert_eq!(step.effect, Effect::Destroys);
        check("iam", "CreatePolicyVersion", version, &made(true), Err(Guard::PriorStateUnknown));
        let audience = r#"{"openIDConnectProviderArn":"arn:aws:iam::111122223333:oidc-provider/i","clientID":"https://x"}"#;
        let remove = r#"aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn=arn:aws:iam::111122223333:oidc-provider/i --cli-input-json '{"ClientID": "https:/\u002fx"}'"#;
        check("iam", "AddClientIDToOpenIDConnectProvider", audience, "null", Ok(remove));
        let (group, user) =
            ("0a1b2c3d-0000-4000-8000-00000000000a", "0a1b2c3d-0000-4000-8000-00000000000b");
        let add = |user: &str| {
            format!(
                r#"{{"identityStoreId":"d-0123456789","groupId":"{group}","member":{{"memberId":"{user}"}}}}"#
            )
        };
        let out = format!(
            r#"aws identitystore delete-group-membership --identity-store-id=d-0123456789 --membership-id="$(aws identitystore get-group-membership-id --identity-store-id=d-0123456789 --group-id={group} --member-id=UserId={user} --region=eu-west-1 --query=MembershipId --output=text)" --region=eu-west-1"#
        );
        check("sso-directory", "AddMemberToGroup", &add(user), "null", Ok(&out));
        let odd = add("u$(id)");
        check("sso-directory", "AddMemberToGroup", &odd, "null", Err(Guard::UnsafeValue));
    }

    fn absent() -> Prior {
        let at = jiff::Timestamp::UNIX_EPOCH;
        Prior::Absent { source: Source { event_id: "e".to_owned(), at }, taken: Taken::Nothing }
    }

    #[test]
    fn what_wrote_over_nothing_is_deleted() {
        let put = r#"{"eventSource":"iam.amazonaws.com","eventName":"PutRolePolicy","recipientAccountId":"111122223333",
            "requestParameters":{"roleName":"r","policyName":"p"}}"#;
        let event = Event::parse(put).unwrap();
        let mut context = Context::plain(&event, &Known::default());
        assert_eq!(
            undo(&event, &context).remove(0).planned.guard(),
            Some(Guard::PriorStateUnknown)
        );
        context.former = absent();
        let command = undo(&event, &context).remove(0).planned.command().unwrap();
        assert_eq!(
            command,
            format!("{HERE}aws iam delete-role-policy --role-name=r --policy-name=p")
        );
        context.rights.only_denies = true;
        assert_eq!(undo(&event, &context).remove(0).planned.guard(), Some(Guard::GivesRights));
        let attach = r#"{"eventSource":"iam.amazonaws.com","eventName":"AttachUserPolicy","recipientAccountId":"111122223333",
            "requestParameters":{"userName":"u","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}}"#;
        let event = Event::parse(attach).unwrap();
        let mut context = Context::plain(&event, &Known::default());
        assert_eq!(undo(&event, &context).remove(0).doubts.len(), 1);
        context.former = absent();
        assert!(undo(&event, &context).remove(0).doubts.is_empty());
    }

    #[test]
    fn half_an_undo_says_so() {
        let moved = r#"{"userName":"a","newUserName":"b","newPath":"/x/"}"#;
        let back = "aws iam update-user --user-name=b --new-user-name=a";
        assert!(check("iam", "UpdateUser", moved, "null", Ok(back)).doubts[0].contains("old path"));
        let renamed = r#"{"userName":"a","newUserName":"b"}"#;
        let doubts = check("iam", "UpdateUser", renamed, "null", Ok(back)).doubts.join(" ");
        assert!(!doubts.contains("old path") && doubts.contains("go by the name"), "{doubts}");
        for (call, same) in [
            ("UpdateUser", r#"{"userName":"a","newUserName":"a"}"#),
            ("UpdateGroup", r#"{"groupName":"a","newGroupName":"a"}"#),
            (
                "UpdateServerCertificate",
                r#"{"serverCertificateName":"a","newServerCertificateName":"a"}"#,
            ),
        ] {
            check("iam", call, same, "null", Err(Guard::WasSoBefore));
        }
        let moved = r#"{"userName":"a","newUserName":"a","newPath":"/x/"}"#;
        let step = check("iam", "UpdateUser", moved, "null", Err(Guard::ValueMissing));
        assert!(step.doubts[0].contains("old path"), "{:?}", step.doubts);
        let letter = r#"{"userName":"a","newUserName":"A"}"#;
        let back = "aws iam update-user --user-name=A --new-user-name=a";
        check("iam", "UpdateUser", letter, "null", Ok(back));
        let path = r#"{"userName":"a","newPath":"/x/"}"#;
        let step = check("iam", "UpdateUser", path, "null", Err(Guard::ValueMissing));
        assert!(step.doubts[0].contains("old path"));
    }

    #[test]
    fn the_work_of_services_and_of_this_tool_stands() {
        let session = |role: &str| {
            format!(
                r#"{{"type":"AssumedRole","principalId":"AROAX:s","arn":"arn:aws:sts::111122223333:assumed-role/r/s",
                   "sessionContext":{{"sessionIssuer":{{"arn":"arn:aws:iam::111122223333:role/{role}"}}}}}}"#
            )
        };
        let provider = r#"{"sAMLProviderArn":"arn:aws:iam::111122223333:saml-provider/p"}"#;
        let guard = |by: &str| {
            step("iam", "CreateSAMLProvider", "null", provider, &session(by))
                .unwrap()
                .planned
                .guard()
        };
        assert_eq!(
            guard("aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO"),
            Some(Guard::ServiceWork)
        );
        for forged in ["AWSServiceRoleForSSO", "x:role/aws-service-role/y", "aws-service-role-x/y"]
        {
            assert_eq!(guard(forged), None, "{forged}");
        }
        let attach = |by: &str, policy: &str| {
            let parameters = format!(r#"{{"roleName":"r","policyArn":"{policy}"}}"#);
            step("iam", "AttachRolePolicy", &parameters, "null", &session(by))
                .unwrap()
                .planned
                .guard()
        };
        let quarantine = "arn:aws:iam::111122223333:policy/iam-responder/quarantine";
        assert_eq!(attach("iam-responder-RemediatorRole-1", quarantine), Some(Guard::GivesRights));
        assert_eq!(attach("iam-responder-RemediatorRole-1", ADMIN), None);
        assert_eq!(attach("deploy", quarantine), None);
    }
}
