//! What a user, role or group holds: the policies attached to it and inline, as far as events and seed tell, and
//! of a user what the groups hold that it is in.
//!
//! A register can only be asked by its name. So each of them has a list of all that it was ever given; whether it
//! has it still, and what that says, tell the registers of each thing.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::answer::{self, RENAMES_MAX, in_force, omitting, value};
use super::given::Given;
use super::handed::{Bearer, Gift, Worn};
use super::write::unread;
use super::{Address, Ask, Handed, Moment, Prior, Registers, Value, Why, Write, policy};

/// The thing of an identity under which its list stands.
const LIST: &str = "list";
/// Most things of one user, role or group looked at.
const THINGS_MAX: usize = 40;
/// Most groups of one user looked at, as many as IAM allows.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const GROUPS_MAX: usize = 10;
/// How late an event may arrive behind those that came after it.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// What somebody holds, or several together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Documents that it has: inline, and of a customer's policies.
    pub documents: Vec<String>,
    /// Documents that it may have.
    pub possible: Vec<String>,
    /// ARNs of AWS's own policies, in small letters.
    pub managed: Vec<String>,
    /// What bounds it, where that is certain.
    pub boundary: Option<Boundary>,
    /// Why it may hold more.
    pub doubt: Option<Why>,
    /// It had more than can be looked at.
    pub cut: bool,
}

/// What bounds a user or role, for certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    /// A policy of AWS, by its ARN.
    Managed(String),
    /// A document.
    Document(String),
}

/// What is known of what a call hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What the call hands over.
    pub handed: Handed,
    /// What each of them holds.
    pub holdings: Vec<Holdings>,
    /// The same thing was given the same roles before.
    pub again: bool,
    /// The same caller handed over the same by the same call before.
    pub usual: bool,
}

/// What an identity holds that a call gives something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// What it holds and keeps.
    pub kept: Holdings,
    /// What stands where the call writes.
    pub replaced: Holdings,
    /// What the call gives by its name: the policy that it attaches, what the group holds.
    pub given: Holdings,
}

/// Additions to the lists that go with writes: the one place that says what a list is of.
pub(super) fn listings(writes: &[(Address, Value)]) -> Vec<(Address, Value)> {
    let listed = |(address, value): &(Address, Value)| {
        let bears = is_identity(address);
        let given = is_holding(&address.thing) && *value != Value::Absent;
        // From its birth or a seed on a list is whole.
        let begun = address.is_life() && *value == Value::Present(String::new());
        (bears && (given || begun))
            .then(|| (address.of(LIST), Value::Listed(address.thing.clone())))
    };
    writes.iter().filter_map(listed).collect()
}

pub(super) fn is_identity(address: &Address) -> bool {
    ["user ", "role ", "group "].iter().any(|kind| address.entity.starts_with(kind))
}

/// Is the thing a policy, or a place in a group?
pub(super) fn is_holding(thing: &str) -> bool {
    ["inline ", "attached ", "member "].iter().any(|kind| thing.starts_with(kind))
}

impl Held {
    /// What is known, just before an event, of what it hands over.
    ///
    /// # Errors
    /// The registers that must be read first.
    pub fn of(
        handed: &Handed,
        moment: Moment<'_>,
        registers: &Registers,
    ) -> Result<Self, BTreeSet<Address>> {
        let mut reader = Reader::new(moment, registers);
        let (handed, worn) = reader.shown(handed);
        let mut holdings: Vec<Holdings> =
            handed.bearers.iter().map(|bearer| reader.bearer(bearer)).collect();
        if handed.cut {
            holdings.push(Holdings::uncounted());
        }
        let again =
            handed.thing.as_ref().is_some_and(|(address, gift)| reader.given(address, gift));
        if let Some(again) = worn {
            // Who gave it what nobody knows was told of that.
            holdings.iter_mut().for_each(|holdings| holdings.doubt = None);
            return reader.told(Self { handed, holdings, again, usual: false });
        }
        let usual = handed.habit.as_ref().is_some_and(|address| {
            let last = reader.need(value(address, moment, registers, 0));
            last.is_some_and(|last| last.present().is_some())
        });
        reader.told(Self { handed, holdings, again, usual })
    }

