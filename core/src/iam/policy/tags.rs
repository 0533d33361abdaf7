//! The tags by which documents decide: setting one changes what documents say without changing them.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html>

use std::collections::BTreeSet;

use super::document::{Clause, PolicyDocument, Statement};
use super::grants::Grants;
use crate::iam::action;
use crate::text::words::words;

words! {
    /// A decision of a document by a tag.
    pub enum TagWord {
        /// Administrator rights, or a way to them.
        Admin = "admin",
        /// Other rights that go far.
        Rights = "rights",
        /// Whether something is denied.
        Denial = "denial",
        /// Who may assume a role.
        Trust = "trust",
    }
}

/// The owner of the tags in a document's conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TagOf {
    /// Tags of the caller: a user, a role.
    Principal,
    /// Tags of the resource.
    Resource,
}

impl TagOf {
    const ALL: [Self; 2] = [Self::Principal, Self::Resource];

    /// Beginnings, in lower case, of condition keys and variables for such tags.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Principal => &["aws:principaltag/"],
            Self::Resource => &["iam:resourcetag/", "aws:resourcetag/"],
        }
    }
}

impl PolicyDocument {
    /// The tags by which the document decides: whose, their keys in lower case, and what they decide. An `Allow` counts
    /// only if it goes far with its conditions met; tags of resources only for identities and policies.
    #[must_use]
    pub(crate) fn deciding_tags(&self, own: &str) -> BTreeSet<(TagOf, String, TagWord)> {
        let mut found = BTreeSet::new();
        for statement in &self.statements {
            let asked = TagOf::ALL.map(|of| (of, statement.tags(of)));
            if asked.iter().all(|(_, keys)| keys.is_empty()) {
                continue;
            }
            let Some(word) = self.decides(statement, own) else { continue };
            let iam = statement.is_about_iam();
            let asked = asked.into_iter().filter(|(of, _)| *of == TagOf::Principal || iam);
            found.extend(asked.flat_map(|(of, keys)| {
                keys.into_iter().map(move |key| (of, key, word)).collect::<Vec<_>>()
            }));
        }
        found
    }

    /// The decisions of one of its statements.
    fn decides(&self, statement: &Statement, own: &str) -> Option<TagWord> {
        if !statement.allow {
            return Some(TagWord::Denial);
        }
        if statement.principals.negated || !statement.principals.entries.is_empty() {
            return Some(TagWord::Trust);
        }
        let alone = Self { statements: vec![statement.clone()], ..self.clone() };
        let grants = Grants::of(&alone, Some(own));
        let of_roles = || [false, true].iter().any(|on| alone.about_roles(*on).next().is_some());
        match grants.administer() {
            true => Some(TagWord::Admin),
            false if !grants.is_empty() || of_roles() => Some(TagWord::Rights),
            false => None,
        }
    }
}

impl Statement {
    /// The keys of the tags that it uses: in its conditions, and by variables in its values and resources.
    fn tags(&self, of: TagOf) -> BTreeSet<String> {
        let keys = self.conditions.iter().map(|condition| condition.key.to_lowercase());
        let keys = keys.filter_map(|key| {
            let key = of.prefixes().iter().find_map(|prefix| key.strip_prefix(prefix))?;
            Some(key.to_owned())
        });
        let values = self.conditions.iter().flat_map(|condition| &condition.values);
        let texts = values.chain(&self.resources.patterns);
        let by_variable = texts.flat_map(|text| {
            let text = text.to_lowercase();
            let named = text.split("${").skip(1).filter_map(|rest| {
                let name = rest.split(['}', ',']).next()?.trim();
                of.prefixes().iter().find_map(|prefix| name.strip_prefix(prefix))
            });
            named.map(str::to_owned).collect::<Vec<_>>()
        });
        keys.chain(by_variable).filter(|key| !key.is_empty()).collect()
    }

    /// Does it name calls on identities and policies, or the wearing of roles?
    fn is_about_iam(&self) -> bool {
        let Clause { negated, patterns } = &self.actions;
        let names = |pattern: &String| {
            let service = action::parts(pattern).0.to_lowercase();
            ["iam", "sts"].iter().any(|one| super::glob::glob(&service, one))
        };
        *negated || patterns.iter().any(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(statement: &str, want: &[(TagOf, &str, TagWord)]) {
        let text = format!(r#"{{"Statement":{statement}}}"#);
        let found = PolicyDocument::parse(&text).unwrap().deciding_tags("111122223333");
        let want = want.iter().map(|(of, key, word)| (*of, (*key).to_owned(), *word)).collect();
        assert_eq!(found, want, "{statement}");
    }

    #[test]
    fn conditions_and_variables_ask_for_tags() {
        use TagOf::{Principal, Resource};
        use TagWord::{Admin, Denial, Rights, Trust};
        let all = r#""Action":"*","Resource":"*""#;
        let team = r#""Condition":{"StringEquals":{"aws:principaltag/Team":"sec"}}"#;
        check(&format!(r#"{{"Effect":"Allow",{all},{team}}}"#), &[(Principal, "team", Admin)]);
        check(&format!(r#"{{"Effect":"Deny",{all},{team}}}"#), &[(Principal, "team", Denial)]);
        check(
            &format!(
                r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"*"}},{team}}}"#
            ),
            &[(Principal, "team", Trust)],
        );
        check(
            &format!(r#"{{"Effect":"Allow","Action":"ec2:StartInstances","Resource":"*",{team}}}"#),
            &[],
        );
        let wears = r#""Effect":"Allow","Action":"sts:AssumeRole","Resource""#;
        check(
            &format!(r#"{{{wears}:"arn:aws:iam::*:role/${{aws:PrincipalTag/Unit, 'x'}}/*"}}"#),
            &[(Principal, "unit", Rights)],
        );
        check(
            &format!(
                r#"{{{wears}:"*","Condition":{{"StringEquals":{{"iam:ResourceTag/owner":"${{aws:PrincipalTag/owner}}"}}}}}}"#
            ),
            &[(Principal, "owner", Rights), (Resource, "owner", Rights)],
        );
        // Tags of buckets are not set on roles.
        let bucket = r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/owner":"x"}}"#;
        check(&format!(r#"{{"Effect":"Deny",{bucket}}}"#), &[]);
        check(&format!(r#"{{"Effect":"Allow",{all}}}"#), &[]);
    }
}
