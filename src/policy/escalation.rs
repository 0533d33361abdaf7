//! Ways from some rights to more of them.
//!
//! Sources: the list of Rhino Security Labs, <https://pathfinding.cloud> and <https://hackingthe.cloud>, as actions;
//! what a call does with a role, where no list has it, in the Service Authorization Reference.

use std::sync::LazyLock;

/// One way to more rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Name in kebab-case; in `derived.grants` behind `privesc:`.
    pub name: &'static str,
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
    /// The actions it needs: all steps, of each one alternative. Behind `@` the one role that is meant, behind `>`
    /// the service that a role or the administration is handed to, where the second step does not name it.
    pub fn steps(&self) -> impl Iterator<Item = impl Iterator<Item = &'static str>> {
        self.actions.split('+').map(|step| step.split('|'))
    }
}

static METHODS: LazyLock<Vec<Method>> =
    LazyLock::new(|| include_str!("escalation.tsv").lines().skip(1).filter_map(parse).collect());

/// All known methods, those through IAM itself first.
#[must_use]
pub fn methods() -> &'static [Method] {
    &METHODS
}

fn parse(line: &'static str) -> Option<Method> {
    let [name, scope, actions, description] =
        line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let scope = match scope {
        "broad" => Scope::Broad,
        "others" => Scope::Others,
        "any" => Scope::Any,
        "administrators" => Scope::Administrators,
        _ => return None,
    };
    Some(Method { name, description, scope, actions })
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
                assert!(
                    action.split_once(':').is_some_and(|(_, name)| !name.is_empty()),
                    "{method:?}"
                );
            }
        }
    }
}
