//! What hands the events and logs of an account on: bus rules whose target is a bus of another account or Region, and
//! the roles by which those, trails and recorders of AWS Config write. Their names do not show it, so they are
//! stored.

use indexmap::IndexSet;

use super::address::{Address, Thing};
use super::answer::read;
use super::index::listed;
use super::memo::ReachMemo;
use super::missing::Missing;
use super::reader::Reader;
use super::{LISTED_MAX, Moment, Registers, Value};
use crate::event::{Event, values_at};
use crate::iam::arn::Arn;
use crate::iam::catalogue::IAM;
use crate::iam::kind::EntityKind;

const EVENTS: &str = "events.amazonaws.com";

/// The list of the rules and roles of an account that hand on.
fn feeding(account: &str) -> Address {
    Address::of_account(account, Thing::Feeds)
}

/// Additions to the list that go with an event: a rule whose target is a bus, roles that write for it, a trail or a
/// recorder.
pub(super) fn listings(event: &Event) -> Vec<(Address, Value)> {
    let (Some(account), Some(source), Some(call)) =
        (event.account(), event.event_source(), event.name())
    else {
        return Vec::new();
    };
    let mut lines = IndexSet::new();
    match (source, call) {
        (EVENTS, "PutTargets") => {
            let targets = values_at(event.raw(), "detail.requestParameters.targets");
            let text = |target: &&serde_json::Value, field: &str| {
                target.get(field).and_then(serde_json::Value::as_str).map(str::to_owned)
            };
            for target in targets
                .iter()
                .filter(|one| text(one, "arn").is_some_and(|arn| is_bus_elsewhere(&arn, event)))
            {
                lines.extend(rule(event, "rule"));
                lines.extend(text(target, "roleArn").and_then(|arn| role(&arn, account)));
            }
        }
        ("cloudtrail.amazonaws.com", "CreateTrail" | "UpdateTrail") => {
            lines.extend(
                event.parameter("cloudWatchLogsRoleArn").and_then(|arn| role(arn, account)),
            );
        }
        ("config.amazonaws.com", "PutConfigurationRecorder") => {
            let arn = event.parameter("configurationRecorder.roleARN");
            lines.extend(arn.and_then(|arn| role(arn, account)));
        }
        _ => {}
    }
    lines.iter().map(|line| listed(feeding(account), line)).collect()
}

/// Is it a bus of another account or Region? From bus to bus at home applications do their work.
fn is_bus_elsewhere(arn: &str, event: &Event) -> bool {
    Arn::parse(arn).is_some_and(|arn| {
        let at_home = Some(arn.account) == event.account() && Some(arn.region) == event.region();
        arn.service == "events" && arn.below("event-bus").is_some() && !at_home
    })
}

/// The bus rule that a call names under a parameter, in its stored form.
fn rule(event: &Event, parameter: &str) -> Option<String> {
    let bus = event.parameter("eventBusName").unwrap_or("default");
    let of_arn = Arn::parse(bus).and_then(|arn| arn.below("event-bus"));
    let bus = of_arn.unwrap_or(bus);
    // Names of rules that differ by case are different rules.
    Some(format!(
        "rule {} {bus} {}",
        event.region().unwrap_or_default(),
        event.parameter(parameter)?
    ))
}

/// A role of the account, in its stored form. `None` for one of AWS's own, which nobody can change.
fn role(arn: &str, account: &str) -> Option<String> {
    let arn =
        Arn::parse(arn).filter(|arn| arn.account == account && !arn.is_below_reserved_path())?;
    Some(kept_role(account, arn.name_in_iam(EntityKind::Role)?))
}

fn kept_role(account: &str, name: &str) -> String {
    Address::of_entity(account, EntityKind::Role, name).entity().to_owned()
}

/// A rule or role that a call changes, or takes something from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    account: String,
    line: String,
}

impl Fed {
    /// The rule or role that a call changes and that may hand events or logs on.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let (account, source, call) = (event.account()?, event.event_source()?, event.name()?);
        let line = match (source, call) {
            (EVENTS, "PutRule" | "DisableRule" | "DeleteRule") => rule(event, "name")?,
            (EVENTS, "PutTargets" | "RemoveTargets") => rule(event, "rule")?,
            (
                IAM,
                "DeleteRole"
                | "DeleteRolePolicy"
                | "DetachRolePolicy"
                | "UpdateAssumeRolePolicy"
                | "PutRolePermissionsBoundary"
                | "PutRolePolicy"
                | "AttachRolePolicy",
            ) => kept_role(account, event.parameter("roleName")?),
            _ => return None,
        };
        Some(Self { account: account.to_owned(), line })
    }

    /// Does it hand on? What the event itself brings was not there before.
    ///
    /// # Errors
    /// The registers that must be read first.
    pub(super) fn hands_on(
        &self,
        moment: Moment<'_>,
        registers: &Registers,
    ) -> Result<bool, Missing> {
        let memo = ReachMemo::default();
        let mut reader = Reader::new(moment, registers, &memo);
        let register = reader.need(read(feeding(&self.account), registers));
        let hands_on = register.is_some_and(|register| {
            let writes = register.writes();
            let listed = writes.iter().any(|write| {
                let own = write.event_id == moment.event_id && write.joined.is_none();
                !own && write.value == Value::Listed(self.line.clone())
            });
            // Older ones made room.
            listed || writes.len() >= LISTED_MAX
        });
        reader.finish(hands_on)
    }
}
