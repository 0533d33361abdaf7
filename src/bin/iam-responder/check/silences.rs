//! What the site file, or a rule of the owner, lowers below medium or silences, with the rules that it affects.
//!
//! Adjustments of a step are what severities are adjusted by; where it matters most they stop at medium. What goes
//! further is the owner's right, and is said here, and once a day with how much it was.

use std::collections::{BTreeMap, BTreeSet};

use iam_responder::assess::engine::Engine;
use iam_responder::event::CallOutcome;
use iam_responder::pattern::Pattern;
use iam_responder::rule::{Rule, RuleSpec};
use iam_responder::site::{Adjustment, EnvironmentSpec, PRODUCTION, Suppression};
use iam_responder::text::severity::Severity;

use super::remark::Remark;

/// Most rules that one remark names.
const RULES_NAMED_MAX: usize = 8;

/// All remarks of this kind.
pub(super) fn remarks(engine: &Engine) -> Vec<Remark> {
    let (rules, site) = (engine.rules().rules(), engine.site());
    let mut remarks = Vec::new();
    for rule in rules {
        let messages = of_override(rule).into_iter().chain(of_window(engine, rule));
        remarks.extend(messages.map(|message| Remark::of_rule(rule, message)));
    }
    for suppression in site.suppressions() {
        let place = format!("suppression {} of {}", suppression.spec.name, suppression.spec.owner);
        let message = of_suppression(engine, suppression);
        remarks.extend(message.map(|message| Remark::new(place, message)));
    }
    for adjustment in site.adjustments() {
        let place = format!("severity because {}", adjustment.spec.because);
        let message = of_adjustment(engine, adjustment);
        remarks.extend(message.map(|message| Remark::new(place, message)));
    }
    remarks.extend(of_environment(engine));
    remarks.extend(of_topics(engine));
    remarks
}

/// The rule without the site's override.
fn by_itself(rule: &Rule) -> &RuleSpec {
    rule.by_itself.as_deref().unwrap_or(&rule.spec)
}

/// Medium or more, by itself or by the site.
fn is_loud(rule: &Rule) -> bool {
    rule.spec.severity.max(by_itself(rule).severity) >= Severity::Medium
}

/// No adjustment makes it quieter than medium.
fn keeps_medium(rule: &Rule) -> bool {
    rule.floor(CallOutcome::Success) >= Severity::Medium
}

/// An override that takes a rule of medium or more below that, or lets adjustments do so.
fn of_override(rule: &Rule) -> Option<String> {
    let own =
        rule.by_itself.as_deref().filter(|own| own.enabled && own.severity >= Severity::Medium)?;
    let (severity, by_itself) = (rule.spec.severity, own.severity);
    if rule.is_switched_off() {
        return Some(format!("is switched off by the site's override, and {by_itself} by itself"));
    }
    let alone = Rule { spec: own.clone(), ..rule.clone() };
    let lower = if severity < Severity::Medium {
        Some(format!("is {severity} by the site's override, {by_itself} by itself"))
    } else if severity < by_itself && keeps_medium(&alone) && !keeps_medium(rule) {
        Some(format!(
            "is {severity} by the site's override, {by_itself} by itself: adjustments may now make it quieter than medium"
        ))
    } else {
        None
    };
    let each = || "on each of them by itself".to_owned();
    let own =
        own.threshold.as_ref().map_or_else(each, |own| format!("from {} by itself", own.count));
    let rarer = rule.counts_less().map(|how| format!("{how} by the site's override, {own}"));
    let all: Vec<String> = lower.into_iter().chain(rarer).collect();
    (!all.is_empty()).then(|| all.join(", and "))
}

/// A window of deduplication longer than a day.
fn of_window(engine: &Engine, rule: &Rule) -> Option<String> {
    let window = rule.held_for_days()?.text();
    let change = engine.site().override_of(&rule.spec.id);
    let whose = match change.and_then(|change| change.dedupe.as_ref()) {
        Some(_) => {
            let own = by_itself(rule).dedupe.as_ref();
            let own = own.map_or("none", |own| own.text());
            format!(" by the site's override, {own} by itself")
        }
        None => String::new(),
    };
    let severity = rule.spec.severity.max(by_itself(rule).severity);
    Some(format!(
        "is {severity}, and its `dedupe` is {window}{whose}: for longer than a day nobody hears that it goes on"
    ))
}