    /// Nobody answers. Whose document is not known is not known to hand over anything.
    #[must_use]
    pub fn unknown(handed: &Handed, why: Why) -> Self {
        let nothing = match why {
            // More was asked for than is read, which somebody may have brought about.
            Why::Unseen => Some(Holdings::uncounted()),
            _ if handed.bearers.is_empty() && !handed.cut => None,
            _ => Some(Holdings { doubt: Some(why), cut: handed.cut, ..Holdings::default() }),
        };
        let holdings = nothing.into_iter().collect();
        Self { handed: handed.clone(), holdings, again: false, usual: false }
    }
}

impl Beside {
    /// What is known of whom an event gives something. What later events wrote counts too, where it is known by
    /// now: events do not arrive in their order, and the second piece must not hide behind the first.
    ///
    /// # Errors
    /// The registers that must be read first.
    pub fn of(
        given: &Given,
        moment: Moment<'_>,
        registers: &Registers,
    ) -> Result<Self, BTreeSet<Address>> {
        let at = moment.at.checked_add(LATE).unwrap_or(moment.at);
        let mut reader = Reader::new(Moment { at, ..moment }, registers);
        let (identity, mut beside) = (&given.identity, Self::default());
        for thing in reader.things(identity, &mut beside.kept).into_iter().flatten() {
            let own = thing == given.thing;
            let holdings = if own { &mut beside.replaced } else { &mut beside.kept };
            reader.thing(identity, &thing, holdings);
        }
        beside.kept.boundary = reader.boundary(identity);
        if let Some(arn) = given.thing.strip_prefix("attached ") {
            reader.attached(identity, arn, true, &mut beside.given);
        } else if let Some(group) = given.thing.strip_prefix("member ") {
            beside.given = reader.identity(&group_of(identity, group));
        }
        reader.told(beside)
    }
}

fn group_of(member: &Address, name: &str) -> Address {
    Address::new(&member.account, format!("group {name}"), "")
}

/// Reads registers, and notes those that are missing so that they are fetched together.
struct Reader<'r> {
    moment: Moment<'r>,
    registers: &'r Registers,
    missing: BTreeSet<Address>,
    /// Groups of a user looked at.
    groups: usize,
}

impl<'r> Reader<'r> {
    fn new(moment: Moment<'r>, registers: &'r Registers) -> Self {
        Self { moment, registers, missing: BTreeSet::new(), groups: 0 }
    }

    fn need<T>(&mut self, found: Result<T, Address>) -> Option<T> {
        found.map_err(|address| self.missing.insert(address)).ok()
    }

    fn value(&mut self, address: &Address) -> Option<Prior> {
        self.need(value(address, self.moment, self.registers, 0))
    }

    /// What was found, if nothing was missing.
    fn told<T>(self, found: T) -> Result<T, BTreeSet<Address>> {
        if self.missing.is_empty() { Ok(found) } else { Err(self.missing) }
    }

    /// What a call hands over, with what the document does that it names, or with the roles that are worn on; and
    /// of those whether that is nothing new.
    fn shown(&mut self, handed: &Handed) -> (Handed, Option<bool>) {
        if let Some(worn) = handed.worn.as_ref().filter(|worn| worn.goes_on()) {
            let kept = self.value(&worn.thing);
            let roles: Vec<String> = kept.iter().flat_map(Prior::possible).cloned().collect();
            let again = !roles.is_empty() && self.worn_on(worn, kept.as_ref());
            return (handed.clone().by_kept(&roles), Some(again));
        }
        let Some(ask) = &handed.document else { return (handed.clone(), None) };
        let (Ask::Value(policy) | Ask::InForce(policy)) = ask;
        let found = self.need(answer::answer(ask, self.moment, self.registers));
        let documents: Vec<String> = found.iter().flat_map(Prior::possible).cloned().collect();
        (handed.clone().by_documents(&policy.account, &documents), None)
    }

    /// Did the caller change the thing already, or give it its role, since it has the roles that it has?
    fn worn_on(&mut self, worn: &Worn, kept: Option<&Prior>) -> bool {
        let by = worn.by.as_ref().and_then(|by| self.value(by));
        let register = self.need(answer::read(worn.thing.clone(), self.registers));
        let (Some(roles), Some(Prior::Present { source, .. }), Some(register)) =
            (kept.and_then(Prior::present), by, register)
        else {
            return false;
        };
        let before = register.writes().iter().rev().filter(|write| self.is_before(write));
        let same = |write: &&Write| matches!(&write.value, Value::Present(text) if text == roles);
        before.take_while(same).last().is_some_and(|first| source.at >= first.at)
    }

