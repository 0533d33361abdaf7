//! Does EventBridge deliver the events of a rule, and would it accept the rule's own pattern?

use std::collections::{BTreeMap, HashSet};

use iam_responder::assess::engine::Engine;
use iam_responder::pack::PACK;
use iam_responder::pattern::{COMPLEXITY_MAX, Pattern};
use iam_responder::review::bus::{BusFault, BusRules, PATTERN_CHARACTERS_MAX, Share, Shares};
use iam_responder::rule::Rule;
use iam_responder::text::clean::clean;
use serde_json::Value;

use super::remark::Remark;
use crate::exit::Failure;
use crate::files;

/// The word for a rule that sees all its events.
const ALL: &str = "all";
/// End of every remark on something that the template's bus rules do not deliver, and new ones would.
const AGAIN: &str = "until you deploy the bus rules again";
/// Most branches that are listed one by one; a rule with more gets one line.
const BRANCHES_PRINTED_MAX: usize = 20;
/// Most branches that are named where the same is true of several.
const NAMED_MAX: usize = 3;
/// Most characters of a branch's description by its fields.
const ASKED_CHARACTERS_MAX: usize = 60;

/// Remarks about rules that the bus rules of the template, as they come, do not deliver whole, and about
/// patterns of the owner's own rules.
pub(super) fn remarks(engine: &Engine) -> Result<Vec<Remark>, Failure> {
    let default = Engine::packed(&PACK).map_err(Failure::Rules)?;
    let ids: HashSet<&str> = default.rules().ids().into_iter().collect();
    let deployed = files::bus_rules(&default)?;
    let (own, pack) = (engine.rules().rules(), default.rules().rules());
    // The same rules make the same bus rules.
    let fresh = if same(own.clone(), pack) { None } else { Some(BusRules::of(own)) };
    let fresh = fresh.as_ref().map_or(Ok(&deployed), Result::as_ref);
    let mut of_fresh = fresh.map(Shares::new);
    let mut of_deployed = Shares::new(&deployed);
    let mut remarks = Vec::new();
    for rule in engine.rules().rules().filter(|rule| rule.spec.enabled) {
        remarks.extend(of_share(rule, &mut of_deployed, of_fresh.as_mut()));
        if !ids.contains(rule.spec.id.as_str()) {
            remarks.extend(of_pattern(rule));
        }
    }
    // One remark is enough for faults that belong to no rule.
    let common = fresh.err().into_iter().flatten().filter(|fault| fault.rule.is_none());
    remarks.extend(common.map(|fault| Remark::new("bus rules".to_owned(), fault.message.clone())));
    Ok(remarks)
}

/// Do both match the same events?
fn same<'r>(
    own: impl ExactSizeIterator<Item = &'r Rule>,
    mut pack: impl ExactSizeIterator<Item = &'r Rule>,
) -> bool {
    let before = |rule: &Rule| -> Vec<Value> {
        rule.spec.sequence.iter().flat_map(|sequence| sequence.before.clone()).collect()
    };
    let alike = |(own, pack): (&Rule, &Rule)| {
        (&own.spec.id, own.spec.enabled) == (&pack.spec.id, pack.spec.enabled)
            && own.spec.pattern == pack.spec.pattern
            && before(own) == before(pack)
    };
    own.len() == pack.len() && own.zip(&mut pack).all(alike)
}

fn of_share(
    rule: &Rule,
    deployed: &mut Shares<'_>,
    mut fresh: Result<&mut Shares<'_>, &mut &Vec<BusFault>>,
) -> Option<Remark> {
    if deployed.of(rule, false) == Share::All {
        return None;
    }
    let mut parts = Vec::new();
    for (place, alone) in branches(rule) {
        let now = deployed.both(&alone);
        let anew = match &mut fresh {
            Ok(fresh) => Ok(fresh.both(&alone)),
            Err(faults) => Err(why_not(faults, &rule.spec.id)),
        };
        parts.push(Delivered { now, anew }.part(place, &alone, deployed));
    }
    if parts.iter().all(|part| part.sees == ALL) {
        return None;
    }
    let message = described(&parts);
    if parts.iter().all(|part| part.reads_alone) {
        return Some(Remark::note(rule, message));
    }
    let again = "; to deploy, put it into a folder below rules/, or its settings into rules/site.yaml, build, and deploy \
                 by `infra/package`; `iam-responder bus-rules` shows them before";
    let again = if message.contains(AGAIN) { again } else { "" };
    Some(Remark::of_rule(rule, format!("{message}{again}")))
}

