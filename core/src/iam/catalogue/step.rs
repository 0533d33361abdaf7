//! What the steps that undo a call do, and what is to be doubted before they are done.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text::table::columns;
use crate::text::words::words;

use super::call::NONE;

words! {
    /// What a step does to the rights in an account. Only steps that narrow, guard or move are ever proposed; a step that
    /// loses something for good says so.
    pub enum Effect {
        /// Takes rights away.
        Narrows = "narrows",
        /// Puts a guard back, or ends what weakens one.
        Guards = "restores-guard",
        /// Gives rights, or lifts a guard.
        Gives = "gives",
        /// Renames or moves.
        Moves = "moves",
        /// Loses something for good.
        Destroys = "destroys",
        /// Restores the former value. Only that value shows whether this gives rights.
        Restores = "restores",
        /// No undo of the event: it would set what the event has set, or undo something else.
        Unfit = "unfit",
    }
}

/// One case of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepRow {
    /// Effect of the step in this case.
    pub effect: Effect,
    /// All of these hold in this case.
    pub when: Vec<StepCondition>,
    /// What is to be doubted, in sentences.
    pub doubt: Option<&'static str>,
}

/// What a case asks of an event. Paths lie below `detail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StepCondition {
    /// What the event puts, attaches or detaches allows nothing.
    OnlyDenies,
    /// A role of this tool attaches the policy that is named as its quarantine, and it is not known to allow
    /// anything.
    OwnQuarantine,
    /// The content of the policy that the event attaches is unknown.
    UnknownPolicy,
    /// What the event puts or attaches allows something and forbids something.
    DeniesToo,
    /// The policy that the event puts lets in anybody of any account.
    OpensToAnyone,
    /// Without the statements that do so there is still a policy; of a key, one by which its account administers it.
    OthersRemain,
    /// There is none.
    NoneRemains,
    /// A policy of the organization that may forbid what the tool needs.
    Silences,
    /// It is about a part of this tool.
    Own,
    /// A user of IAM made the call.
    ByUser,
    /// The trust policy that the event puts lets in whom the site does not know.
    LetsStrangersIn,
    /// What the event puts back was taken away, or switched off, within the last day.
    PutBack,
    /// Something that may have been the same was taken away there within the last day.
    PutPerhaps,
    /// What was taken away within the last day is certainly another thing than what the event puts there.
    PutOther,
    /// It may have been there before, or until within the last day.
    PerhapsBefore,
    /// Putting back what it replaces gives rights, and takes none.
    GivesBack,
    /// It replaces something that is known, and putting that back may give rights.
    MayGiveBack,
    /// The owner guards what the event acts upon.
    Guarded,
    /// What the event puts, attaches or adds was certainly not there before.
    ReplacesNothing,
    /// For certain it was there before.
    WasThere,
    /// The value before was certainly one of these, ignoring case.
    Former(Vec<&'static str>),
    /// It is unknown what was there before.
    FormerUnknown,
    /// There is a value.
    Present(&'static str),
    /// There is no value.
    Absent(&'static str),
    /// The value is one of these, ignoring case.
    OneOf(&'static str, Vec<&'static str>),
}

/// A doubt about a step, beside the doubts of its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    words: Vec<&'static str>,
    /// Where all of these hold.
    pub when: Vec<StepCondition>,
    /// In sentences.
    pub text: &'static str,
}

/// Services that watch the accounts of an organization, guard them, or say who people are.
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html>
const WATCHING: [&str; 25] = [
    "access-analyzer.amazonaws.com",
    "agentless.inspector2.amazonaws.com",
    "auditmanager.amazonaws.com",
    "backup.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "controltower.amazonaws.com",
    "detective.amazonaws.com",
    "fms.amazonaws.com",
    "guardduty.amazonaws.com",
    "health.amazonaws.com",
    "iam.amazonaws.com",
    "inspector2.amazonaws.com",
    "macie.amazonaws.com",
    "malware-protection.guardduty.amazonaws.com",
    "notifications.amazonaws.com",
    "observabilityadmin.amazonaws.com",
    "resource-explorer-2.amazonaws.com",
    "security-ir.amazonaws.com",
    "securityhub.amazonaws.com",
    "securitylake.amazonaws.com",
    "sso.amazonaws.com",
    "tagpolicies.tag.amazonaws.com",
    "triage.security-ir.amazonaws.com",
];

#[derive(Debug, Default)]
struct Table {
    rows: HashMap<&'static str, Vec<StepRow>>,
    doubts: Vec<Doubt>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for row in include_str!("steps.tsv").lines().skip(1).filter_map(parse) {
        match row {
            Row::Case(word, row) => table.rows.entry(word).or_default().push(row),
            Row::Also(doubt) => table.doubts.push(doubt),
        }
    }
    table
});

