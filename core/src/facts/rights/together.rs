//! Rights that are cut into pieces over several documents: what one gives together with those that its identity has.

use super::change::Rights;
use super::held::bounds;
use crate::iam::policy::{Grant, Grants, PolicyDocument, describe, managed};
use crate::prior::{Beside, Holdings};

/// Most bytes of documents joined. IAM certainly lets nobody have so many: at most 20 policies of 6,144 characters on
/// a user and 10 on each of 10 groups, and inline ones.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const BYTES_MAX: usize = 1 << 20;

/// Most identities of which each is judged by itself. The others are judged as if they were one.
const EACH_MAX: usize = 2;
/// A principal who may read the data of more services than this reads them for all, as an auditor does.
const SERVICES_MAX: usize = 3;
/// About so many bytes of documents of the others are judged.
const POOL_BYTES_MAX: usize = 128 * 1024;

impl Rights {
    /// Adds what makes somebody an administrator by the new document and the documents that stay together, and by
    /// neither alone. The new document is `put`, or given by its name. The documents of AWS's own policies are not
    /// known: they join with nothing, but what they give already is not new.
    pub(super) fn join_to(
        &mut self,
        put: Option<&PolicyDocument>,
        beside: &[Beside],
        own: Option<&str>,
    ) {
        let (others, beside): (Vec<&Beside>, Vec<&Beside>) =
            beside.iter().partition(|beside| beside.others);
        let (each, rest) = beside.split_at(beside.len().min(EACH_MAX));
        each.iter().for_each(|beside| self.join_to_one(put, beside, own));
        let (pool, cut) = pooled(rest);
        if !rest.is_empty() {
            self.join_to_one(put, &pool, own);
        }
        // What nobody looked at may be the other half of a step, and of nothing else.
        let given = others.first().or(rest.first()).map(|beside| documents(&beside.given));
        let new = put.map_or_else(|| given.unwrap_or_default(), |put| vec![put.clone()]);
        if (cut || !others.is_empty()) && new.iter().any(PolicyDocument::takes_a_step) {
            self.give_together(Grants::too_long().beyond(&[&self.grants]));
        }
    }