fn why_not(faults: &[BusFault], rule: &str) -> String {
    let own = faults.iter().find(|fault| fault.rule.as_deref() == Some(rule));
    own.map_or("the bus rules cannot be made from these rules", |own| &own.message).to_owned()
}

/// The branches of a rule's patterns, each as a separate rule, with its place if there are several.
fn branches(rule: &Rule) -> Vec<(String, Rule)> {
    let count = rule
        .before
        .iter()
        .chain([&rule.pattern])
        .map(|one| one.alternatives().len())
        .sum::<usize>();
    if count == 1 || count > BRANCHES_PRINTED_MAX {
        return vec![(String::new(), rule.clone())];
    }
    let steps = rule.before.iter().enumerate();
    let steps = steps.map(|(step, pattern)| (format!("in step {} before, ", step + 1), pattern));
    let mut found = Vec::new();
    for (step, pattern) in steps.chain([(String::new(), &rule.pattern)]) {
        let all = pattern.to_branches();
        for (branch, alone) in all.iter().zip(pattern.alternatives()) {
            let place = format!("{step}{}", place(branch, &all));
            found.push((place, Rule { before: Vec::new(), pattern: alone, ..rule.clone() }));
        }
    }
    found
}

/// The fields in which a branch differs from others: its calls, if these differ.
fn place(branch: &BTreeMap<String, Vec<Value>>, all: &[BTreeMap<String, Vec<Value>>]) -> String {
    let differs = |path: &&String| all.iter().any(|one| one.get(*path) != branch.get(*path));
    let rank = |path: &&String| match path.as_str() {
        "detail.eventName" => 0,
        "detail.eventSource" => 1,
        "source" => 2,
        _ => 3,
    };
    let Some(path) = branch.keys().filter(differs).min_by_key(rank) else { return String::new() };
    let wanted = branch.get(path).map(|wanted| Value::from(wanted.clone()).to_string());
    let wanted = clean(&wanted.unwrap_or_default(), ASKED_CHARACTERS_MAX);
    format!("where `{path}` is {wanted}, ")
}

/// The bus rules of the unchanged template, and those generated from these rules; each without the bus rules for reads,
/// and with them.
struct Delivered {
    now: (Share, Share),
    anew: Result<(Share, Share), String>,
}

/// One branch of a rule, and how its events are delivered.
struct Part {
    place: String,
    /// The part of its events that the rule sees, as the words after `sees`.
    sees: String,
    /// If anything is missing, then reads that a parameter of the stack delivers.
    reads_alone: bool,
}

impl Delivered {
    fn part(self, place: String, rule: &Rule, deployed: &mut Shares<'_>) -> Part {
        let reads_alone = self.now.1 == Share::All;
        let Some(services) = services(&rule.pattern).filter(|_| self.now.0 != Share::All) else {
            return Part { place, sees: self.words(""), reads_alone };
        };
        let list = services.join(", ");
        let pattern = rule.pattern.asking("detail.eventSource", services);
        let named = deployed.both(&Rule { pattern, ..rule.clone() });
        let others = self.words("");
        let advice = format!("name `detail.eventSource: [{list}]` to ask for no more");
        let sees = if named == self.now {
            format!("{others}; {advice}")
        } else {
            let own = Self { now: named, ..self }.words(&format!(" of what {list} sends"));
            format!("{own}, and of what others send by its `source` {others}; {advice}")
        };
        Part { place, sees, reads_alone: false }
    }

