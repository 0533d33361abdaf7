//! What the roles and groups hold that a call hands over, and whether the call is news.

use jiff::SignedDuration;

use super::address::{Address, Thing};
use super::bearers::{BESIDE_MAX, Shared};
use super::given::Given;
use super::holdings::Holdings;
use super::index::{Those, group_of};
use super::known::Why;
use super::missing::Missing;
use super::reach::Behind;
use super::reader::Reader;
use super::{Handed, Moment, ReachMemo, Registers};
use crate::iam::kind::EntityKind;
use crate::vocabulary::HandedKind;

/// How late an event may arrive behind those that came after it.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// The known rights of the roles and groups that a call hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What the call hands over.
    pub handed: Handed,
    /// What each of them holds.
    pub holdings: Vec<Holdings>,
    /// The same thing was given the same roles before.
    pub again: bool,
    /// The same role deployed another stack with the same roles before.
    pub deployed: bool,
    /// The same caller handed over the same by the same call before.
    pub usual: bool,
}

/// The rights of an identity that receives something from a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// The rights that it keeps.
    pub kept: Holdings,
    /// The present value where the call writes.
    pub replaced: Holdings,
    /// What the call gives: the policy that it attaches, or what the group holds.
    pub given: Holdings,
    /// It represents other identities whose holdings are not read.
    pub others: bool,
}

impl Held {
    /// What is known, just before an event, about the roles and groups that it hands over.
    ///
    /// # Errors
    /// The registers that must be read first.
    pub fn of(
        handed: &Handed,
        moment: Moment<'_>,
        registers: &Registers,
        memo: &ReachMemo,
    ) -> Result<Self, Missing> {
        let mut reader = Reader::new(moment, registers, memo);
        reader.powers_ahead(&handed.account);
        let worn = handed.worn.as_ref().filter(|worn| worn.goes_on());
        let named = handed.bearers.len();
        let names_some = named > 0;
        let mut handed = reader.shown(handed);
        let mut holdings: Vec<Holdings> =
            handed.bearers.iter().map(|bearer| reader.bearer(bearer)).collect();
        let account = handed.account.clone();
        let reached = reader.reached(&account, &handed.policies, true, Those::Administrate);
        handed.cut |= reached.cut;
        for (name, role) in reached.roles {
            if handed.bearers.contains(&role) {
                continue;
            }
            // Its known holdings count without doubts: a pattern may reach many roles.
            holdings.push(Holdings { doubt: None, ..reader.bearer(&role) });
            handed = handed.with([(name, role)]);
        }
        // For what a policy lets somebody wear, and for groups, the next step counts when it is made.
        let pass = handed.kind == HandedKind::Role && !handed.by_policy;
        let beyond = reader.beyond(&handed.bearers, &holdings, pass);
        handed.cut |= beyond.cut;
        let (of_containers, beyond): (Vec<Behind>, Vec<Behind>) =
            beyond.roles.into_iter().partition(|behind| behind.of_container);
        holdings.extend(beyond.into_iter().map(|behind| behind.holdings));
        let reached = reader.reached(&account, &handed.policies, true, Those::Wear);
        handed.cut |= reached.cut;
        for (name, role) in reached.roles {
            if handed.bearers.contains(&role) {
                continue;
            }
            // A role that a pattern reaches counts only if it leads to an administrator's role.
            let held = reader.bearer(&role);
            let beyond = reader.beyond(std::slice::from_ref(&role), &[held], false);
            handed.cut |= beyond.cut;
            let mut behind = beyond.roles.into_iter();
            if let Some(found) = behind.find(|behind| reader.administrates(&behind.role)) {
                holdings.push(found.holdings);
                handed = handed.with([(name, role)]);
            }
        }
        let again =
            handed.thing.as_ref().is_some_and(|(address, gift)| reader.given(address, gift));
        let usual = handed.habit.as_ref().is_some_and(|address| reader.usual(address));
        // Machines for containers change every hour: the first one of a caller raised an alert.
        if worn.is_some() || !usual {
            holdings.extend(of_containers.into_iter().map(|behind| behind.holdings));
        }
        if handed.cut {
            holdings.push(Holdings::uncounted());
        }
        let deployed =
            handed.deployments.as_ref().is_some_and(|(address, gift)| reader.given(address, gift));
        if let Some(worn) = worn {
            // Unknown rights raised an alert when they were given.
            let proposed = if worn.proposed { named } else { 0 };
            holdings.iter_mut().skip(proposed).for_each(|holdings| holdings.doubt = None);
            let is_habit = reader.worn_on(worn);
            let again = is_habit && (again || !names_some);
            // A proposed role is given once somebody carries the proposal out.
            let given = is_habit && worn.proposed;
            let (deployed, usual) = (given && deployed, given && usual);
            return reader.finish(Self { handed, holdings, again, deployed, usual });
        }
        reader.finish(Self { handed, holdings, again, deployed, usual })
    }

