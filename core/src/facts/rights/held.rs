//! What a role or group that a call hands over grants, by events and seed.

use std::collections::BTreeSet;

use crate::iam::policy::{Grant, Grants, PolicyDocument, managed};
use crate::prior::{Boundary, Held, Holdings, Why};
use crate::vocabulary::{Exempt, Guarded, HandedKind};

/// What a call hands over, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct HandedOver {
    /// `role`, `group` or `permission-set`.
    pub kind: HandedKind,
    /// The names, as the call spells them.
    pub names: Vec<String>,
    /// They are names of instance profiles, and the roles are those in them.
    pub in_profiles: bool,
    /// What the handed-over roles or groups hold, together.
    pub grants: Grants,
    /// Some policy of theirs forbids something.
    pub denies: bool,
    /// They have policies, and all of them only forbid.
    pub only_denies: bool,
    /// Why they may hold more.
    pub unknown: Option<Why>,
    /// A role among them is judged more mildly, or changes this tool unseen.
    pub exempt: Option<Exempt>,
    /// A role among them that the owner guards.
    pub guarded: Option<Guarded>,
    /// It is not news: this thing, another stack of the same pipeline, or this caller was given or gave the same
    /// before; or a policy allows it and no role among them is an administrator's.
    pub again: bool,
}

/// Most roles of one call that are judged each by itself, of the work of twice as many documents. What the others
/// allow is judged together, and what forbids or bounds them left out.
const EACH_MAX: usize = 4;

impl HandedOver {
    /// Judges what is known. `own` is the account of the event; `pipeline` says that the owner lists the caller as
    /// automation that deploys. `exempt` and `guarded` are what the owner says of a role among those handed over.
    #[must_use]
    pub fn of(
        held: &Held,
        own: Option<&str>,
        pipeline: bool,
        exempt: Option<Exempt>,
        guarded: Option<Guarded>,
    ) -> Self {
        let mut over = Self {
            kind: held.handed.kind,
            names: held.handed.names.clone(),
            in_profiles: held.handed.names_profiles(),
            grants: Grants::default(),
            denies: false,
            only_denies: true,
            unknown: None,
            exempt,
            guarded,
            again: false,
        };
        let (each, rest) = held.holdings.split_at(held.holdings.len().min(EACH_MAX));
        each.iter().for_each(|holdings| over.add(holdings, own));
        if !rest.is_empty() {
            over.add(&pooled(rest), own);
        }
        over.only_denies &= over.denies;
        // A new bearer of a role that is trusted with more is news, even if the role holds nothing.
        let by_policy = held.handed.by_policy && exempt.is_none() && guarded.is_none();
        let daily = held.usual || by_policy;
        over.again = held.again
            || held.handed.rolls_out
            || (pipeline && held.deployed)
            || (daily && !over.grants.administer());
        over
    }

    /// As far as is known nothing is handed over: the document that the call names hands over no role.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.names.is_empty() && self.unknown.is_none() && self.grants.all.is_empty()
    }

    fn add(&mut self, holdings: &Holdings, own: Option<&str>) {
        self.unknown = self.unknown.or(holdings.doubt);
        let mut grants = Grants::default();
        let certain = self.read(&holdings.documents);
        let possible = self.read(&holdings.possible);
        if !certain.is_empty() {
            grants.extend(Grants::of(&PolicyDocument::joined(&certain), own));
        }
        if !possible.is_empty() {
            // What is only possible forbids nothing.
            let allows = possible.into_iter().map(PolicyDocument::without_denials);
            let all: Vec<PolicyDocument> = certain.into_iter().chain(allows).collect();
            grants.extend(Grants::of(&PolicyDocument::joined(&all), own));
        }
        for arn in &holdings.managed {
            let Some(policy) = managed(arn) else {
                self.unknown = self.unknown.or(Some(Why::Unseen));
                self.only_denies = false;
                continue;
            };
            self.denies |= policy.denies;
            self.only_denies &= policy.denies;
            grants.extend(policy.grants);
        }
        if holdings.cut {
            grants.extend(Grants::too_long());
        }
        if let Some(bounds) = holdings.boundary.as_ref().and_then(|bound| bounds(bound, own)) {
            grants.keep(&bounds);
        }
        self.grants.extend(grants);
    }

    fn read(&mut self, texts: &[String]) -> Vec<PolicyDocument> {
        let documents: Vec<PolicyDocument> =
            texts.iter().filter_map(|text| PolicyDocument::parse(text)).collect();
        if documents.len() < texts.len() {
            self.unknown = self.unknown.or(Some(Why::Unreadable));
        }
        self.denies |= documents.iter().any(PolicyDocument::denies);
        self.only_denies &= documents.iter().all(PolicyDocument::denies_only);
        documents
    }
}

fn pooled(all: &[Holdings]) -> Holdings {
    let mut pool = Holdings::default();
    all.iter().for_each(|one| pool.pool(one));
    pool
}