    /// How much of something is seen.
    fn words(&self, of: &str) -> String {
        let reads = "DeliverReadOnlyEvents=true";
        let sees = match self.now.0 {
            Share::All => return format!("{ALL}{of}"),
            Share::Nothing => "nothing",
            Share::WithoutReads => "all but some reads",
            Share::Part => "only a part",
        };
        if self.now.1 == Share::All {
            return format!("{sees}{of} until reads are delivered: {reads}");
        }
        match &self.anew {
            Err(why) => format!("{sees}{of}, and no bus rule can deliver it: {why}"),
            Ok((Share::All, _)) => format!("{sees}{of} {AGAIN}"),
            Ok((Share::WithoutReads, _)) if self.now.0 != Share::WithoutReads => {
                format!("{sees}{of} {AGAIN}, then all but some reads, which {reads} delivers")
            }
            Ok(_) => format!("{sees}{of} {AGAIN} with {reads}"),
        }
    }
}

/// The services whose calls come under the exact sources of a pattern of one branch, where it names none itself.
fn services(pattern: &Pattern) -> Option<Vec<String>> {
    let mut branches = pattern.to_branches().into_iter();
    let branch = branches.next().filter(|_| branches.next().is_none())?;
    let of_trail =
        |kind: &Value| kind.as_str().is_some_and(|kind| kind.ends_with(" via CloudTrail"));
    let other = branch.get("detail-type").is_some_and(|kinds| !kinds.iter().all(of_trail));
    if branch.contains_key("detail.eventSource") || other {
        return None;
    }
    let service =
        |source: &Value| Some(format!("{}.amazonaws.com", source.as_str()?.strip_prefix("aws.")?));
    branch.get("source")?.iter().map(service).collect()
}

/// How much each part sees, said once for all parts that see the same.
fn described(parts: &[Part]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for part in parts {
        if !kinds.contains(&part.sees.as_str()) {
            kinds.push(&part.sees);
        }
    }
    if let [sees] = kinds.as_slice() {
        return format!("sees {sees}");
    }
    let described = kinds.iter().map(|sees| {
        let mut places: Vec<&str> = parts
            .iter()
            .filter(|part| part.sees == **sees)
            .map(|part| part.place.as_str())
            .collect();
        let more = places.len().saturating_sub(NAMED_MAX);
        places.truncate(NAMED_MAX);
        let more = if more > 0 { format!("and in {more} more branches ") } else { String::new() };
        format!("{}{more}it sees {sees}", places.concat())
    });
    described.collect::<Vec<_>>().join("; ")
}

/// The size that EventBridge would measure, if the pattern has only fields that EventBridge knows.
fn of_pattern(rule: &Rule) -> Option<Remark> {
    let derived = |path: &&str| *path == "derived" || path.starts_with("derived.");
    if rule.pattern.paths().iter().any(derived) {
        return None;
    }
    let complexity = rule.pattern.complexity();
    let characters = rule.spec.pattern.to_string().chars().count();
    let message = format!(
        "its pattern could stand on a bus: complexity {complexity} of {COMPLEXITY_MAX}, {characters} of \
         {PATTERN_CHARACTERS_MAX} characters"
    );
    let fits = complexity <= COMPLEXITY_MAX && characters <= PATTERN_CHARACTERS_MAX;
    let message = if fits { message } else { message.replace("could", "could not") };
    Some(Remark::note(rule, message))
}

#[cfg(test)]
mod tests {
    use iam_responder::rule::RuleSet;
    use iam_responder::text::yaml::YamlDocument;

    use super::*;

    /// Checks the remarks about a rule beside the pack.
    #[track_caller]
    fn check(pattern: &str, note: bool, want: &str) {
        let text = format!(
            "{{id: own, title: t, severity: high, why: w, runbook: b, pattern: {pattern}}}\n"
        );
        let set = RuleSet::load(&YamlDocument::parse_all("own.yaml", &text).unwrap()).unwrap();
        let rule = set.rules().next().unwrap();
        // The few rules of the pack that these look at.
        let pack = Engine::packed(&PACK).unwrap();
        let few =
            |rule: &&Rule| rule.pattern.texts("detail.eventSource").contains(&"iam.amazonaws.com");
        let few: Vec<Rule> = pack.rules().rules().filter(few).take(3).cloned().collect();
        let all: Vec<Rule> = few.iter().chain([rule]).cloned().collect();
        let (deployed, fresh) = (BusRules::of(&few).unwrap(), BusRules::of(&all));
        let mut fresh = fresh.as_ref().map(Shares::new);
        let found = of_share(rule, &mut Shares::new(&deployed), fresh.as_mut());
        let found = found.map_or((false, String::new()), |remark| (remark.note, remark.message));
        let message = found.1.split("; to deploy").next().unwrap_or_default().to_owned();
        assert_eq!((found.0, message.as_str()), (note, want), "{pattern}");
    }