    fn is_before(&self, write: &Write) -> bool {
        write.at < self.moment.at && write.event_id != self.moment.event_id
    }

    /// Was the thing last given the same roles at the same places, and once by the same caller?
    fn given(&mut self, thing: &Address, gift: &Gift) -> bool {
        let last = self.value(thing);
        let Some(Prior::Present { value, .. }) = last else { return false };
        let places = |kept: &Gift| kept.places == gift.places;
        if !Gift::kept(&Value::Present(value)).as_ref().is_some_and(places) {
            return false;
        }
        let register = self.need(answer::read(thing.clone(), self.registers));
        let writes = register.into_iter().flat_map(|it| it.writes());
        let mut writes = writes.filter(|write| self.is_before(write));
        writes.any(|write| Gift::kept(&write.value).as_ref() == Some(gift))
    }

    fn bearer(&mut self, bearer: &Bearer) -> Holdings {
        let profile = match bearer {
            Bearer::Identity(identity) => return self.identity(identity),
            Bearer::Profile(profile) => profile,
        };
        let Some(role) = self.value(&profile.of("role")) else { return Holdings::default() };
        let name = profile.entity.trim_start_matches("instance-profile ");
        let role_of = |name: &str| Address::new(&profile.account, format!("role {name}"), "");
        match &role {
            Prior::Present { value, .. } => self.identity(&role_of(value)),
            Prior::Absent { .. } => Holdings::default(),
            // The console names a profile as its role, and nearly everybody does.
            Prior::Unknown { why, possible } => {
                let likely = possible.first().map_or(name, String::as_str);
                let likely = self.identity(&role_of(likely));
                Holdings { doubt: Some(*why), boundary: None, ..likely }
            }
        }
    }

    fn identity(&mut self, identity: &Address) -> Holdings {
        let mut holdings = Holdings::default();
        let Some(things) = self.things(identity, &mut holdings) else { return holdings };
        things.iter().for_each(|thing| self.thing(identity, thing, &mut holdings));
        holdings.boundary = self.boundary(identity);
        holdings
    }

    fn thing(&mut self, identity: &Address, thing: &str, holdings: &mut Holdings) {
        let Some(found) = self.value(&identity.of(thing)) else { return };
        let certain = found.present().is_some();
        match thing.split_once(' ') {
            Some(("attached", _)) if found.possible().is_empty() => holdings.doubt(found.why()),
            Some(("member", _)) if found.possible().is_empty() && !self.joined(identity, thing) => {
                holdings.doubt(found.why());
            }
            Some(("attached", arn)) => self.attached(identity, arn, certain, holdings),
            Some(("member", _)) if self.groups >= GROUPS_MAX => holdings.cut = true,
            Some(("member", group)) => {
                self.groups += 1;
                let shared = self.group(&group_of(identity, group));
                holdings.share(shared, certain);
                holdings.doubt(found.why());
            }
            _ => holdings.add(&found, true),
        }
    }

    /// The last that was written of a place in a group, under this name of it, gave it: after the group was renamed
    /// nobody can tell more.
    fn joined(&mut self, member: &Address, thing: &str) -> bool {
        let places = self.need(answer::read(member.of(thing), self.registers));
        let last = places.and_then(|places| places.last_until(self.moment));
        last.is_some_and(|last| matches!(last.value, Value::Present(_)))
    }

    /// A group that somebody is in is not deleted, but renamed: what it held then.
    fn group(&mut self, group: &Address) -> Holdings {
        let now = self.moment;
        let life = self.need(answer::read(group.life(), self.registers));
        if let Some(end) =
            life.and_then(|life| life.life(now)).filter(|end| end.value == Value::Absent)
        {
            self.moment = Moment { at: end.at, event_id: &end.event_id };
        }
        let held = self.identity(group);
        self.moment = now;
        held
    }

