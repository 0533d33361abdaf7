//! The site file, compiled and asked.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::guarded::GuardedEntities;
use super::spec::{
    AdjustmentSpec, Defaults, EnvironmentSpec, OverrideSpec, PRODUCTION, SiteSpec, SuppressionSpec,
    TopicSpec,
};
use crate::event::{Event, tags_after, tags_removed};
use crate::iam::account::{self, Account};
use crate::iam::arn::Arn;
use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;
use crate::pattern::Pattern;
use crate::site::calendar::{Calendar, Presence};
use crate::text::hash::Fingerprint;
use crate::text::severity::Severity;
use crate::vocabulary::{EnvironmentChange, Exempt, Guarded};

/// The calendars inside and outside of which a moment is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    /// Calendars that contain it.
    pub inside: Vec<String>,
    /// Calendars that do not.
    pub outside: Vec<String>,
    /// Calendars that could not be asked, or all where the moment is not known.
    pub unknown: Vec<String>,
}

/// The compiled site.
#[derive(Debug, Clone)]
pub struct Site {
    pub(super) spec: SiteSpec,
    pub(super) environment: EnvironmentSpec,
    pub(super) calendars: Vec<(String, Calendar)>,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) suppressions: Vec<Suppression>,
    pub(super) guarded: GuardedEntities,
    pub(super) version: OnceLock<String>,
}

/// An adjustment, compiled.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// When it applies.
    pub pattern: Pattern,
    /// What it says.
    pub spec: AdjustmentSpec,
    /// It depends on the time: such an adjustment lowers by one step at most.
    pub timed: bool,
}

impl Adjustment {
    /// May it make quieter: does it lower, or set?
    #[must_use]
    pub fn may_lower(&self) -> bool {
        self.spec.lower.is_some() || self.spec.set.is_some()
    }

    /// Does it go further than the one step of an environment or a window, to below medium? What AWS itself vouches
    /// for may.
    #[must_use]
    pub fn quietens(&self) -> bool {
        let far = self.spec.set.is_some_and(|severity| severity < Severity::Medium)
            || self.spec.lower.is_some_and(|steps| steps > 1);
        let vouched = |branch: &BTreeMap<String, Vec<Value>>| {
            let service = branch.get("derived.principal.linkedService");
            service.is_some_and(|wanted| !wanted.contains(&json!({"exists": false})))
        };
        far && !self.timed && !self.pattern.to_branches().iter().all(vouched)
    }
}

/// A suppression, compiled.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// What it silences.
    pub pattern: Pattern,
    /// What it says.
    pub spec: SuppressionSpec,
    /// Last day of silence.
    pub expires: Date,
}

impl Suppression {
    /// Is its time over at this moment?
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.expires
    }
}

/// The environment of an account and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `production`, `staging`, `development` or a name of the site's own.
    pub name: String,
    /// Whether the account's tags named it; otherwise it counts as production.
    pub known: bool,
}