    fn join_to_one(&mut self, put: Option<&PolicyDocument>, beside: &Beside, own: Option<&str>) {
        let Beside { kept, replaced, given, .. } = beside;
        let much = [kept, replaced, given].into_iter().map(bytes).sum::<usize>() > BYTES_MAX;
        // What was not looked at may be the other half.
        if much || kept.cut {
            self.give_together(Grants::too_long().beyond(&[&self.grants]));
            return;
        }
        let kept_documents = documents(kept);
        let given = put.map_or_else(|| documents(given), |document| vec![document.clone()]);
        let allow = |all: &[PolicyDocument]| !all.iter().all(PolicyDocument::denies_only);
        // One that the new policy alone makes an administrator has raised an alert already.
        if self.grants.all.contains(&Grant::Admin) || !allow(&kept_documents) || !allow(&given) {
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
        self.give_together(after.beyond(&[&before]));
    }

    fn give_together(&mut self, grants: Grants) {
        self.grants.extend(grants.clone());
        self.together.extend(grants);
    }

    /// What it gives, for people.
    #[must_use]
    pub(crate) fn describe(&self) -> Vec<String> {
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

/// Is it certain that the one identity which receives something held little before: nothing, or data of some services?
/// Who can mend an account holds more, and so does who reads all of it. What gives none of the known rights may be there to
/// watch, so it does not count as little.
pub(crate) fn holds_little(beside: &[Beside], own: Option<&str>) -> bool {
    let [Beside { kept, replaced, others: false, .. }] = beside else { return false };
    let of_data = |grants: &Grants| {
        let services = grants.all.iter().filter(|grant| matches!(grant, Grant::Data(_))).count();
        let others = |grant: &Grant| !matches!(grant, Grant::Data(_) | Grant::DataAll);
        (1..=SERVICES_MAX).contains(&services) && !grants.all.iter().any(others)
    };
    [kept, replaced].into_iter().all(|held| {
        let mut texts = held.documents.iter().chain(&held.possible);
        let is_little = |text: &String| {
            let document = PolicyDocument::parse(text);
            document.is_some_and(|one| one.denies_only() || of_data(&Grants::of(&one, own)))
        };
        let of_aws = |arn: &String| managed(arn).is_some_and(|policy| of_data(&policy.grants));
        let is_certain = held.doubt.is_none() && !held.cut;
        is_certain && texts.all(is_little) && held.managed.iter().all(of_aws)
    })
}

/// Several as one, without what bounds each of them or is denied, and of them as many as are judged in the time that
/// there is; and whether there are more.
fn pooled(all: &[&Beside]) -> (Beside, bool) {
    let mut pool = Beside::default();
    for (count, beside) in all.iter().enumerate() {
        pool.kept.pool(&beside.kept);
        pool.replaced.pool(&beside.replaced);
        pool.given.pool(&beside.given);
        if bytes(&pool.kept) > POOL_BYTES_MAX {
            return (pool, count + 1 < all.len());
        }
    }
    (pool, false)
}

fn bytes(holdings: &Holdings) -> usize {
    holdings.documents.iter().chain(&holdings.possible).map(String::len).sum()
}

/// What is only possible forbids nothing.
fn documents(holdings: &Holdings) -> Vec<PolicyDocument> {
    let parsed = |texts: &[String]| -> Vec<PolicyDocument> {
        texts.iter().filter_map(|text| PolicyDocument::parse(text)).collect()
    };
    let possible = parsed(&holdings.possible).into_iter().map(PolicyDocument::without_denials);
    parsed(&holdings.documents).into_iter().chain(possible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prior::Boundary;

    const OWN: Option<&str> = Some("111122223333");

    fn allow(action: &str) -> String {
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":{action},"Resource":"*"}}}}"#)
    }

    fn holding(documents: &[&str]) -> Holdings {
        let documents = documents.iter().map(|text| (*text).to_owned()).collect();
        Holdings { documents, ..Holdings::default() }
    }

    /// The words that a document gives together with these.
    fn joined(put: &str, beside: &Beside) -> String {
        let document = PolicyDocument::parse(put).unwrap();
        let grants = Grants::of(&document, OWN);
        let mut rights = Rights { grants, ..Rights::default() };
        rights.join_to(Some(&document), std::slice::from_ref(beside), OWN);
        assert!(rights.together.all.is_subset(&rights.grants.all));
        rights.together.all.into_iter().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn check(kept: Holdings, replaced: Holdings, put: &str, want: &str) {
        let beside = Beside { kept, replaced, ..Beside::default() };
        assert_eq!(joined(put, &beside), want);
    }

    const WAY: &str = "escalation privesc:enable-mfa-device";

    #[test]
    fn what_neither_gives_alone_is_given_together() {
        let (make, set) =
            (allow(r#""iam:CreateVirtualMFADevice""#), allow(r#""iam:EnableMFADevice""#));
        let none = Holdings::default;
        check(none(), none(), &set, "");
        check(holding(&[&make]), none(), &set, WAY);
        check(holding(&[&make]), holding(&[&set]), &set, "");
        check(none(), holding(&[&make]), &set, "");
        let possible = Holdings { possible: vec![make.clone()], ..none() };
        check(possible, none(), &set, WAY);
        let ban = allow(r#""iam:*""#).replace("Allow", "Deny");
        check(holding(&[&make, &ban]), none(), &set, "");
        let maybe = Holdings { possible: vec![ban.clone()], ..holding(&[&make]) };
        check(maybe, none(), &set, WAY);
        // The new one takes the place of what forbade it.
        check(holding(&[&make, &set]), holding(&[&ban]), &allow(r#""s3:List*""#), WAY);
        check(holding(&["x"]), none(), &set, "");
        assert_eq!(joined(&set, &Beside::default()), "");
    }

    #[test]
    fn who_had_it_or_may_not_have_it_is_given_nothing() {
        let (make, set) =
            (allow(r#""iam:CreateVirtualMFADevice""#), allow(r#""iam:EnableMFADevice""#));
        let of_aws = |name: &str| Holdings {
            managed: vec![format!("arn:aws:iam::aws:policy/{name}")],
            ..holding(&[&make])
        };
        check(of_aws("administratoraccess"), Holdings::default(), &set, "");
        check(of_aws("readonlyaccess"), Holdings::default(), &set, WAY);
        let within = |boundary| Holdings { boundary: Some(boundary), ..holding(&[&make]) };
        let read = Boundary::Document(allow(r#""ec2:Describe*""#));
        check(within(read), Holdings::default(), &set, "");
        let all = Boundary::Document(allow(r#""*""#));
        check(within(all), Holdings::default(), &set, WAY);
    }

    #[test]
    fn more_than_anybody_can_have_counts_as_everything() {
        let much = Holdings { possible: vec![" ".repeat(BYTES_MAX + 1)], ..Holdings::default() };
        let beside = Beside { kept: much, ..Beside::default() };
        assert!(joined(&allow(r#""s3:List*""#), &beside).contains("too-long"));
    }
}
