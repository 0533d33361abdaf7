//! A site file adds to the one that came with the rules: what an owner leaves out stays as it was. A file with
//! accounts alone takes no hours away, and no adjustment.

use super::SiteSpec;
use super::compiled::Site;

impl Site {
    /// This site over another: keys of this one win, lists are joined. What both say in the same words counts once,
    /// so that a copy of the built-in file does not adjust twice.
    pub(super) fn over(self, base: Self) -> Self {
        let Self { spec, environment, calendars, adjustments, suppressions, guarded, version } =
            self;
        let own_environment = spec.environment.is_some();
        let mut merged = base;
        merged.calendars.retain(|(name, _)| !spec.calendars.contains_key(name));
        merged.calendars.extend(calendars);
        for adjustment in adjustments {
            if !merged.adjustments.iter().any(|known| known.spec == adjustment.spec) {
                merged.adjustments.push(adjustment);
            }
        }
        for suppression in suppressions {
            if !merged.suppressions.iter().any(|known| known.spec == suppression.spec) {
                merged.suppressions.push(suppression);
            }
        }
        merged.guarded.extend(guarded);
        if own_environment {
            merged.environment = environment;
        }
        merged.spec = spec.over(merged.spec);
        // Nobody has asked for that of this one yet.
        merged.version = version;
        merged
    }
}

impl SiteSpec {
    /// Each field is named, so that a new one cannot be forgotten here.
    fn over(self, base: Self) -> Self {
        let Self {
            defaults,
            accounts,
            pipelines,
            source_identity_roles,
            organization,
            environment,
            calendars,
            severity,
            suppressions,
            overrides,
            topics,
            break_glass,
            protected,
        } = self;
        let mut merged = Self { defaults, ..base };
        merged.accounts.extend(accounts);
        merged.pipelines.extend(pipelines);
        merged.source_identity_roles.extend(source_identity_roles);
        merged.organization = organization.or(merged.organization);
        merged.environment = environment.or(merged.environment);
        merged.calendars.extend(calendars);
        merged.severity.extend(severity);
        merged.suppressions.extend(suppressions);
        merged.overrides.extend(overrides);
        merged.topics.extend(topics);
        merged.break_glass.extend(break_glass);
        merged.protected.extend(protected);
        merged
    }
}

#[cfg(test)]
mod tests {
    use crate::site::Site;
    use crate::site::calendar::IcsFiles;
    use crate::text::severity::Severity;
    use crate::text::yaml::YamlDocument;

    const BASE: &str = r"
accounts:
  '111122223333': {name: base, tags: {env: prod}}
  '444455556666': {name: other}
environment: {keys: [env], values: {production: [prod], development: [dev]}}
calendars:
  hours: {zone: Etc/UTC, weekly: [{days: [mon], from: '08:00', to: '18:00'}]}
severity:
  - {when: {derived: {environment: [development]}}, lower: 1, because: development}
overrides: {a-rule: {severity: low}}
topics:
  high: [{arn: 'arn:aws:sns:us-east-1:111122223333:high'}]
break-glass: ['arn:aws:iam::111122223333:role/break-glass']
";

    fn site(text: &str, base: Option<Site>) -> Site {
        let document = YamlDocument::parse_all("site.yaml", text).unwrap().remove(0);
        Site::load(base, Some(&document), &IcsFiles::new(), &["a-rule", "b-rule"]).unwrap()
    }

    #[test]
    fn what_is_left_out_stays_as_it_was() {
        let merged = site("accounts: {'111122223333': {name: own}}\n", Some(site(BASE, None)));
        assert_eq!(merged.account_name("111122223333", None), Some("own"));
        assert_eq!(merged.account_name("444455556666", None), Some("other"));
        assert_eq!((merged.adjustments().len(), merged.calendars().len()), (1, 1));
        assert_eq!(merged.environment_names(), ["production", "development"]);
        assert_eq!(merged.topics(Severity::High).len(), 1);
        assert!(merged.override_of("a-rule").is_some() && merged.spec.break_glass.len() == 1);
    }

    #[test]
    fn lists_are_joined_keys_are_replaced_and_a_copy_counts_once() {
        let own = r"
calendars:
  hours: {zone: Etc/UTC, weekly: [{days: [tue], from: '08:00', to: '18:00'}]}
  nights: {zone: Etc/UTC, weekly: [{days: [tue], from: '20:00', to: '06:00'}]}
severity:
  - {when: {derived: {environment: [development]}}, lower: 1, because: development}
  - {when: {derived: {outsideTime: [hours], environment: [production]}}, raise: 1, because: late}
overrides: {b-rule: {severity: high}}
topics: {high: [], low: [{arn: 'arn:aws:sns:us-east-1:111122223333:low'}]}
protected: ['arn:aws:iam::111122223333:user/ci']
";
        let merged = site(own, Some(site(BASE, None)));
        assert_eq!((merged.adjustments().len(), merged.calendars().len()), (2, 2));
        assert!(merged.override_of("a-rule").is_some() && merged.override_of("b-rule").is_some());
        assert_eq!(
            (merged.topics(Severity::High).len(), merged.topics(Severity::Low).len()),
            (0, 1)
        );
        assert_eq!(merged.guarded.len(), 2);
    }

    #[test]
    fn an_owner_can_leave_the_built_in_site_out() {
        let merged = site("defaults: none\naccounts: {}\n", Some(site(BASE, None)));
        assert_eq!((merged.adjustments().len(), merged.calendars().len()), (0, 0));
        assert_eq!(merged.account_name("444455556666", None), None);
        assert!(!merged.has_defaults());
    }

    #[test]
    fn names_of_the_built_in_site_may_be_asked_for() {
        let text = "severity: [{when: {derived: {time: [hours]}}, lower: 1, because: x}]\n";
        let document = YamlDocument::parse_all("site.yaml", text).unwrap().remove(0);
        let load = |base| Site::load(base, Some(&document), &IcsFiles::new(), &["a-rule"]);
        assert!(load(Some(site(BASE, None))).is_ok());
        assert!(load(None).unwrap_err()[0].to_string().contains("is never `hours`"));
    }
}