    /// The state does not answer. If the document is unknown, it is not known to hand anything over.
    #[must_use]
    pub fn unknown(handed: &Handed, why: Why) -> Self {
        let nothing = match why {
            // More was asked for than is read; an attacker may have caused that.
            Why::Unseen => Some(Holdings::uncounted()),
            _ if handed.bearers.is_empty() && !handed.cut => None,
            _ => Some(Holdings { doubt: Some(why), cut: handed.cut, ..Holdings::default() }),
        };
        let holdings = nothing.into_iter().collect();
        Self { handed: handed.clone(), holdings, again: false, deployed: false, usual: false }
    }
}

impl Beside {
    /// What the receivers of a policy hold, and the holders of the policy or group that the event changes. Later events
    /// count too, if they are known by now: events arrive in any order, and rights given in two pieces must not escape.
    ///
    /// # Errors
    /// The registers that must be read first.
    pub fn of(
        given: Option<&Given>,
        shared: Option<&Shared>,
        moment: Moment<'_>,
        registers: &Registers,
    ) -> Result<Vec<Self>, Missing> {
        let at = moment.at.checked_add(LATE).unwrap_or(moment.at);
        let memo = ReachMemo::default();
        let mut reader = Reader::new(Moment { at, ..moment }, registers, &memo);
        let mut all: Vec<Self> = given.iter().map(|given| reader.beside(given)).collect();
        let Some(shared) = shared else { return reader.finish(all) };
        let mut more = false;
        if let (Some(given), Some(group)) = (given, all.first().cloned()) {
            more |= reader.beside_members(&given.at, &group, &mut all);
        }
        let (bearers, more_bearers) = shared.bearers(&mut reader);
        more |= more_bearers;
        for given in bearers {
            let beside = reader.beside(&given);
            if given.at.is(EntityKind::Group) {
                more |= reader.beside_members(&given.at, &beside, &mut all);
            }
            all.push(beside);
        }
        let most = BESIDE_MAX + usize::from(given.is_some());
        if more || all.len() > most {
            all.truncate(most);
            let given = all.first().map(|first| first.given.clone()).unwrap_or_default();
            all.push(Self { given, others: true, ..Self::default() });
        }
        reader.finish(all)
    }
}

