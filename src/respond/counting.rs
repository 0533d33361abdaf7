//! What is counted across events: thresholds, sequences, bursts, and by what.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::content::content;
use super::responder::Responder;
use crate::effects::{Claim, EffectError, Lookups, Publish, State};
use crate::event::{CallOutcome, Event, Principal, is_read_only, outcome_of};
use crate::facts::Facts;
use crate::own::{self, OwnStack};
use crate::prior::Registers;
use crate::rule::{GroupBy, Rule, SequenceSpec};
use crate::text::severity::Severity;

/// Time within which what CloudFormation does to the tool counts as an update of its own stack.
pub const OWN_UPDATE_WINDOW: SignedDuration = SignedDuration::from_mins(60);
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// Time within which different changes by one principal are a burst.
pub const BURST_WINDOW: SignedDuration = SignedDuration::from_mins(10);

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    pub(super) async fn reached(
        &self,
        rule: &Rule,
        event: &Event,
        facts: &Facts,
        now: Timestamp,
    ) -> bool {
        let Some(threshold) = &rule.spec.threshold else { return true };
        let mut key = counter_key(rule, &threshold.by, event, facts);
        if !threshold.environments.is_empty() {
            // Counters of different windows must not share what they keep.
            key.push_str(&format!("\nin {}", facts.environment.name));
        }
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        let (least, within) = threshold.in_environment(&facts.environment.name);
        let counted = self.state.count(&key, &id, at, within).await;
        // A store that is down must not silence: the rule fires as if it had no threshold.
        counted.map_or(true, |count| count >= least)
    }

    /// Was each step of the sequence seen, in order, each as an event of its own, within the time
    /// before this event?
    pub(super) async fn followed(
        &self,
        rule: &Rule,
        event: &Event,
        facts: &Facts,
        now: Timestamp,
    ) -> bool {
        let Some(sequence) = &rule.spec.sequence else { return true };
        let at = event.time().unwrap_or(now);
        let mut from = at.checked_sub(sequence.within.duration()).unwrap_or(at);
        let mut taken = vec![event.identity()];
        let names = self.names_for(sequence, event, facts).await;
        for step in 0..sequence.before.len() {
            let key = |name: &String| step_key(rule, step, (event, facts), name);
            let keys: Vec<String> = names.iter().map(key).collect();
            // A store that is down must not silence, but a sequence is only ever an addition to
            // what its last event tells by itself.
            match self.first_of(&keys, (from, at), &taken).await {
                Ok(Some((id, seen))) => {
                    from = seen;
                    taken.push(id);
                }
                Ok(None) => return false,
                Err(error) => {
                    tracing::warn!(%error, rule = rule.spec.id, "sequence not known, not told");
                    return false;
                }
            }
        }
        true
    }

    /// The names by which a sequence may have met the entity: it is the same under another one.
    async fn names_for(
        &self,
        sequence: &SequenceSpec,
        event: &Event,
        facts: &Facts,
    ) -> Vec<String> {
        let mut names = vec![entity_name(facts).to_owned()];
        if sequence.by.contains(&GroupBy::Entity) {
            names.extend(self.names_before(event, &mut Registers::new()).await);
        }
        names
    }

    /// The earliest event between these times under any of these keys that was not taken yet.
    async fn first_of(
        &self,
        keys: &[String],
        (from, to): (Timestamp, Timestamp),
        taken: &[String],
    ) -> Result<Option<(String, Timestamp)>, EffectError> {
        let mut first: Option<(String, Timestamp)> = None;
        for key in keys {
            let found = self.state.first_between(key, from, to, taken).await?;
            first = first.into_iter().chain(found).min_by_key(|(_, seen)| *seen);
        }
        Ok(first)
    }

    /// What a rule that asks for it adds to a fingerprint: nothing, where this is the first that the call sets on its
    /// entity within the window, or sets once more; else all that it sets.
    ///
    /// # Errors
    /// The state does not answer.
    pub(super) async fn again(
        &self,
        rule: &Rule,
        event: &Event,
        facts: &Facts,
        (at, window): (Timestamp, SignedDuration),
    ) -> Result<Option<String>, EffectError> {
        let by_rule = rule.spec.dedupe_by.as_deref().unwrap_or_default();
        // Whoever is refused can make up any number of contents.
        if !by_rule.contains(&GroupBy::Again) || facts.outcome != CallOutcome::Success {
            return Ok(None);
        }
        let by = [GroupBy::Account, GroupBy::Principal, GroupBy::Call, GroupBy::Entity];
        let thing = format!("set first\n{}", counter_key(rule, &by, event, facts));
        let content = content(event, facts);
        // It belongs to what was set first, as another claim belongs to an event.
        let claim = self.state.claim(&thing, &content, at, window).await?;
        Ok((claim == Claim::Theirs).then_some(content))
    }

    /// Notes what later events are compared with: the steps of sequences. A store that is down
    /// costs those comparisons, not this event's alert.
    pub(super) async fn record(
        &self,
        event: &Event,
        facts: &Facts,
        own_change_set: bool,
        now: Timestamp,
    ) {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        for (rule, step) in self.engine.rules().steps(event.raw()) {
            let Some(sequence) = &rule.spec.sequence else { continue };
            let key = step_key(rule, step, (event, facts), entity_name(facts));
            let noted = self.state.count(&key, &id, at, sequence.within.duration()).await;
            noted.map_or_else(
                |error| tracing::warn!(%error, "step of a sequence not noted"),
                |_| (),
            );
        }
        if facts.outcome != CallOutcome::Success {
            return;
        }
        if self.engine.own().begins_update(event, own_change_set) {
            self.note_update(event, facts, at).await;
        }
        if let Some(change_set) = self.engine.own().made_change_set(event) {
            let kept = self.state.keep_note(&change_set_key(change_set), "own", at).await;
            kept.unwrap_or_else(|error| tracing::warn!(%error, "an own change set is not noted"));
        }
    }

    /// Notes for whom CloudFormation works on the tool's own stack from now on.
    async fn note_update(&self, event: &Event, facts: &Facts, at: Timestamp) {
        let id = event.identity();
        // Where the call names a service role, CloudFormation works as that; others may pass it to stacks of theirs,
        // so it counts where the owners list it.
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
    pub(super) async fn own_change_set(&self, event: &Event) -> bool {
        let Some(change_set) = own::change_set(event) else { return false };
        match self.state.note(&change_set_key(change_set)).await {
            Ok(note) => note.is_some(),
            Err(error) => {
                tracing::warn!(%error, "not known whose change set it is");
                false
            }
        }
    }

    /// Does CloudFormation do this to a part of the tool for whoever began to update its own stack within the
    /// hour, or in the stack's first hour? That it was CloudFormation alone says nothing: anybody's stack may
    /// lay hands on what is ours. A state that does not answer makes it louder.
    pub(super) async fn own_stack(&self, event: &Event, now: Timestamp) -> Option<OwnStack> {
        let principal = Principal::of(event);
        let of_stack = principal.via_service.as_deref() == Some(CLOUDFORMATION);
        if !of_stack || self.engine.own().touched(event).is_empty() {
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
        match self.state.first_between(&key, from, at, &[]).await {
            Ok(begun) => begun.map(|_| OwnStack::Updated),
            Err(error) => {
                tracing::warn!(%error, "not known whether the own stack is being updated");
                None
            }
        }
    }

    /// In the stack's first hour whoever comes first is the one who makes it: the call that began it came before
    /// there was anybody to see it.
    async fn makes_own_stack(&self, event: &Event, who: &str, at: Timestamp) -> bool {
        let key = own_update_key(event, "its maker");
        let who = who.to_lowercase();
        match self.state.note(&key).await {
            Ok(Some((maker, _))) => maker == who,
            Ok(None) => {
                let kept = self.state.keep_note(&key, &who, at).await;
                kept.map_err(|error| tracing::warn!(%error, "who makes the own stack is not noted"))
                    .is_ok()
            }
            Err(error) => {
                tracing::warn!(%error, "not known who makes the own stack");
                false
            }
        }
    }

    /// How many different changes this principal made around this one, itself included. Nothing where
    /// it is none, or where the store is down.
    pub(super) async fn burst(&self, event: &Event, now: Timestamp) -> Option<u32> {
        let (source, name) = (event.event_source()?, event.name()?);
        let call = crate::iam::catalogue::find(source, name)?;
        let changes = outcome_of(event) == CallOutcome::Success
            && !is_read_only(event)
            // What is made counts, even if it is harmless by itself; tags and the like do not.
            && (call.effect != "neutral" || name.starts_with("Create"));
        let principal = Principal::of(event);
        if !changes || principal.serving().is_some() || principal.kind == "AWSService" {
            return None;
        }
        let who = principal.key().to_lowercase();
        let key = format!("burst\n{}\n{}", event.account()?, who.escape_debug());
        // What is counted is the name of the call, to the minute: the same one a hundred times is one.
        let at = event.time().unwrap_or(now);
        let at = Timestamp::from_second(at.as_second() / 60 * 60).unwrap_or(at);
        self.state.count(&key, name, at, BURST_WINDOW).await.ok()
    }
}

/// Under which key the beginning of an update of the tool's own stack is noted. IAM does not tell names
/// apart by case.
fn own_update_key(event: &Event, who: &str) -> String {
    let account = event.account().unwrap_or_default();
    format!("own-stack\n{account}\n{}", who.to_lowercase().escape_debug())
}

fn change_set_key(arn: &str) -> String {
    format!("own-change-set\n{}", arn.escape_debug())
}

/// Is its name, or all that is known of it, what it calls itself? Each attempt may come under a new one. AWS says
/// who users, roles, accounts and its services are.
fn names_itself(facts: &Facts) -> bool {
    let principal = &facts.principal;
    match principal.kind.as_str() {
        "Root" | "IAMUser" | "AWSAccount" | "AWSService" => false,
        "AssumedRole" | "Role" => principal.role_arn.is_none() && principal.arn.is_none(),
        _ => true,
    }
}

/// Was it tried in vain? A sign-in that failed is judged by its rules alone: nobody is known by it.
pub(super) fn is_attempt(event: &Event, facts: &Facts) -> bool {
    facts.outcome != CallOutcome::Success && event.event_source() != Some("signin.amazonaws.com")
}

/// What makes two alerts of a rule the same: what it says itself, else what it counts by, else the
/// same call by the same principal on the same entity. A louder one is always news, and what succeeded is
/// never the same as what did not.
///
/// Whoever has no right at all can try without end, with names that he makes up: attempts are the same by rule
/// and caller. A rule that counts has told of many events, but not of another change of another kind of thing:
/// ten deleted keys must not hide a deleted user.
pub(super) fn fingerprint(rule: &Rule, event: &Event, facts: &Facts, severity: Severity) -> String {
    let spec = &rule.spec;
    if let Some(by) =
        spec.dedupe_by.as_ref().or(spec.threshold.as_ref().map(|threshold| &threshold.by))
    {
        let key = counter_key(rule, by, event, facts);
        let outcome = facts.outcome.word();
        let changed = facts.outcome == CallOutcome::Success && !facts.read_only;
        if rule.spec.threshold.is_none() || !changed {
            // The tool's own lie in one Region; what is called like them elsewhere is not.
            let place = if facts.own.is_empty() { "" } else { region(event) };
            return format!("{key}\n{outcome}\n{severity}\n{}", place.escape_debug());
        }
        let name = event.name().unwrap_or_default();
        let entity = facts.entity.as_ref();
        let kind = entity.map(|entity| entity.kind.as_str()).unwrap_or_default();
        let who = facts.principal.key().to_lowercase();
        // One that is guarded, or ours, is never one of many.
        let guarded = facts.guarded.is_some() || !facts.own.is_empty();
        let which = entity.filter(|_| guarded).and_then(|entity| entity.name.as_deref());
        let which = which.unwrap_or_default().to_lowercase();
        let (who, which) = (who.escape_debug(), which.escape_debug());
        return format!("{key}\n{outcome}\n{severity}\n{name}\n{kind}\n{who}\n{which}");
    }
    if is_attempt(event, facts) {
        let by = [GroupBy::Account, GroupBy::Principal];
        let issuer = event.text("detail.userIdentity.sessionContext.sessionIssuer.arn");
        let (by, issuer) = match names_itself(facts) {
            true => (&by[..1], issuer.unwrap_or_default()),
            false => (&by[..], ""),
        };
        let key = counter_key(rule, by, event, facts);
        return format!("{key}\nattempt\n{severity}\n{}", issuer.escape_debug());
    }
    let by = [GroupBy::Account, GroupBy::Principal, GroupBy::Entity];
    let (key, name) = (counter_key(rule, &by, event, facts), event.name().unwrap_or_default());
    // Where we cannot tell what was acted upon, the parameters can.
    let known = facts.entity.as_ref().is_some_and(|entity| entity.name.is_some());
    let parameters = event.value("detail.requestParameters").filter(|_| !known);
    let parameters = parameters.map(ToString::to_string).unwrap_or_default();
    let (outcome, region) = (facts.outcome.word(), region(event));
    format!("{key}\n{name}\n{outcome}\n{severity}\n{}\n{parameters}", region.escape_debug())
}

/// The step of a rule's sequence, by one of the names of the entity.
fn step_key(rule: &Rule, step: usize, (event, facts): (&Event, &Facts), name: &str) -> String {
    let by = rule.spec.sequence.as_ref().map(|sequence| sequence.by.as_slice()).unwrap_or_default();
    format!("step {step} of {}", key_of(rule, by, (event, facts), name))
}

/// What events are counted by. Line breaks part the fields, as no value can hold one unescaped.
fn counter_key(rule: &Rule, by: &[GroupBy], event: &Event, facts: &Facts) -> String {
    key_of(rule, by, (event, facts), entity_name(facts))
}

fn entity_name(facts: &Facts) -> &str {
    facts.entity.as_ref().and_then(|entity| entity.name.as_deref()).unwrap_or_default()
}

fn key_of(rule: &Rule, by: &[GroupBy], (event, facts): (&Event, &Facts), name: &str) -> String {
    let mut key = rule.spec.id.clone();
    let principal = facts.principal.key();
    let of_iam =
        ["iam.amazonaws.com", "sts.amazonaws.com"].map(Some).contains(&event.event_source());
    for group in by {
        let owned: String;
        let value = match group {
            GroupBy::Account => event.account().unwrap_or_default(),
            GroupBy::Principal => &principal,
            GroupBy::Entity => name,
            GroupBy::Call => event.name().unwrap_or_default(),
            GroupBy::Handed => {
                let names = facts.handed.as_ref().map(|handed| handed.names.join(" "));
                owned = names.unwrap_or_default();
                &owned
            }
            // Whoever is refused can make up any number of contents.
            // What it says is known to the state alone.
            GroupBy::Again => "",
            GroupBy::Content if facts.outcome != CallOutcome::Success => "",
            GroupBy::Content => {
                owned = format!("{} {}", region(event), content(event, facts));
                &owned
            }
            GroupBy::AccessKey => facts.principal.access_key_id.as_deref().unwrap_or_default(),
            GroupBy::SourceIp => event.text("detail.sourceIPAddress").unwrap_or_default(),
        };
        // IAM does not tell names apart by case; others do, and in what a call sets each letter counts.
        let folds = match group {
            GroupBy::Principal => true,
            GroupBy::Entity | GroupBy::Handed => of_iam,
            _ => false,
        };
        let value = if folds { Cow::Owned(value.to_lowercase()) } else { Cow::Borrowed(value) };
        key.push('\n');
        key.push_str(&value.escape_debug().to_string());
        if *group == GroupBy::Entity {
            key.push_str(&elsewhere(event, facts));
        }
    }
    key
}

/// The account of what a call is about, where it is another one.
fn elsewhere(event: &Event, facts: &Facts) -> String {
    let account = facts.entity.as_ref().and_then(|entity| entity.account.as_deref());
    let account = account.filter(|account| Some(*account) != event.account());
    account.map(|account| format!(" of {}", account.escape_debug())).unwrap_or_default()
}

/// The Region, where the same name in another one is another thing. Of where somebody signs in, and takes on a
/// role, he chooses among many.
fn region(event: &Event) -> &str {
    let everywhere = ["signin.amazonaws.com", "sts.amazonaws.com"];
    let of_caller = event.event_source().is_some_and(|source| everywhere.contains(&source));
    event.region().filter(|_| !of_caller).unwrap_or_default()
}
