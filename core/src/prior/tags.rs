//! The tags by which known documents decide, and whether a call sets or takes one of them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::address::{Address, Thing};
use super::index::{document_in, listed};
use super::memo::ReachMemo;
use super::missing::Missing;
use super::reader::Reader;
use super::{Moment, Registers, Value};
use crate::event::{Event, values_at};
use crate::iam::catalogue::IAM;
use crate::iam::kind::EntityKind;
use crate::iam::policy::{PolicyDocument, TagOf, TagWord};

/// Most keys of one document that are listed. A document with more is listed as deciding by any key.
const KEYS_MAX: usize = 12;
/// In place of a key, if any key may decide.
const ANY: &str = "";

/// The list of the tag keys in conditions of an account's documents. An empty account means the organization.
fn deciding(account: &str) -> Address {
    Address::of_account(account, Thing::DecidingTags)
}

/// Additions to the lists of the tags by which documents decide.
pub(super) fn listings(writes: &[(Address, Value)]) -> Vec<(Address, Value)> {
    let documents = writes.iter().filter_map(|(at, value)| Some((at, document_in(at, value)?)));
    documents.flat_map(|(address, text)| listings_of(address, text)).collect()
}

/// Additions to the list that go with a document.
fn listings_of(address: &Address, text: &str) -> Vec<(Address, Value)> {
    let of_organization = address.is(EntityKind::OrganizationPolicy);
    let list = deciding(if of_organization { "" } else { &address.account });
    let Some(document) = PolicyDocument::parse(text) else { return Vec::new() };
    let mut found = document.deciding_tags(&address.account);
    if found.len() > KEYS_MAX {
        found = found.into_iter().map(|(of, _, word)| (of, ANY.to_owned(), word)).collect();
    }
    let entry =
        |(of, key, word): &(TagOf, String, TagWord)| listed(list.clone(), &line(*of, key, *word));
    found.iter().map(entry).collect()
}

/// In stored form: `principal admin team`.
fn line(of: TagOf, key: &str, word: TagWord) -> String {
    let whose = match of {
        TagOf::Principal => "principal",
        TagOf::Resource => "resource",
    };
    format!("{whose} {} {key}", word.word())
}

/// The tags that a call sets on, or takes off, an existing entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    account: String,
    /// It is a user or a role, whose own tags count when it calls.
    principal: bool,
    /// In small letters.
    keys: BTreeSet<String>,
}

impl Tagged {
    /// The tags that a call of IAM sets or removes. A new entity has no rights yet: an alert comes when it is given
    /// some.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let (account, call) = (event.account()?, event.name()?);
        let what = call.strip_prefix("Tag").or(call.strip_prefix("Untag"))?;
        if event.event_source() != Some(IAM) {
            return None;
        }
        let paths = ["detail.requestParameters.tags.key", "detail.requestParameters.tagKeys"];
        let values = paths.iter().flat_map(|path| values_at(event.raw(), path));
        let keys = values.filter_map(Json::as_str).map(str::to_lowercase).collect();
        let principal = matches!(what, "Role" | "User");
        Some(Self { account: account.to_owned(), principal, keys })
    }

    /// Decisions of known documents by these tags.
    ///
    /// # Errors
    /// The registers that must be read first.
    pub(super) fn decide(
        &self,
        moment: Moment<'_>,
        registers: &Registers,
    ) -> Result<BTreeSet<TagWord>, Missing> {
        let memo = ReachMemo::default();
        let mut reader = Reader::new(moment, registers, &memo);
        let mut words = BTreeSet::new();
        let whose: &[TagOf] = match self.principal {
            true => &[TagOf::Principal, TagOf::Resource],
            false => &[TagOf::Resource],
        };
        for list in [deciding(&self.account), deciding("")] {
            let (lines, full) = reader.listed(list).unwrap_or_default();
            let lines: BTreeSet<&str> = lines.into_iter().collect();
            for word in TagWord::ALL.iter().copied() {
                let keys = || self.keys.iter().map(String::as_str).chain([ANY]);
                let mut known =
                    whose.iter().flat_map(|of| keys().map(move |key| line(*of, key, word)));
                // Older lines may have been removed, so any tag may decide.
                if (full && word == TagWord::Rights)
                    || known.any(|line| lines.contains(line.as_str()))
                {
                    words.insert(word);
                }
            }
        }
        reader.finish(words)
    }
}
