//! Rights that are cut into pieces over several documents: what one gives together with those that its identity has.

use super::Rights;
use super::held::bounds;
use crate::policy::{Grants, PolicyDocument, describe, managed};
use crate::prior::{Beside, Holdings};

impl Rights {
    /// Adds what makes an administrator of somebody by the new document, `put` or given by its name, together with
    /// those that stay, and by neither alone. Of AWS's own policies no document is known: they join with nothing,
    /// but what they give already is nothing new.
    pub(super) fn join_to(
        &mut self,
        put: Option<PolicyDocument>,
        beside: Option<&Beside>,
        own: Option<&str>,
    ) {
        let Some(Beside { kept, replaced, given }) = beside else { return };
        let kept_documents = documents(kept);
        let given = put.map_or_else(|| documents(given), |document| vec![document]);
        let allow = |all: &[PolicyDocument]| !all.iter().all(PolicyDocument::denies_only);
        // Whoever is made an administrator by the new one alone is told of already.
        if self.grants.all.contains("admin") || !allow(&kept_documents) || !allow(&given) {
            return;
        }
        let bound = kept.boundary.as_ref().and_then(|boundary| bounds(boundary, own));
        let judged = |all: &[PolicyDocument], of_aws: &[&String]| {
            let mut grants = Grants::of(&PolicyDocument::joined(all), own);
            let of_aws = of_aws.iter().filter_map(|arn| managed(arn));
            of_aws.for_each(|policy| grants.extend(policy.grants));
            bound.iter().for_each(|bound| grants.keep(bound));
            grants
        };
        let after = [kept_documents.as_slice(), &given].concat();
        let after = judged(&after, &[]).beyond(&[&self.grants]);
        // Mostly there is nothing new, and what was before needs no judging.
        if after.is_empty() {
            return;
        }
        let of_aws: Vec<&String> = kept.managed.iter().chain(&replaced.managed).collect();
        let before = judged(&[kept_documents, documents(replaced)].concat(), &of_aws);
        self.together = after.beyond(&[&before]);
        self.grants.extend(self.together.clone());
    }

    /// What it gives, for people.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let mut alone = self.grants.clone();
        for (words, joined) in [
            (&mut alone.all, &self.together.all),
            (&mut alone.unconditional, &self.together.unconditional),
        ] {
            words.retain(|word| !joined.contains(word));
        }
        let together = describe(&self.together).into_iter();
        let together = together.map(|line| format!("together with what it has: {line}"));
        describe(&alone).into_iter().chain(together).collect()
    }
}

/// What is only possible forbids nothing.
fn documents(holdings: &Holdings) -> Vec<PolicyDocument> {
    let parsed = |texts: &[String]| -> Vec<PolicyDocument> {
        texts.iter().filter_map(|text| PolicyDocument::parse(text)).collect()
    };
    let possible = parsed(&holdings.possible).into_iter().map(PolicyDocument::without_denials);
    parsed(&holdings.documents).into_iter().chain(possible).collect()
}