impl Site {
    /// A hash of all that the site file and that of the pack say.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version.get_or_init(|| {
            // What cannot be written cannot have been read.
            let text = serde_json::to_string(&self.spec).unwrap_or_default();
            Fingerprint::of("iam-responder site 1").and(&text).end()
        })
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let adjustments = self.adjustments.iter().map(|one| &one.pattern);
        adjustments.chain(self.suppressions.iter().map(|one| &one.pattern))
    }

    /// An empty site.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            spec: SiteSpec::default(),
            environment: EnvironmentSpec::default(),
            calendars: Vec::new(),
            adjustments: Vec::new(),
            suppressions: Vec::new(),
            guarded: GuardedEntities::default(),
            version: OnceLock::new(),
        }
    }

    /// The content of all files together, as written. An entry that is in both files may be twice in its lists.
    #[must_use]
    pub fn spec(&self) -> &SiteSpec {
        &self.spec
    }

    /// Does the site that came with the rules count?
    #[must_use]
    pub fn has_defaults(&self) -> bool {
        self.spec.defaults == Defaults::BuiltIn
    }

    /// Does the owner guard any entity?
    #[must_use]
    pub(crate) fn guards(&self) -> bool {
        !self.guarded.is_empty()
    }

    /// Why the owner guards an entity, if he does.
    #[must_use]
    pub(crate) fn guarded(&self, entity: &EntityId) -> Option<Guarded> {
        self.guarded.of(entity)
    }

    /// Does the owner guard users or groups, whose names can change?
    #[must_use]
    pub(crate) fn guards_the_renamable(&self) -> bool {
        self.guarded.can_be_renamed()
    }

    /// The account's name: the site file's, else the one looked up.
    #[must_use]
    pub(crate) fn account_name<'s>(
        &'s self,
        id: &str,
        found: Option<&'s Account>,
    ) -> Option<&'s str> {
        let own = self.spec.accounts.get(id).and_then(|account| account.name.as_deref());
        own.or_else(|| found?.name.as_deref())
    }

    /// Does the site file list the account as ours?
    #[must_use]
    pub(crate) fn knows_account(&self, account: &str) -> bool {
        self.spec.accounts.contains_key(account)
    }

    /// Is it the ARN of a role of known automation?
    #[must_use]
    pub(crate) fn is_pipeline(&self, role_arn: &str) -> bool {
        self.spec.pipelines.iter().any(|pipeline| pipeline == role_arn)
    }

    /// Does the owner vouch for `sourceIdentity` of this role's sessions?
    #[must_use]
    pub(crate) fn believes_source_identity(&self, role_arn: &str) -> bool {
        self.spec.source_identity_roles.iter().any(|role| role == role_arn)
    }

    /// What the site file lets the role of this account and name do more quietly than others: `pipeline` where it is
    /// listed as one, `silenced` where a suppression or an adjustment that lowers names it.
    #[must_use]
    pub(crate) fn exempts(&self, account: &str, role: &str) -> Option<Exempt> {
        let wanted = EntityId::of(account, EntityKind::Role, role)?;
        let is_it = |arn: &str| wanted.is_of(arn);
        if self.spec.pipelines.iter().any(|arn| is_it(arn)) {
            return Some(Exempt::Pipeline);
        }
        const PATHS: [&str; 2] =
            ["derived.principal.roleArn", "detail.userIdentity.sessionContext.sessionIssuer.arn"];
        let lowering =
            self.adjustments.iter().filter(|one| one.may_lower()).map(|one| &one.pattern);
        let mut quiet = lowering.chain(self.suppressions.iter().map(|one| &one.pattern));
        let names =
            |pattern: &Pattern| PATHS.iter().flat_map(|path| pattern.texts(path)).any(is_it);
        quiet.any(names).then_some(Exempt::Silenced)
    }

    /// Does the site file leave open what tags the account has, or its name?
    #[must_use]
    pub fn must_look_up(&self, id: &str) -> bool {
        let known = self.spec.accounts.get(id);
        known.is_none_or(|account| account.tags.is_empty() || account.name.is_none())
    }

    /// The account's tags: those of the site file, otherwise those looked up.
    #[must_use]
    pub fn tags<'s>(
        &'s self,
        id: &str,
        found: Option<&'s Account>,
    ) -> Option<&'s IndexMap<String, String>> {
        let own = self.spec.accounts.get(id).map(|account| &account.tags);
        own.filter(|tags| !tags.is_empty()).or_else(|| found?.tags.as_ref())
    }

    /// The environment that tags name: the first key that is there decides. Keys that differ in case only are
    /// different tags to AWS; the loudest of their values counts, and a value that names no environment makes it
    /// unknown.
    #[must_use]
    pub fn environment(&self, tags: Option<&IndexMap<String, String>>) -> Environment {
        let values = self.environment.keys.iter().find_map(|key| {
            let same = |(tag, _): &(&String, &String)| tag.trim().eq_ignore_ascii_case(key);
            let values: Vec<&str> =
                tags?.iter().filter(same).map(|(_, value)| value.trim()).collect();
            (!values.is_empty()).then_some(values)
        });
        let ranks: Option<Vec<usize>> = values
            .map(|values| values.iter().map(|value| self.rank(value)).collect())
            .unwrap_or_default();
        let loudest = ranks.and_then(|ranks| ranks.into_iter().min());
        let named = loudest.and_then(|rank| self.environment.values.get_index(rank));
        match named {
            Some((name, _)) => Environment { known: true, name: name.clone() },
            None => Environment { known: false, name: PRODUCTION.to_owned() },
        }
    }

    /// May a tag with this key name the environment?
    fn names_environment(&self, tag: &str) -> bool {
        self.environment.keys.iter().any(|key| tag.trim().eq_ignore_ascii_case(key))
    }

    /// The place of the environment that a tag's value names.
    fn rank(&self, value: &str) -> Option<usize> {
        self.environment.values.iter().position(|(name, values)| {
            let same = |one: &String| one.trim().eq_ignore_ascii_case(value);
            values.iter().any(same) || name.eq_ignore_ascii_case(value)
        })
    }

    /// What a change of an account's tags does to how loud its alerts are. Environments are ordered
    /// as the site file lists them, the loudest first. Where the site file gives the tags, nothing.
    #[must_use]
    pub(crate) fn environment_change(
        &self,
        event: &Event,
        id: &str,
        before: Option<&Account>,
    ) -> EnvironmentChange {
        if self.spec.accounts.get(id).is_some_and(|account| !account.tags.is_empty()) {
            return EnvironmentChange::Same;
        }
        // The value of the removed tag is unknown, so the tags that are left may name any environment.
        if before.is_none() && tags_removed(event).any(|key| self.names_environment(key)) {
            return EnvironmentChange::Lowered;
        }
        let none = IndexMap::new();
        let before = before.and_then(|account| account.tags.as_ref()).unwrap_or(&none);
        let after = tags_after(event, before);
        let rank = |tags: &IndexMap<String, String>| {
            let environment = self.environment(Some(tags));
            self.environment.values.get_index_of(&environment.name).unwrap_or_default()
        };
        match rank(&after).cmp(&rank(before)) {
            std::cmp::Ordering::Greater => EnvironmentChange::Lowered,
            std::cmp::Ordering::Less => EnvironmentChange::Raised,
            std::cmp::Ordering::Equal => EnvironmentChange::Same,
        }
    }

    /// The names of the calendars inside and outside of which a moment is, and of those for which this is unknown.
    /// `open` are the answers of change calendars, by their own names.
    #[must_use]
    pub(crate) fn calendars_at(
        &self,
        moment: Option<Timestamp>,
        open: &BTreeMap<String, bool>,
    ) -> Times {
        let mut times = Times::default();
        for (name, calendar) in &self.calendars {
            let answer = calendar.change_calendar().and_then(|name| open.get(name)).copied();
            let presence = moment.map(|moment| calendar.presence(moment, answer));
            let list = match presence.unwrap_or(Presence::Unknown) {
                Presence::Inside => &mut times.inside,
                Presence::Outside => &mut times.outside,
                Presence::Unknown => &mut times.unknown,
            };
            list.push(name.clone());
        }
        times
    }

    /// ID of the own organization, where the site file names it.
    #[must_use]
    pub(crate) fn organization(&self) -> Option<&str> {
        self.spec.organization.as_ref().map(account::OrganizationId::as_str)
    }

    /// Names of the environments, the loudest first.
    #[must_use]
    pub fn environment_names(&self) -> Vec<&str> {
        self.environment.values.keys().map(String::as_str).collect()
    }

    /// The calendars, with their names.
    #[must_use]
    pub fn calendars(&self) -> &[(String, Calendar)] {
        &self.calendars
    }

    /// Adjustments of severity, in order.
    #[must_use]
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// Declared silences.
    #[must_use]
    pub fn suppressions(&self) -> &[Suppression] {
        &self.suppressions
    }

    /// What the site changes about a rule.
    #[must_use]
    pub fn override_of(&self, rule: &str) -> Option<&OverrideSpec> {
        self.spec.overrides.get(rule)
    }

    /// Topics of a severity, as the site file names them.
    #[must_use]
    pub fn topics(&self, severity: Severity) -> &[TopicSpec] {
        self.spec.topics.get(&severity).map_or(&[], Vec::as_slice)
    }
}