impl Reader<'_> {
    fn beside(&mut self, given: &Given) -> Beside {
        let (identity, mut beside) = (&given.at, Beside::default());
        for thing in self.things(identity, &mut beside.kept).into_iter().flatten() {
            let own = thing == identity.thing_text();
            let holdings = if own { &mut beside.replaced } else { &mut beside.kept };
            self.thing(identity, &thing, holdings);
        }
        beside.kept.boundary = self.boundary(identity);
        match identity.thing() {
            Some((Thing::Attached, arn)) => {
                self.attached(identity, arn, true, &mut beside.given);
            }
            Some((Thing::Member, group)) => {
                beside.given = self.identity(&group_of(identity, group));
            }
            _ => {}
        }
        beside
    }

    /// Adds the members of a group, which get what it is given, each with its own holdings beside it. `true` if there
    /// are more than are looked at.
    fn beside_members(&mut self, group: &Address, beside: &Beside, all: &mut Vec<Beside>) -> bool {
        let listed = self.listed_by_all_names(group, Thing::Members);
        let (members, full) = listed.unwrap_or_default();
        let mut count = 0;
        for member in members.into_iter().rev() {
            let at = group.of_other(member).named(Thing::Member, group.name());
            if self.lacks(&at) {
                continue;
            }
            if count == BESIDE_MAX {
                return true;
            }
            count += 1;
            let Beside { mut kept, .. } = self.beside(&Given { at });
            kept.share(beside.kept.clone(), true);
            all.push(Beside { kept, ..beside.clone() });
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Register;
    use super::super::tests::{event, record};
    use super::*;

    /// What is known about the roles and groups of the last event: documents, AWS's policies, and `?` with the reason
    /// if not all is known.
    #[track_caller]
    fn check(lines: &[&str], want: &str) {
        let events: Vec<_> =
            lines.iter().enumerate().map(|(index, line)| event(line, index)).collect();
        let (last, before) = events.split_last().unwrap();
        let handed = Handed::of(last).unwrap();
        for order in [before.to_vec(), before.iter().rev().cloned().collect()] {
            let mut registers = Registers::new();
            order.iter().for_each(|event| record(&mut registers, event));
            let id = last.identity();
            let moment = Moment { at: last.time().unwrap(), event_id: &id };
            let none = BTreeSet::new();
            let held = loop {
                match Held::of(&handed, moment, &registers, &ReachMemo::default()) {
                    Ok(held) => break held,
                    Err(missing) => {
                        let missing = missing.worth_reading(&none);
                        registers.extend(missing.map(|at| (at, Register::default())));
                    }
                }
            };
            let one = &held.holdings[0];
            let doubt = one.doubt.map(|why| format!("?{why:?}"));
            let bound = one.boundary.as_ref().map(|bound| format!("within {bound:?}"));
            let names = one.managed.iter().map(|arn| arn.rsplit('/').next().unwrap().to_owned());
            let words: Vec<String> = one
                .documents
                .iter()
                .chain(&one.possible)
                .cloned()
                .chain(names)
                .chain(bound)
                .chain(doubt)
                .collect();
            assert_eq!(words.join(" "), want);
        }
    }

    const HAND: &str =
        r#"09:00 AddRoleToInstanceProfile {"roleName":"Ops","instanceProfileName":"web"}"#;
    const BORN: &str = r#"01:00 CreateRole {"roleName":"ops","assumeRolePolicyDocument":"t"}"#;
    const ADMIN: &str = r#"02:00 AttachRolePolicy {"roleName":"ops","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#;
    const OWN: &str = r#"03:00 AttachRolePolicy {"roleName":"ops","policyArn":"arn:aws:iam::111122223333:policy/App"}"#;
    const INLINE: &str =
        r#"02:30 PutRolePolicy {"roleName":"OPS","policyName":"x","policyDocument":"d"}"#;

    fn later(line: &str, time: &str, call: &str) -> String {
        let rest = line.splitn(3, ' ').nth(2).unwrap();
        format!("{time} {call} {rest}")
    }

    #[test]
    fn a_role_holds_what_it_was_given_and_has_still() {
        check(&[HAND], "?Unseen");
        check(&[BORN, HAND], "");
        check(&[ADMIN, HAND], "administratoraccess ?Unseen");
        check(&[BORN, ADMIN, INLINE, HAND], "d administratoraccess");
        check(&[BORN, ADMIN, &later(ADMIN, "05:00", "DetachRolePolicy"), HAND], "");
        check(&[BORN, INLINE, &later(INLINE, "05:00", "DeleteRolePolicy"), HAND], "");
        // Given in the second in which it is handed over.
        check(&[BORN, &later(ADMIN, "09:00", "AttachRolePolicy"), HAND], "administratoraccess");
        let other = ADMIN.replace("ops", "dev");
        check(&[BORN, &other, HAND], "");
        let omitted = r#"04:00 PutRolePolicy {"omitted":true}"#;
        check(&[BORN, omitted, HAND], "?Omitted");
        check(&[r#"00:30 PutRolePolicy {"omitted":true}"#, BORN, HAND], "");
    }

    #[test]
    fn a_customer_s_policy_says_what_is_in_force_now() {
        let created = r#"00:10 CreatePolicy {"policyName":"app","policyDocument":"d1"}=>{"policy":{"arn":"arn:aws:iam::111122223333:policy/App","defaultVersionId":"v1"}}"#;
        let wider = r#"05:00 CreatePolicyVersion {"policyArn":"arn:aws:iam::111122223333:policy/App","policyDocument":"d2","setAsDefault":true}=>{"policyVersion":{"versionId":"v2"}}"#;
        check(&[created, BORN, OWN, HAND], "d1");
        check(&[created, BORN, OWN, wider, HAND], "d2");
        check(&[BORN, OWN, HAND], "?Unseen");
    }

    #[test]
    fn a_boundary_counts_where_it_is_certain() {
        let bound = r#"03:30 PutRolePermissionsBoundary {"roleName":"ops","permissionsBoundary":"arn:aws:iam::aws:policy/ReadOnlyAccess"}"#;
        let within =
            r#"administratoraccess within Managed("arn:aws:iam::aws:policy/ReadOnlyAccess")"#;
        check(&[BORN, ADMIN, bound, HAND], within);
        let gone = later(bound, "04:00", "DeleteRolePermissionsBoundary");
        check(&[BORN, ADMIN, bound, &gone, HAND], "administratoraccess");
    }

    #[test]
    fn a_group_takes_what_it_holds_along() {
        let born = r#"01:00 CreateGroup {"groupName":"crew"}"#;
        let put =
            r#"02:00 PutGroupPolicy {"groupName":"crew","policyName":"x","policyDocument":"d"}"#;
        let renamed = r#"03:00 UpdateGroup {"groupName":"crew","newGroupName":"staff"}"#;
        let add = r#"09:00 AddUserToGroup {"groupName":"Staff","userName":"lee"}"#;
        check(&[born, put, renamed, add], "d");
        check(&[born, put, add], "?Unseen");
    }
}
