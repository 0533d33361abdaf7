//! A parsed policy document.

use super::glob::glob;
use super::principals::Principals;

/// Most statements judged in one document; beyond it the document counts as granting everything,
/// as nobody writes such a document to grant little.
pub const STATEMENTS_MAX: usize = 2_000;

/// A parsed policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    pub(crate) statements: Vec<Statement>,
    /// It has more statements, or statements with more meanings, than are judged.
    pub(crate) too_long: bool,
    /// It is of a version that reads `${…}` as a variable.
    pub(crate) variables: bool,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) allow: bool,
    pub(crate) actions: Clause,
    pub(crate) resources: Clause,
    pub(crate) principals: Principals,
    pub(crate) conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<String>,
}

/// One key of a `Condition` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// `StringEquals`, `ForAnyValue:StringLike` …
    pub(crate) operator: String,
    /// `aws:PrincipalOrgID` …
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

impl PolicyDocument {
    /// A document of this statement alone.
    pub(crate) fn alone(&self, statement: &Statement) -> Self {
        let statements = vec![statement.clone()];
        Self { statements, too_long: false, variables: self.variables }
    }

    /// The documents of one identity as one: a denial in one binds the others.
    #[must_use]
    pub fn joined(documents: &[Self]) -> Self {
        let statements = documents.iter().flat_map(|document| &document.statements);
        let statements: Vec<Statement> = statements.take(STATEMENTS_MAX + 1).cloned().collect();
        Self {
            too_long: statements.len() > STATEMENTS_MAX
                || documents.iter().any(|document| document.too_long),
            variables: documents.iter().any(|document| document.variables),
            statements,
        }
    }

    /// Only what its `Allow` statements say.
    #[must_use]
    pub(crate) fn without_denials(mut self) -> Self {
        self.statements.retain(|statement| statement.allow);
        self
    }

    /// Does it forbid anything?
    #[must_use]
    pub(crate) fn denies(&self) -> bool {
        self.statements.iter().any(|statement| !statement.allow)
    }

    /// Is anybody named in it? Policies of identities name none.
    #[must_use]
    pub(crate) fn says_who(&self) -> bool {
        let named = |one: &Statement| one.principals.negated || !one.principals.entries.is_empty();
        self.too_long || self.statements.iter().any(named)
    }

    /// Does it forbid, and allow nothing?
    #[must_use]
    pub fn denies_only(&self) -> bool {
        !self.statements.is_empty() && self.statements.iter().all(|statement| !statement.allow)
    }
}

impl Clause {
    pub(super) fn in_lower_case(mut self) -> Self {
        self.patterns.iter_mut().for_each(|pattern| pattern.make_ascii_lowercase());
        self
    }

    /// Does the clause name this action? `*` and `?` are wildcards, case does not count.
    pub(crate) fn names_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let named = self.patterns.iter().any(|pattern| glob(pattern, &action));
        // An absent clause names nothing, even if it is negated.
        named != self.negated && !(self.negated && self.patterns.is_empty())
    }
}