    fn attached(&mut self, identity: &Address, arn: &str, certain: bool, holdings: &mut Holdings) {
        let Some(policy) = policy(&identity.account, arn) else {
            holdings.managed.push(arn.to_owned());
            return;
        };
        if let Some(found) = self.need(in_force(&policy, self.moment, self.registers)) {
            holdings.add(&found, certain);
            // Of a policy that is attached some document is in force.
            if found.possible().is_empty() {
                holdings.doubt(Some(found.why().unwrap_or(Why::Unseen)));
            }
        }
    }

    /// All that it was ever given, also under the names that it had before; and the reasons why that may not be
    /// all. `None`: a register is missing.
    fn things(&mut self, identity: &Address, holdings: &mut Holdings) -> Option<BTreeSet<String>> {
        let (mut things, mut whole) = (BTreeSet::new(), false);
        let (mut entity, mut moment) = (identity.life(), self.moment);
        for _ in 0..=RENAMES_MAX {
            let (life, list) = (entity.clone(), entity.of(LIST));
            let list = self.need(answer::read(list, self.registers));
            let life = self.need(answer::read(life, self.registers));
            let (listed, full) = list?.listed();
            things.extend(listed.map(str::to_owned));
            holdings.cut |= full;
            let Some(birth) = life?.life(moment) else { break };
            match &birth.value {
                Value::Present(former) if !former.is_empty() => {
                    entity = Address { entity: former.clone(), ..entity };
                    moment = Moment { at: birth.at, event_id: &birth.event_id };
                }
                Value::Present(_) => {
                    whole = true;
                    self.omitted(&entity, birth.at, holdings);
                    break;
                }
                Value::Absent | Value::Unsaid | Value::Listed(_) => break,
            }
        }
        // A list that was begun before lists were kept has no such mark.
        whole &= things.remove("");
        if !whole {
            holdings.doubt(Some(Why::Unseen));
        }
        holdings.cut |= things.len() > THINGS_MAX;
        Some(things.into_iter().take(THINGS_MAX).collect())
    }

    /// A call whose parameters CloudTrail dropped may have put an inline policy.
    fn omitted(&mut self, entity: &Address, since: Timestamp, holdings: &mut Holdings) {
        let Some(call) = omitting("inline ", &entity.entity) else { return };
        let read = answer::read(unread(&entity.account, call), self.registers);
        let last = self.need(read).and_then(|register| register.last_until(self.moment));
        if last.is_some_and(|write| write.at >= since) {
            holdings.doubt(Some(Why::Omitted));
        }
    }

    /// What bounds it for certain. Nothing bounds a group.
    fn boundary(&mut self, identity: &Address) -> Option<Boundary> {
        if identity.entity.starts_with("group ") {
            return None;
        }
        let found = self.value(&identity.of("boundary"))?;
        let arn = found.present()?;
        let Some(policy) = policy(&identity.account, arn) else {
            return Some(Boundary::Managed(arn.to_owned()));
        };
        let document = self.need(in_force(&policy, self.moment, self.registers))?;
        document.present().map(|text| Boundary::Document(text.to_owned()))
    }
}

impl Holdings {
    /// What is more than is looked at counts as everything: what somebody wants to hide stands behind it.
    fn uncounted() -> Self {
        Self { cut: true, doubt: Some(Why::Unseen), ..Self::default() }
    }

    fn doubt(&mut self, why: Option<Why>) {
        self.doubt = self.doubt.or(why);
    }

    fn add(&mut self, found: &Prior, certain: bool) {
        let known = certain && found.present().is_some();
        let documents = if known { &mut self.documents } else { &mut self.possible };
        documents.extend_from_slice(found.possible());
        self.doubt(found.why());
    }

    /// What a group holds its members hold.
    fn share(&mut self, group: Self, certain: bool) {
        let documents = if certain { &mut self.documents } else { &mut self.possible };
        documents.extend(group.documents);
        self.possible.extend(group.possible);
        self.managed.extend(group.managed);
        self.doubt(group.doubt);
        self.cut |= group.cut;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Register;
    use super::super::tests::{event, record};
    use super::*;

    /// What is known of what the last event hands over: documents, AWS's policies, `?` and why not all.
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
            let held = loop {
                match Held::of(&handed, moment, &registers) {
                    Ok(held) => break held,
                    Err(missing) => {
                        let empty = missing.into_iter().map(|at| (at, Register::default()));
                        registers.extend(empty);
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