/// The rules of medium or more that a suppression silences.
fn of_suppression(engine: &Engine, suppression: &Suppression) -> Option<String> {
    let named = &suppression.spec.rules;
    let silenced = met(engine, &suppression.pattern, named, |_| true);
    if named.is_empty() {
        let what = silenced
            .map_or_else(String::new, |rules| format!("; of what rules say it silences {rules}"));
        return Some(format!(
            "names no rules: it also silences administrator rights, trust to strangers, and changes of the monitoring \
             and of this tool{what}"
        ));
    }
    silenced.map(|rules| format!("silences {rules}"))
}

/// An adjustment that goes further than a step.
fn of_adjustment(engine: &Engine, adjustment: &Adjustment) -> Option<String> {
    let change = adjustment.spec.change().filter(|_| adjustment.quietens())?;
    // Rules that stay at medium lose nothing below it.
    let rules =
        met(engine, &adjustment.pattern, &adjustment.spec.rules, |rule| !keeps_medium(rule))?;
    Some(format!("`{change}` takes below medium what rules say at medium or more: {rules}"))
}

/// Names of the enabled rules of medium or more that an event of this pattern may match.
fn met(
    engine: &Engine,
    pattern: &Pattern,
    named: &[String],
    counts: impl Fn(&Rule) -> bool,
) -> Option<String> {
    let is_met = |rule: &&Rule| {
        let said = named.is_empty() || named.contains(&rule.spec.id);
        said && rule.spec.enabled
            && is_loud(rule)
            && counts(rule)
            && may_meet(pattern, &rule.pattern)
    };
    let mut rules: Vec<&Rule> = engine.rules().rules().filter(is_met).collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.spec.severity));
    let words = rules.iter().take(RULES_NAMED_MAX);
    let words: Vec<String> =
        words.map(|rule| format!("{} ({})", rule.spec.id, rule.spec.severity)).collect();
    let more = rules.len().saturating_sub(RULES_NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!words.is_empty()).then(|| format!("{}{more}", words.join(", ")))
}

/// Can one event match both? Not where they name different services or calls.
fn may_meet(one: &Pattern, other: &Pattern) -> bool {
    ["source", "detail.eventSource", "detail.eventName"].iter().all(|path| {
        match (exact(one, path), exact(other, path)) {
            (Some(one), Some(other)) => !one.is_disjoint(&other),
            _ => true,
        }
    })
}

/// The texts that a pattern matches under a path, if every branch matches only texts there.
fn exact(pattern: &Pattern, path: &str) -> Option<BTreeSet<String>> {
    let mut texts = BTreeSet::new();
    for branch in pattern.to_branches() {
        for wanted in branch.get(path)? {
            texts.insert(wanted.as_str()?.to_owned());
        }
    }
    Some(texts)
}

/// Tag values that mean production to everybody, and something quieter to the site.
fn of_environment(engine: &Engine) -> Option<Remark> {
    let spec = engine.site().spec().environment.as_ref()?;
    let usual = EnvironmentSpec::default();
    let usual = usual.values.get(PRODUCTION).map(Vec::as_slice).unwrap_or_default();
    let is_usual = |value: &&String| usual.iter().any(|one| one.eq_ignore_ascii_case(value.trim()));
    let others = spec.values.iter().filter(|(name, _)| *name != PRODUCTION);
    let moved: Vec<String> = others
        .flat_map(|(name, values)| {
            values.iter().filter(is_usual).map(move |value| format!("\"{value}\" as {name}"))
        })
        .collect();
    let message = format!(
        "reads the tag value {}: alerts of such accounts are a step quieter",
        moved.join(", ")
    );
    (!moved.is_empty()).then(|| Remark::new("environment".to_owned(), message))
}