/// The cases of a step, by its word; the first that holds counts.
#[must_use]
pub(crate) fn step_rows(word: &str) -> &'static [StepRow] {
    TABLE.rows.get(word).map_or(&[], Vec::as_slice)
}

/// The doubts about a step, beside those of its case, by its word.
pub(crate) fn step_doubts(word: &str) -> impl Iterator<Item = &'static Doubt> {
    TABLE.doubts.iter().filter(move |doubt| doubt.words.contains(&word))
}

enum Row {
    Case(&'static str, StepRow),
    Also(Doubt),
}

fn parse(line: &'static str) -> Option<Row> {
    let [word, effect, when, doubt] = columns(line)?;
    let when: Option<_> = match when {
        NONE => Some(Vec::new()),
        listed => listed.split(' ').map(condition).collect(),
    };
    let when = when?;
    let effect = match effect {
        "also" => {
            let words = word.split('|').collect();
            return (doubt != NONE).then_some(Row::Also(Doubt { words, when, text: doubt }));
        }
        "narrows" => Effect::Narrows,
        "guards" => Effect::Guards,
        "gives" => Effect::Gives,
        "moves" => Effect::Moves,
        "destroys" => Effect::Destroys,
        "restores" => Effect::Restores,
        "unfit" => Effect::Unfit,
        _ => return None,
    };
    Some(Row::Case(word, StepRow { effect, when, doubt: (doubt != NONE).then_some(doubt) }))
}

/// Nothing for a misspelt word: as a path it would never hold, so that a later case counts, whose step may be wrong.
fn condition(text: &'static str) -> Option<StepCondition> {
    Some(match text {
        "only-denies" => StepCondition::OnlyDenies,
        "own-quarantine" => StepCondition::OwnQuarantine,
        "unknown-policy" => StepCondition::UnknownPolicy,
        "denies-too" => StepCondition::DeniesToo,
        "opens-to-anyone" => StepCondition::OpensToAnyone,
        "others-remain" => StepCondition::OthersRemain,
        "none-remains" => StepCondition::NoneRemains,
        "silences" => StepCondition::Silences,
        "own" => StepCondition::Own,
        "by-user" => StepCondition::ByUser,
        "lets-strangers-in" => StepCondition::LetsStrangersIn,
        "put-back" => StepCondition::PutBack,
        "put-perhaps" => StepCondition::PutPerhaps,
        "put-other" => StepCondition::PutOther,
        "perhaps-before" => StepCondition::PerhapsBefore,
        "gives-back" => StepCondition::GivesBack,
        "may-give-back" => StepCondition::MayGiveBack,
        "guarded" => StepCondition::Guarded,
        "replaces-nothing" => StepCondition::ReplacesNothing,
        "was-there" => StepCondition::WasThere,
        "watches" => StepCondition::OneOf("requestParameters.servicePrincipal", WATCHING.to_vec()),
        "former-unknown" => StepCondition::FormerUnknown,
        _ => match (text.strip_prefix('!'), text.split_once('=')) {
            (Some(absent), _) => StepCondition::Absent(path(absent)?),
            (None, Some(("former", values))) => StepCondition::Former(values.split('|').collect()),
            (None, Some((at, values))) => {
                StepCondition::OneOf(path(at)?, values.split('|').collect())
            }
            (None, None) => StepCondition::Present(path(text)?),
        },
    })
}

/// A path below `detail`: the name of the call, or a place in what it asked or was answered.
fn path(text: &'static str) -> Option<&'static str> {
    let below = ["requestParameters.", "responseElements."];
    let is_path = text == "eventName" || below.iter().any(|start| text.starts_with(start));
    is_path.then_some(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::iam::catalogue::{calls, response_words};
    use crate::text::table::lines;

    #[test]
    fn every_step_has_a_case_that_always_holds() {
        let text = include_str!("steps.tsv");
        let rows = lines(text).filter(|line| !line.is_empty());
        let parsed: usize = TABLE.rows.values().map(Vec::len).sum();
        assert_eq!(
            rows.count(),
            parsed + TABLE.doubts.len(),
            "a row is not read: see its columns and its words"
        );
        let words: HashSet<&str> = response_words().collect();
        let known: HashSet<&str> = TABLE.rows.keys().copied().collect();
        assert_eq!(words, known);
        assert!(
            TABLE.doubts.iter().flat_map(|doubt| &doubt.words).all(|word| known.contains(word))
        );
        for (word, rows) in &TABLE.rows {
            let (last, others) = rows.split_last().unwrap();
            assert!(last.when.is_empty(), "{word}: the last case is not for all");
            assert!(others.iter().all(|row| !row.when.is_empty()), "{word}: a case is hidden");
            let also = step_doubts(word).map(|doubt| doubt.text);
            let sentences = rows.iter().filter_map(|row| row.doubt).chain(also);
            for doubt in sentences {
                assert!(doubt.starts_with(char::is_uppercase) && doubt.ends_with('.'), "{doubt}");
            }
        }
    }

    #[test]
    fn a_misspelt_condition_is_refused() {
        for when in ["only-denys", "!guarded", "guarded=true", "fromer=a|b", "own only-denys"] {
            let line = format!("enable-key\tguards\t{when}\t-");
            assert!(parse(line.leak()).is_none(), "{when}");
        }
        assert!(parse("enable-key\tguards\town requestParameters.name\t-").is_some());
    }

    /// An event that comes also where nothing changed does not prove a change.
    #[test]
    fn calls_that_succeed_without_changing_anything_are_doubted() {
        let calls = calls().filter(|call| {
            [
                "AttachUserPolicy",
                "AttachRolePolicy",
                "AttachGroupPolicy",
                "AddUserToGroup",
                "AddClientIDToOpenIDConnectProvider",
                "RemoveClientIDFromOpenIDConnectProvider",
                "UpdateAccessKey",
                "UpdateSSHPublicKey",
                "UpdateSigningCertificate",
                "UpdateServiceSpecificCredential",
                "EnableOrganizationsRootCredentialsManagement",
                "DisableOrganizationsRootCredentialsManagement",
                "EnableOrganizationsRootSessions",
                "EnableAWSServiceAccess",
                "EnableTrustAnchor",
                "EnableProfile",
                "CreateAccountAssignment",
                "StopLogging",
                "StopConfigurationRecorder",
                "DisableKeyRotation",
            ]
            .contains(&call.name)
        });
        for call in calls {
            for inverse in &call.inverses {
                let holds = |condition: &StepCondition| match condition {
                    StepCondition::OneOf("eventName", names) => names.contains(&call.name),
                    StepCondition::FormerUnknown | StepCondition::PerhapsBefore => true,
                    _ => false,
                };
                let row = step_rows(inverse.word).iter().find(|row| row.when.iter().all(holds));
                let also = step_doubts(inverse.word).any(|doubt| doubt.when.iter().all(holds));
                assert!(row.unwrap().doubt.is_some() || also, "{}", call.name);
            }
        }
    }

    /// An alert says of a step that needs the state before that this is not in the event. A call that makes something
    /// has no such state, but for these two: they take the place of another one.
    #[test]
    fn what_is_made_replaces_nothing() {
        let made = calls().filter(|call| call.name.starts_with("Create"));
        let needs = made.filter(|call| {
            call.inverses.iter().any(|one| one.needs_former() || one.arguments().is_none())
        });
        let names: HashSet<&str> = needs.map(|call| call.name).collect();
        assert_eq!(names, HashSet::from(["CreateAccountAlias", "CreatePolicyVersion"]));
    }

    #[test]
    fn what_loses_something_for_good_says_so() {
        for (word, row) in
            TABLE.rows.iter().flat_map(|(word, rows)| rows.iter().map(move |row| (word, row)))
        {
            if row.effect == Effect::Destroys {
                assert!(row.doubt.is_some_and(|doubt| doubt.starts_with("Final")), "{word}");
            }
        }
    }
}