    #[test]
    fn a_rule_that_names_its_service_needs_few_words() {
        let iam = |name: &str| {
            format!(
                "{{source: [aws.iam], detail: {{eventSource: [iam.amazonaws.com], eventName: [{name}]}}}}"
            )
        };
        check(&iam("AttachRolePolicy"), false, "");
        let of_s3 =
            "{source: [aws.s3], detail: {eventSource: [s3.amazonaws.com], eventName: [NAME]}}";
        let named = |name: &str| of_s3.replace("NAME", name);
        check(
            &named("DeleteBucketPolicy"),
            false,
            "sees nothing until you deploy the bus rules again",
        );
        let reads =
            "sees nothing until you deploy the bus rules again with DeliverReadOnlyEvents=true";
        check(&named("ListBuckets"), false, reads);
    }

    #[test]
    fn without_a_service_it_is_said_what_comes_now_and_what_only_with_reads() {
        let others = "of what others send by its `source` nothing until you deploy the bus rules again, then all but \
                      some reads, which DeliverReadOnlyEvents=true delivers; name `detail.eventSource: \
                      [iam.amazonaws.com]` to ask for no more";
        let call = "{source: [aws.iam], detail: {eventName: [AttachRolePolicy]}}";
        check(call, false, &format!("sees all of what iam.amazonaws.com sends, and {others}"));
        let any = "sees all but some reads of what iam.amazonaws.com sends until you deploy the bus rules again with \
                   DeliverReadOnlyEvents=true";
        check("{source: [aws.iam]}", false, &format!("{any}, and {others}"));
        let unseen = "sees nothing until you deploy the bus rules again, then all but some reads, which \
                      DeliverReadOnlyEvents=true delivers";
        let table = "{source: [aws.dynamodb], detail: {eventName: [DeleteTable]}}";
        let advice = "name `detail.eventSource: [dynamodb.amazonaws.com]` to ask for no more";
        check(table, false, &format!("{unseen}; {advice}"));
        let anybody = "{source: [{prefix: aws.}], detail: {eventName: [DeleteTable]}}";
        check(anybody, false, unseen);
        // Events that CloudTrail did not write are not reads.
        let parameter = "{source: [aws.ssm], detail-type: [Parameter Store Change]}";
        check(parameter, false, "sees nothing until you deploy the bus rules again");
    }

    #[test]
    fn each_branch_is_listed_by_itself_where_they_differ() {
        let pattern = "{$or: [{source: [aws.iam], detail: {eventSource: [iam.amazonaws.com], eventName: [CreateUser]}}, \
                       {source: [aws.s3], detail: {eventSource: [s3.amazonaws.com], eventName: [ListBuckets]}}, \
                       {source: [aws.s3], detail: {eventSource: [s3.amazonaws.com], eventName: [DeleteBucketPolicy]}}]}";
        let want = "where `detail.eventName` is [\"CreateUser\"], it sees all; where `detail.eventName` is \
                    [\"ListBuckets\"], it sees nothing until you deploy the bus rules again with \
                    DeliverReadOnlyEvents=true; where `detail.eventName` is [\"DeleteBucketPolicy\"], it sees nothing \
                    until you deploy the bus rules again";
        check(pattern, false, want);
        let alike = "{detail: {eventSource: [s3.amazonaws.com], $or: [{eventName: [DeleteBucketPolicy]}, \
                     {eventName: [PutBucketPolicy]}]}, source: [aws.s3]}";
        check(alike, false, "sees nothing until you deploy the bus rules again");
    }
}