/// Severities of medium or more all of whose topics get quieter alerts, too.
fn of_topics(engine: &Engine) -> Vec<Remark> {
    let site = engine.site();
    let quiet = Severity::ALL.into_iter().filter(|severity| *severity < Severity::Medium);
    let arns: BTreeMap<&str, Severity> = quiet
        .clone()
        .flat_map(|severity| {
            site.topics(severity).iter().map(move |topic| (topic.arn.as_str(), severity))
        })
        .collect();
    let of_quiet = |arn: &str| {
        let named = || {
            quiet
                .clone()
                .find(|severity| arn.ends_with(&format!(":{}-{severity}", engine.own().name())))
        };
        arns.get(arn).copied().or_else(named)
    };
    let mut remarks = Vec::new();
    for severity in Severity::ALL.into_iter().filter(|severity| *severity >= Severity::Medium) {
        let topics = site.topics(severity);
        let quieter: Vec<Severity> =
            topics.iter().filter_map(|topic| of_quiet(&topic.arn)).collect();
        if let (Some(quieter), true) = (quieter.first(), quieter.len() == topics.len()) {
            let message =
                format!("{severity} alerts go to nobody but those who get {quieter} ones");
            remarks.push(Remark::new(format!("topics.{severity}"), message));
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use iam_responder::assess::engine::{SiteFiles, SourceFile};
    use iam_responder::site::calendar::IcsFiles;

    use super::*;

    const RULES: &str = "
{id: grave, title: t, severity: high, why: w, runbook: b, pattern: {source: [aws.iam], detail: {eventName: [A, B]}}}
---
{id: usual, title: t, severity: medium, why: w, runbook: b, dedupe: 1h, pattern: {source: [aws.iam], detail: {eventName: [B]}}}
---
{id: small, title: t, severity: low, why: w, runbook: b, dedupe: 7d, pattern: {source: [aws.iam], detail: {eventName: [C]}}}
---
{id: often, title: t, severity: medium, why: w, runbook: b, threshold: {count: 5, within: 1h, by: [account]},
 pattern: {source: [aws.sts]}}
---
{id: off, title: t, severity: high, why: w, runbook: b, enabled: false, pattern: {source: [aws.iam]}}
";

    /// The findings about this site, or these further rules.
    #[track_caller]
    fn check(site: &str, more_rules: &str, want: &[&str]) {
        let file = |name: &str, text: String| SourceFile { name: name.to_owned(), text };
        let site =
            SiteFiles { site: file("site.yaml", site.to_owned()), calendars: IcsFiles::new() };
        let rules = [file("r.yaml", format!("{RULES}{more_rules}"))];
        let engine = Engine::load(&rules, Some(&site), None).unwrap();
        let found: Vec<String> = remarks(&engine)
            .into_iter()
            .map(|one| format!("{}: {}", one.place, one.message))
            .collect();
        assert_eq!(found, want);
    }

    fn of_override(of: &str, want: &[&str]) {
        check(&format!("overrides: {{{of}}}\n"), "", want);
    }

    #[test]
    fn overrides_below_medium_are_noted() {
        of_override(
            "grave: {severity: critical}, usual: {severity: high}, small: {enabled: false}",
            &[],
        );
        of_override(
            "usual: {severity: low}",
            &["usual (r.yaml): is low by the site's override, medium by itself"],
        );
        let off = "usual (r.yaml): is switched off by the site's override, and medium by itself";
        of_override("usual: {enabled: false}", &[off]);
        of_override("usual: {disabled: true}", &[off]);
        let floor = "grave (r.yaml): is medium by the site's override, high by itself: adjustments may now make it \
                     quieter than medium";
        of_override("grave: {severity: medium}", &[floor]);
        // It is off by itself.
        of_override("off: {severity: low}", &[]);
    }

    #[test]
    fn rarer_and_longer_is_noted_and_the_opposite_is_not() {
        let rarer = "usual (r.yaml): alerts from 9 events on by the site's override, on each of them by itself";
        of_override("usual: {threshold: {count: 9, within: 5m}}", &[rarer]);
        let rarer =
            "often (r.yaml): alerts from 50 events on by the site's override, from 5 by itself";
        of_override("often: {threshold: {count: 50, within: 1h, by: [account]}}", &[rarer]);
        let shorter =
            "often (r.yaml): alerts from 5 events on by the site's override, from 5 by itself";
        of_override("often: {threshold: {count: 5, within: 1m, by: [account]}}", &[shorter]);
        of_override(
            "often: {threshold: {count: 5, within: 1h, by: [account, source-ip]}}",
            &[shorter],
        );
        of_override("often: {threshold: {count: 3, within: 2h}}", &[]);
        let both = "grave (r.yaml): is low by the site's override, high by itself, and alerts from 9 events on by the \
                    site's override, on each of them by itself";
        of_override("grave: {severity: low, threshold: {count: 9, within: 5m}}", &[both]);
        let goes_on = "for longer than a day nobody hears that it goes on";
        let held = format!(
            "usual (r.yaml): is medium, and its `dedupe` is 2d by the site's override, 1h by itself: {goes_on}"
        );
        of_override("usual: {dedupe: 2d}", &[&held]);
        let held = format!(
            "grave (r.yaml): is high, and its `dedupe` is 7d by the site's override, none by itself: {goes_on}"
        );
        of_override("grave: {dedupe: 7d}", &[&held]);
        of_override("grave: {dedupe: 1d}, usual: {dedupe: 24h}", &[]);
        let own = "---\n{id: own, title: t, severity: medium, why: w, runbook: b, dedupe: 25h, pattern: {source: [aws.s3]}}\n";
        check(
            "accounts: {}\n",
            own,
            &[&format!("own (r.yaml): is medium, and its `dedupe` is 25h: {goes_on}")],
        );
        check("accounts: {}\n", &own.replace("medium", "low"), &[]);
    }

    #[test]
    fn suppressions_and_adjustments_say_what_they_reach() {
        let silence = |pattern: &str, rules: &str| {
            format!(
                "suppressions: [{{name: n, pattern: {pattern}, rules: [{rules}], owner: o, reason: r, expires: 2027-01-01}}]\n"
            )
        };
        let iam = "{source: [aws.iam]}";
        check(&silence(iam, "usual"), "", &["suppression n of o: silences usual (medium)"]);
        check(
            &silence(iam, "usual, grave, small"),
            "",
            &["suppression n of o: silences grave (high), usual (medium)"],
        );
        check(&silence(iam, "small"), "", &[]);
        let any = "suppression n of o: names no rules: it also silences administrator rights, trust to strangers, and \
                   changes of the monitoring and of this tool; of what rules say it silences grave (high)";
        check(&silence("{source: [aws.iam], detail: {eventName: [A]}}", ""), "", &[any]);
        let adjust = |what: &str, when: &str| {
            format!("severity: [{{when: {when}, {what}, because: quiet}}]\n")
        };
        let of = |what: &str, rules: &str| {
            format!(
                "severity because quiet: `{what}` takes below medium what rules say at medium or more: {rules}"
            )
        };
        // A high rule stops at medium.
        check(&adjust("set: low", iam), "", &[&of("set low", "usual (medium)")]);
        check(
            &adjust("lower: 2", "{source: [{prefix: aws.}]}"),
            "",
            &[&of("lower 2", "usual (medium), often (medium)")],
        );
        check(&adjust("lower: 1", iam), "", &[]);
        check(&adjust("set: medium", iam), "", &[]);
        check(&adjust("set: low", "{source: [aws.iam], detail: {eventName: [A, C]}}"), "", &[]);
        check(&adjust("set: low, rules: [small]", iam), "", &[]);
        let vouched = "{derived: {principal: {linkedService: [{exists: true}]}}}";
        check(&adjust("set: low", vouched), "", &[]);
        let anybody =
            "{derived: {principal: {linkedService: [{exists: false}]}}, source: [aws.sts]}";
        check(&adjust("set: low", anybody), "", &[&of("set low", "often (medium)")]);
    }

    #[test]
    fn production_read_as_something_else_and_loud_topics_for_quiet_readers_are_noted() {
        let values =
            "environment: {keys: [env], values: {production: [], development: [dev, Prod]}}\n";
        check(
            values,
            "",
            &[
                "environment: reads the tag value \"Prod\" as development: alerts of such accounts are a step quieter",
            ],
        );
        let usual =
            "environment: {keys: [env], values: {production: [prod], development: [dev]}}\n";
        check(usual, "", &[]);
        let topics = |high: &str| {
            let arn = |name: &str| format!("{{arn: 'arn:aws:sns:us-east-1:111122223333:{name}'}}");
            let high: Vec<String> = high.split(' ').map(arn).collect();
            format!("topics: {{high: [{}], low: [{}]}}\n", high.join(", "), arn("noise"))
        };
        let note = "topics.high: high alerts go to nobody but those who get low ones";
        check(&topics("noise"), "", &[note]);
        check(&topics("iam-responder-low"), "", &[note]);
        check(&topics("noise iam-responder-high"), "", &[]);
        check("topics: {high: []}\n", "", &[]);
    }
}
