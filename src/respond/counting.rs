//! Counting across events: bursts, and updates of the tool itself.

use jiff::{SignedDuration, Timestamp};

use super::responder::Responder;
use crate::assess::decide::BURST_MINUTES;
use crate::effects::{EffectError, Lookups, Precondition, Publish, State};
use crate::event::{CallOutcome, Event, PrincipalKind};
use crate::facts::Facts;
use crate::iam::catalogue::CallEffect;
use crate::own::OwnUpdate;
use crate::vocabulary::OwnStack;

/// Time within which CloudFormation's changes to the tool count as an update of its own stack.
pub(super) const OWN_UPDATE_WINDOW: SignedDuration = SignedDuration::from_mins(60);
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// Time within which different changes by one principal are a burst.
pub const BURST_WINDOW: SignedDuration = SignedDuration::from_mins(BURST_MINUTES);

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Notes that an update of the tool's own stack begins, or which change set will be one.
    pub(super) async fn note_updates(
        &self,
        event: &Event,
        facts: &Facts,
        own_change_set: bool,
        now: Timestamp,
    ) {
        let at = event.time().unwrap_or(now);
        if facts.outcome != CallOutcome::Success {
            return;
        }
        match &facts.own_update {
            Some(OwnUpdate::ExecutesChangeSet(_)) if !own_change_set => {}
            Some(OwnUpdate::Begins | OwnUpdate::ExecutesChangeSet(_)) => {
                self.note_update(event, facts, at).await;
            }
            Some(OwnUpdate::MakesChangeSet(arn)) => {
                let key = change_set_key(arn);
                if let Err(error) =
                    self.state.write_note(&key, "own", at, Precondition::NotLater).await
                {
                    tracing::warn!(%error, "an own change set is not noted");
                }
            }
            None => {}
        }
    }

    /// Notes for whom CloudFormation works on the tool's own stack from now on.
    async fn note_update(&self, event: &Event, facts: &Facts, at: Timestamp) {
        let id = event.identity();
        // If the call names a service role, CloudFormation works as that role; others may pass the role to their own
        // stacks, so it counts where the owners list it.
        let given = event.text("detail.requestParameters.roleARN");
        let given =
            given.filter(|role| self.engine.own().is_deployment_role(role)).map(str::to_owned);
        for who in std::iter::once(facts.principal.key()).chain(given) {
            let key = own_update_key(event, &who);
            let noted = self.state.count(&key, &id, at, OWN_UPDATE_WINDOW).await;
            noted.map_or_else(
                |error| tracing::warn!(%error, "update of the own stack not noted"),
                |_| (),
            );
        }
    }

    /// Was the change set that the event names by its ARN alone made for the tool's own stack? One that nobody saw
    /// made is a stranger's, which is louder.
    pub(super) async fn own_change_set(&self, facts: &Facts) -> bool {
        let Some(change_set) = facts.change_set() else { return false };
        match self.state.note(&change_set_key(change_set)).await {
            Ok(note) => note.is_some(),
            Err(error) => {
                tracing::warn!(%error, "not known whose change set it is");
                false
            }
        }
    }

    /// Why CloudFormation may change a part of the tool: the caller began to update the tool's stack within the hour,
    /// or made it in its first. `invokedBy` alone proves nothing: calls for any stack have it. `None`, which is louder,
    /// if the state does not answer.
    pub(super) async fn own_stack(
        &self,
        event: &Event,
        facts: &Facts,
        now: Timestamp,
    ) -> Option<OwnStack> {
        let principal = &facts.principal;
        let of_stack = principal.via_service.as_deref() == Some(CLOUDFORMATION);
        if !of_stack || facts.own.is_empty() {
            return None;
        }
        let at = event.time().unwrap_or(now);
        let from = at.checked_sub(OWN_UPDATE_WINDOW).unwrap_or(at);
        let who = principal.key();
        if self.engine.own().made_at().is_some_and(|made| (from..=at).contains(&made)) {
            let makes = self.makes_own_stack(event, &who, at).await;
            return makes.then_some(OwnStack::Created);
        }
        let key = own_update_key(event, &who);
        match self.state.counted_between(&key, from, at).await {
            Ok(begun) => (!begun.is_empty()).then_some(OwnStack::Updated),
            Err(error) => {
                tracing::warn!(%error, "not known whether the own stack is being updated");
                None
            }
        }
    }

    /// In the stack's first hour the first caller counts as its maker: no function saw the call that began it.
    async fn makes_own_stack(&self, event: &Event, who: &str, at: Timestamp) -> bool {
        let key = own_update_key(event, "its maker");
        let who = who.to_lowercase();
        let maker: Result<Option<String>, EffectError> = async {
            if let Some(note) = self.state.note(&key).await? {
                return Ok(Some(note.text));
            }
            // If two copies of the function find no note, only one writes it.
            if self.state.write_note(&key, &who, at, Precondition::Absent).await? {
                return Ok(Some(who.clone()));
            }
            self.state.note(&key).await.map(|note| note.map(|note| note.text))
        }
        .await;
        match maker {
            Ok(maker) => maker.as_ref() == Some(&who),
            Err(error) => {
                tracing::warn!(%error, "not known who makes the own stack");
                false
            }
        }
    }

    /// How many different changes this principal made around this one, itself included. `None` if the event does not
    /// count as a change, or the store does not answer.
    pub(super) async fn burst(&self, event: &Event, facts: &Facts, now: Timestamp) -> Option<u32> {
        let (call, name) = (facts.call?, event.name()?);
        let changes = facts.changes()
            // Creation counts, even if it is harmless; tags and the like do not.
            && (call.effect != CallEffect::Neutral || name.starts_with("Create"));
        let principal = &facts.principal;
        if !changes || principal.serving().is_some() || principal.kind == PrincipalKind::AwsService
        {
            return None;
        }
        let who = principal.key().to_lowercase();
        let key = format!("burst\n{}\n{}", event.account()?, who.escape_debug());
        // The name of the call is counted once a minute: a hundred equal calls count as one.
        let at = event.time().unwrap_or(now);
        let at = Timestamp::from_second(at.as_second() / 60 * 60).unwrap_or(at);
        self.state.count(&key, name, at, BURST_WINDOW).await.ok()
    }
}

/// Key of the note that an update of the tool's own stack began. IAM names ignore case.
fn own_update_key(event: &Event, who: &str) -> String {
    let account = event.account().unwrap_or_default();
    format!("own-stack\n{account}\n{}", who.to_lowercase().escape_debug())
}

fn change_set_key(arn: &str) -> String {
    format!("own-change-set\n{}", arn.escape_debug())
}
