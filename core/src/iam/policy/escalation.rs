//! Ways from some rights to more of them.
//!
//! Sources: the list of Rhino Security Labs, <https://pathfinding.cloud> and <https://hackingthe.cloud>, as actions;
//! what a call does with a role, where no list has it, in the Service Authorization Reference.
//!
//! Calls that start something that exists are ways if the call says what runs, like an argument of a Glue job. So are
//! calls that change something that others, or a schedule, start. Left out:
//!
//! - `ecs:RunTask` alone: AWS requires `iam:PassRole` for the roles that the task definition names
//!   (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/CWE_IAM_role.html>).
//! - `codecommit:GitPush`, `ecr:PutImage` and `s3:PutObject`: what is pushed may well run with a role, but every
//!   developer and every build pushes; all their policies would be ways. The push of an image is alerted where
//!   what pulls it wears such a role (`core/src/iam/catalogue/wearers.tsv`).
//! - `kms:PutKeyPolicy` and `kms:CreateGrant`: they open data, and no role.
//! - `sagemaker:UpdateNotebookInstance` alone: it attaches scripts that exist, and a role by `iam:PassRole` only.
//! - `sagemaker:UpdatePipeline`: AWS requires `iam:PassRole`, as the Service Authorization Reference says.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::document::{PolicyDocument, Statement};
use crate::iam::action;
use crate::text::table::columns;

/// One way to more rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Name in kebab-case.
    pub name: &'static str,
    /// The word for it in `derived.grants`: the name behind `privesc:`.
    pub word: &'static str,
    /// What one gets at, for people.
    pub description: &'static str,
    pub(super) scope: Scope,
    actions: &'static str,
}

/// On which resources an action must be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// On all of its kind.
    Broad,
    /// On any at all.
    Any,
    /// On somebody's other than the caller's own.
    Others,
    /// On one that is named as administrators' are.
    Administrators,
}

impl Method {
    /// The actions it needs: all steps, of each step one alternative. `@` precedes the one role, `>` the service that a
    /// role or the administration is handed to, if the second step does not name it.
    pub fn steps(&self) -> impl Iterator<Item = impl Iterator<Item = &'static str>> {
        self.actions.split('+').map(|step| step.split('|'))
    }
}

static METHODS: LazyLock<Vec<Method>> =
    LazyLock::new(|| include_str!("escalation.tsv").lines().skip(1).filter_map(parse).collect());

/// All known methods, those through IAM itself first.
#[must_use]
pub(crate) fn methods() -> &'static [Method] {
    &METHODS
}

/// Ways by a role that is handed to a service: the service, and the further steps, of each one alternative.
pub(super) fn passings() -> impl Iterator<Item = (&'static str, Vec<Vec<&'static str>>)> {
    METHODS.iter().filter_map(|method| {
        let mut steps = method.steps().map(|one| one.collect::<Vec<&'static str>>());
        let pass = steps.next()?.into_iter().find(|action| action.starts_with("iam:PassRole"))?;
        let rest: Vec<Vec<&'static str>> = steps.collect();
        let of_call = || Some(action::parts(rest.first()?.first()?).0);
        let service = pass.split_once('>').map(|(_, to)| to).or_else(of_call)?;
        Some((service, rest))
    })
}

/// Every action that is a step of a way to more rights.
static STEPS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let action = |step: &'static str| step.split(['@', '>']).next().unwrap_or_default();
    let steps = METHODS.iter().flat_map(|method| method.actions.split(['+', '|'])).map(action);
    steps.chain(["sts:AssumeRole"]).collect()
});

impl PolicyDocument {
    /// Does it allow a step of a way to more rights, on any resource?
    #[must_use]
    pub(crate) fn takes_a_step(&self) -> bool {
        let step = |statement: &Statement| {
            statement.allow && STEPS.iter().any(|action| statement.actions.names_action(action))
        };
        self.too_long || self.statements.iter().any(step)
    }
}

fn parse(line: &'static str) -> Option<Method> {
    let [name, scope, actions, description] = columns(line)?;
    let scope = match scope {
        "broad" => Scope::Broad,
        "others" => Scope::Others,
        "any" => Scope::Any,
        "administrators" => Scope::Administrators,
        _ => return None,
    };
    // Once for each line of the table.
    let word = format!("privesc:{name}").leak();
    Some(Method { name, word, description, scope, actions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let rows = include_str!("escalation.tsv").lines().skip(1).count();
        assert_eq!(methods().len(), rows);
        for method in methods() {
            for action in method.steps().flatten() {
                assert!(!action::parts(action).1.is_empty(), "{method:?}");
            }
        }
    }

    #[test]
    fn no_way_stands_twice() {
        let names: std::collections::BTreeSet<&str> =
            methods().iter().map(|method| method.name).collect();
        assert_eq!(names.len(), methods().len());
    }
}
