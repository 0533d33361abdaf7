//! What a user, role or group holds: its attached and inline policies, by events and seed. A user also holds what its
//! groups hold.
//!
//! A register can only be asked by its name. So each identity has a list of all that it was ever given. The register
//! of each thing says whether the identity still has it, and its content.

use super::known::{Prior, Why};

/// The rights of one identity, or of several together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Its documents: inline policies and customer managed policies.
    pub documents: Vec<String>,
    /// Documents that it may have.
    pub possible: Vec<String>,
    /// ARNs of AWS's own policies, in lower case.
    pub managed: Vec<String>,
    /// Its boundary, if that is certain.
    pub boundary: Option<Boundary>,
    /// Why it may hold more.
    pub doubt: Option<Why>,
    /// It had more than can be looked at.
    pub cut: bool,
}

/// The boundary of a user or role, if that is certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    /// A policy of AWS, by its ARN.
    Managed(String),
    /// A document.
    Document(String),
}

impl Holdings {
    /// Holdings beyond the limit count as everything: an attacker may hide behind the limit.
    pub(super) fn uncounted() -> Self {
        Self { cut: true, doubt: Some(Why::Unseen), ..Self::default() }
    }

    /// Adds what another may hold. A boundary binds its own bearer alone, and what is only possible forbids nothing.
    pub fn pool(&mut self, other: &Self) {
        for text in other.documents.iter().chain(&other.possible) {
            if !self.possible.contains(text) {
                self.possible.push(text.clone());
            }
        }
        self.managed.extend(other.managed.iter().cloned());
        self.doubt(other.doubt);
        self.cut |= other.cut;
    }

    pub(super) fn doubt(&mut self, why: Option<Why>) {
        self.doubt = self.doubt.or(why);
    }

    pub(super) fn add(&mut self, found: &Prior, certain: bool) {
        let known = certain && found.present().is_some();
        let documents = if known { &mut self.documents } else { &mut self.possible };
        documents.extend_from_slice(found.possible());
        self.doubt(found.why());
    }

    /// Members hold what their group holds.
    pub(super) fn share(&mut self, group: Self, certain: bool) {
        let documents = if certain { &mut self.documents } else { &mut self.possible };
        documents.extend(group.documents);
        self.possible.extend(group.possible);
        self.managed.extend(group.managed);
        self.doubt(group.doubt);
        self.cut |= group.cut;
    }
}
