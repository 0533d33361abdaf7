//! The effect of restoring what an event replaced: the event may have taken rights away.

use std::collections::BTreeSet;

use crate::iam::policy::{Grant, Grants, Trust, TrustWord};

/// The effect of restoring, by the grant words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Back {
    /// It is unknown.
    #[default]
    Unknown,
    /// It gives nothing, and takes something.
    Takes,
    /// It gives something, and takes nothing.
    Gives,
    /// It gives something and takes something.
    Both,
}

impl Back {
    /// `took`: the event took something; `gave`: it gave something. The reverse does the opposite.
    pub(super) fn of(took: bool, gave: bool) -> Self {
        match (took, gave) {
            (false, false) => Self::Unknown,
            (false, true) => Self::Takes,
            (true, false) => Self::Gives,
            (true, true) => Self::Both,
        }
    }

    fn between<T: Ord>(before: &BTreeSet<T>, after: &BTreeSet<T>) -> Self {
        let beyond = |some: &BTreeSet<T>, others| some.difference(others).next().is_some();
        Self::of(beyond(before, after), beyond(after, before))
    }
}

/// Those who come from outside, and trust that lets in anybody.
const OUTSIDE: [TrustWord; 8] = [
    TrustWord::Anyone,
    TrustWord::AnyoneConditioned,
    TrustWord::ExternalAccount,
    TrustWord::UnknownPrincipal,
    TrustWord::NoExternalId,
    TrustWord::Federated,
    TrustWord::FederatedUnconditioned,
    TrustWord::ServiceOutside,
];

/// Compares trust policies. Who is let in from outside counts before who is at home.
pub(super) fn of_trust(before: &Trust, after: &Trust) -> Back {
    let [anyone_before, anyone_after] =
        [before, after].map(|trust| trust.words.contains(&TrustWord::Anyone));
    if anyone_before != anyone_after {
        return Back::of(anyone_before, anyone_after);
    }
    let [outside_before, outside_after] = [before, after].map(outsiders);
    match Back::between(&outside_before, &outside_after) {
        Back::Unknown => {}
        found => return found,
    }
    // A trust in services alone lets in nobody.
    let all = |trust: &Trust| -> BTreeSet<String> {
        let words = trust.words.iter().filter(|word| **word != TrustWord::ServiceOnly);
        let words = words.map(ToString::to_string);
        words.chain(trust.others.iter().chain(&trust.services).cloned()).collect()
    };
    Back::between(&all(before), &all(after))
}

fn outsiders(trust: &Trust) -> BTreeSet<String> {
    let words = trust.words.iter().filter(|word| OUTSIDE.contains(word)).map(ToString::to_string);
    let named = [&trust.unconditioned, &trust.unknown].into_iter().flatten().cloned();
    let strange = trust.words.contains(&TrustWord::ExternalAccount);
    let accounts = trust.accounts.iter().filter(|_| strange).cloned();
    words.chain(named).chain(accounts).collect()
}

/// Compares boundaries by what each leaves. A boundary that allows everything limits nothing.
pub(super) fn of_boundary(before: Option<&Grants>, after: Option<&Grants>) -> Back {
    let all = |grants: Option<&Grants>| grants.is_some_and(|one| one.all.contains(&Grant::Admin));
    match (all(before), all(after)) {
        (true, true) => Back::Unknown,
        (true, false) => Back::Gives,
        (false, true) if before.is_some() => Back::Takes,
        _ => match (before, after) {
            (Some(before), Some(after)) => Back::between(&before.all, &after.all),
            _ => Back::Unknown,
        },
    }
}