/// The grants that a boundary leaves. `None` if they are unknown.
pub(super) fn bounds(boundary: &Boundary, own: Option<&str>) -> Option<BTreeSet<Grant>> {
    Some(match boundary {
        Boundary::Managed(arn) => managed(arn)?.grants.all,
        Boundary::Document(text) => Grants::of(&PolicyDocument::parse(text)?, own).all,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::sample::call;
    use crate::prior::Handed;

    const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const NOTHING: &str = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    const READ: &str =
        r#"{"Statement":{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}}"#;

    fn handed() -> Handed {
        let added = r#"{"groupName":"crew","userName":"lee"}"#;
        Handed::of(&call("iam", "AddUserToGroup").parameters(added).event()).unwrap()
    }

    fn judged(holdings: Holdings) -> HandedOver {
        let handed = handed();
        let held =
            Held { handed, holdings: vec![holdings], again: false, deployed: false, usual: true };
        HandedOver::of(&held, Some("111122223333"), false, None, None)
    }

    fn holding(documents: &[&str], managed: &[&str], boundary: Option<Boundary>) -> Holdings {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Holdings {
            documents: owned(documents),
            managed: owned(managed),
            boundary,
            ..Holdings::default()
        }
    }

    #[track_caller]
    fn check(holdings: Holdings, admin: bool, only_denies: bool) {
        let over = judged(holdings);
        assert_eq!(over.grants.all.contains("admin"), admin, "{over:?}");
        assert_eq!(over.only_denies, only_denies, "{over:?}");
    }

    #[test]
    fn documents_and_aws_s_policies_are_judged_together() {
        let admin = "arn:aws:iam::aws:policy/administratoraccess";
        check(holding(&[], &[], None), false, false);
        check(holding(&[READ], &[], None), false, false);
        check(holding(&[READ, ALL], &[], None), true, false);
        check(holding(&[READ], &[admin], None), true, false);
        check(holding(&[NOTHING], &[], None), false, true);
        check(holding(&[NOTHING, READ], &[], None), false, false);
        check(holding(&[NOTHING, ALL], &[], None), false, false);
        let maybe = Holdings { possible: vec![NOTHING.to_owned()], ..holding(&[ALL], &[], None) };
        check(maybe, true, false);
        // Half of a way in each.
        let pass = r#"{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}}"#;
        let run = r#"{"Statement":{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"}}"#;
        let both = judged(holding(&[pass, run], &[], None));
        assert!(both.grants.all.contains("privesc:pass-role-ec2"), "{both:?}");
        check(holding(&[], &["arn:aws:iam::aws:policy/awsdenyall"], None), false, true);
    }

    #[test]
    fn a_habit_covers_no_administrator() {
        let jobs = "arn:aws:iam::aws:policy/service-role/awsglueservicerole";
        let ways = judged(holding(&[], &[jobs], None));
        assert!(ways.again && ways.grants.all.contains("escalation"), "{ways:?}");
        for document in [
            ALL,
            r#"{"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#,
            r#"{"Statement":{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"}}"#,
        ] {
            assert!(!judged(holding(&[document], &[], None)).again, "{document}");
        }
    }

    #[test]
    fn a_boundary_leaves_what_it_allows_itself() {
        let within = |text: &str| Some(Boundary::Document(text.to_owned()));
        check(holding(&[ALL], &[], within(READ)), false, false);
        check(holding(&[ALL], &[], within(ALL)), true, false);
        let one_way =
            r#"{"Statement":{"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"*"}}"#;
        let other_way = r#"{"Statement":{"Effect":"Allow","Action":"lambda:UpdateFunctionCode","Resource":"*"}}"#;
        let apart = judged(holding(&[one_way], &[], within(other_way)));
        assert!(!apart.grants.all.contains("escalation"), "{apart:?}");
        // What cannot be read bounds nothing.
        check(holding(&[ALL], &[], within("x")), true, false);
        let unknown = Some(Boundary::Managed("arn:aws:iam::aws:policy/NobodyKnows".to_owned()));
        check(holding(&[ALL], &[], unknown), true, false);
    }

    #[test]
    fn the_last_of_many_roles_counts_too() {
        let held = |last: &Holdings| {
            let mut over = Held::unknown(&handed(), Why::Unseen);
            over.holdings = vec![holding(&[READ], &[], None); 9];
            over.holdings.push(last.clone());
            HandedOver::of(&over, Some("111122223333"), false, None, None)
                .grants
                .all
                .contains("admin")
        };
        assert!(held(&holding(&[ALL, NOTHING], &[], None)));
        assert!(held(&holding(&[], &["arn:aws:iam::aws:policy/administratoraccess"], None)));
        assert!(!held(&holding(&[READ], &[], None)));
    }

    #[test]
    fn what_cannot_be_read_or_is_too_much_counts() {
        let unknown = judged(holding(&[], &["arn:aws:iam::aws:policy/nobodyknows"], None));
        assert_eq!((unknown.unknown, unknown.only_denies), (Some(Why::Unseen), false));
        assert_eq!(judged(holding(&["x"], &[], None)).unknown, Some(Why::Unreadable));
        let cut = judged(Holdings { cut: true, ..Holdings::default() });
        assert!(cut.grants.all.contains("escalation"));
    }
}