/// Is this the ARN of an SNS topic?
///
/// # Errors
/// What it should look like.
pub fn check_topic_arn(arn: &str) -> Result<(), String> {
    let good = Arn::parse(arn).is_some_and(|arn| {
        arn.topic().is_some()
            && arn.partition.starts_with("aws")
            && !arn.region.is_empty()
            && account::is_id(arn.account)
    });
    if good {
        Ok(())
    } else {
        Err(format!(
            "`{arn}` is not the ARN of an SNS topic; write it like arn:aws:sns:us-east-1:111122223333:name"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::calendar::IcsFiles;
    use crate::text::yaml::{Fault, YamlDocument};

    fn load(text: &str) -> Result<Site, Vec<Fault>> {
        let document = YamlDocument::parse_all("site.yaml", text).unwrap().remove(0);
        Site::load(None, Some(&document), &IcsFiles::new(), &["a-rule", "another-rule"])
    }

    #[test]
    fn the_environment_comes_from_tags_ignoring_case_and_unknown_is_production() {
        let site = load(
            "accounts:\n  '111122223333': {name: shop, tags: {Stage: PROD}}\n  '444455556666': {tags: {env: Sandbox}}\n  '777788889999': {tags: {env: odd}}\n",
        )
        .unwrap();
        let of = |account| site.environment(site.tags(account, None));
        assert_eq!(of("111122223333"), Environment { name: "production".into(), known: true });
        assert_eq!(of("444455556666").name, "development");
        assert_eq!(of("777788889999"), Environment { name: "production".into(), known: false });
        assert!(!of("000000000000").known);
        let both: IndexMap<String, String> =
            [("Env".into(), "dev".into()), ("env".into(), "prod".into())].into_iter().collect();
        assert_eq!(site.environment(Some(&both)).name, "production");
        assert_eq!(site.account_name("111122223333", None), Some("shop"));
        let found = Account { name: Some("lab".into()), ..Account::default() };
        assert_eq!(site.account_name("111122223333", Some(&found)), Some("shop"));
        assert_eq!(site.account_name("444455556666", Some(&found)), Some("lab"));
    }
}
