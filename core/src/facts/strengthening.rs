//! Whether a change of what watches only adds to it.
//!
//! The name of such a call says nothing: `UpdateTrail` cuts a trail to one Region, and gives it all of them.

use serde_json::Value;

use crate::event::Event;
use crate::iam::arn::Arn;

/// What a parameter must be, so that the call takes nothing away.
#[derive(Debug, Clone, Copy)]
enum Setting {
    /// The name of what is changed.
    Name,
    /// Switched on.
    On,
    /// Given: something more is written to.
    Given,
    /// A key of the account of the event, or of the caller's where it names none.
    OwnKey,
    /// Given beside this other parameter, which it is for.
    For(&'static str),
    /// This word.
    Word(&'static str),
    /// A list of which each has this word at this place, and a name at most beside it.
    Each(&'static str, &'static str),
    /// A list that has all of these words at this place, and nothing beside it.
    All(&'static str, &'static [&'static str]),
    /// Selectors of events of the old kind, each of which records all that manages something.
    Selectors,
}

/// Source, name, and every parameter that such a call may have, ignoring letter case.
type Row = (&'static str, &'static str, &'static [(&'static str, Setting)]);

use Setting::{All, Each, For, Given, Name, On, OwnKey, Selectors, Word};

const CALLS: [Row; 10] = [
    (
        "cloudtrail.amazonaws.com",
        "UpdateTrail",
        &[
            ("name", Name),
            ("isMultiRegionTrail", On),
            ("includeGlobalServiceEvents", On),
            ("enableLogFileValidation", On),
            ("isOrganizationTrail", On),
            ("cloudWatchLogsLogGroupArn", Given),
            // A key of others is one that they may take away, and the log with it.
            ("kmsKeyId", OwnKey),
            // Another role alone may be one that is about to lose its rights.
            ("cloudWatchLogsRoleArn", For("cloudWatchLogsLogGroupArn")),
        ],
    ),
    (
        "cloudtrail.amazonaws.com",
        "PutEventSelectors",
        // Advanced ones take the place of all that recorded data and network before, which nobody saw.
        &[("trailName", Name), ("eventSelectors", Selectors)],
    ),
    (
        "cloudtrail.amazonaws.com",
        "PutInsightSelectors",
        &[
            ("trailName", Name),
            ("eventDataStore", Name),
            ("insightsDestination", Name),
            (
                "insightSelectors",
                All("insightType", &["ApiCallRateInsight", "ApiErrorRateInsight"]),
            ),
        ],
    ),
    (
        "cloudtrail.amazonaws.com",
        "UpdateEventDataStore",
        &[
            ("eventDataStore", Name),
            ("multiRegionEnabled", On),
            ("organizationEnabled", On),
            ("terminationProtectionEnabled", On),
        ],
    ),
    (
        "guardduty.amazonaws.com",
        "UpdateDetector",
        &[("detectorId", Name), ("enable", On), ("features", Each("status", "ENABLED"))],
    ),
    (
        "logs.amazonaws.com",
        "PutLogGroupDeletionProtection",
        &[("logGroupIdentifier", Name), ("deletionProtectionEnabled", On)],
    ),
    ("macie2.amazonaws.com", "UpdateMacieSession", &[("status", Word("ENABLED"))]),
    ("macie2.amazonaws.com", "UpdateMemberSession", &[("id", Name), ("status", Word("ENABLED"))]),
    ("securityhub.amazonaws.com", "UpdateOrganizationConfiguration", &[("autoEnable", On)]),
    (
        "securityhub.amazonaws.com",
        "UpdateStandardsControl",
        &[("standardsControlArn", Name), ("controlStatus", Word("ENABLED"))],
    ),
];

/// Does the call only switch something on that watches, or give it more to write to? What is not known of its parameters
/// counts as less.
pub(super) fn strengthens(event: &Event) -> bool {
    let (Some(source), Some(name)) = (event.event_source(), event.name()) else { return false };
    let row = CALLS.iter().find(|(of, call, _)| (*of, *call) == (source, name));
    let given = event.value("detail.requestParameters").and_then(Value::as_object);
    let (Some((_, _, settings)), Some(given)) = (row, given) else { return false };
    let setting = |key: &str| {
        settings.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, kind)| kind)
    };
    let given = || given.iter().filter(|(_, value)| !value.is_null());
    let has = |other: &str| given().any(|(key, _)| key.eq_ignore_ascii_case(other));
    let holds = |(key, value): (&String, &Value)| match setting(key) {
        Some(For(other)) => has(other),
        Some(OwnKey) => value.as_str().is_some_and(|key| is_own_key(key, event.account())),
        Some(setting) => setting.holds(value),
        None => false,
    };
    let more = given().any(|(key, _)| !matches!(setting(key), Some(Name) | None));
    more && given().all(holds)
}

impl Setting {
    fn holds(self, value: &Value) -> bool {
        let each = |holds: &dyn Fn(&Value) -> bool| {
            value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(holds))
        };
        match self {
            Name | OwnKey => true,
            On => is_on(value),
            Given | For(_) => value.as_str().is_some_and(|text| !text.trim().is_empty()),
            Word(word) => value.as_str() == Some(word),
            Each(key, word) => each(&|one| {
                has_only(one, &[key, "name"]) && one.get(key).and_then(Value::as_str) == Some(word)
            }),
            All(key, words) => {
                let found: Vec<_> =
                    value.as_array().into_iter().flatten().map(|one| one.get(key)).collect();
                let has =
                    |word: &&str| found.iter().flatten().any(|one| one.as_str() == Some(*word));
                each(&|one| has_only(one, &[key])) && words.iter().all(has)
            }
            Selectors => each(&records_all),
        }
    }
}

/// A key, or an alias of one, by its ARN in this account, or by what CloudTrail reads in the caller's.
fn is_own_key(key: &str, account: Option<&str>) -> bool {
    match Arn::parse(key) {
        Some(arn) => arn.service == "kms" && arn.account_id().is_some_and(|id| account == Some(id)),
        None => !key.trim().is_empty() && !key.contains(':'),
    }
}

fn is_on(value: &Value) -> bool {
    let text = |text: &str| text.eq_ignore_ascii_case("true");
    value.as_bool().or_else(|| value.as_str().map(text)).unwrap_or_default()
}

/// A selector that leaves out neither reads nor writes of any source.
fn records_all(selector: &Value) -> bool {
    let excluded = selector.get("excludeManagementEventSources").and_then(Value::as_array);
    selector.get("readWriteType").and_then(Value::as_str) == Some("All")
        && selector.get("includeManagementEvents").is_some_and(is_on)
        && excluded.is_none_or(Vec::is_empty)
}

/// An object with no other fields than these: what stands beside them may take away.
fn has_only(value: &Value, known: &[&str]) -> bool {
    value.as_object().is_some_and(|map| map.keys().all(|key| known.contains(&key.as_str())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;

    #[track_caller]
    fn check(source: &str, name: &str, parameters: Value, want: bool) {
        let said = format!("{name} {parameters}");
        let event = call(source, name).with("requestParameters", parameters).event();
        assert_eq!(strengthens(&event), want, "{said}");
    }

    #[test]
    fn a_trail_that_is_given_more_is_strengthened() {
        let trail = |parameters, want| check("cloudtrail", "UpdateTrail", parameters, want);
        trail(json!({"name": "t", "isMultiRegionTrail": true}), true);
        trail(json!({"Name": "t", "EnableLogFileValidation": "true"}), true);
        trail(json!({"name": "t", "cloudWatchLogsLogGroupArn": "a", "s3BucketName": null}), true);
        trail(json!({"name": "t"}), false);
        trail(
            json!({"name": "t", "isMultiRegionTrail": true, "isOrganizationTrail": false}),
            false,
        );
        trail(json!({"name": "t", "isMultiRegionTrail": true, "s3BucketName": "b"}), false);
        let key = |key: &str| json!({"name": "t", "kmsKeyId": key});
        trail(key("arn:aws:kms:eu-west-1:111122223333:key/k"), true);
        trail(key("alias/logs"), true);
        trail(key("arn:aws:kms:eu-west-1:999988887777:key/k"), false);
        trail(key("arn:aws:s3:eu-west-1:111122223333:key/k"), false);
        trail(key("arn:aws:kms"), false);
        trail(key(""), false);
        trail(json!({"name": "t", "cloudWatchLogsLogGroupArn": ""}), false);
        let (group, role) = ("cloudWatchLogsLogGroupArn", "cloudWatchLogsRoleArn");
        trail(json!({"name": "t", group: "a", role: "r"}), true);
        trail(json!({"name": "t", role: "r"}), false);
        trail(json!({"name": "t", "isMultiRegionTrail": true, role: "r"}), false);
        trail(json!({"reason": "requestParameters too large", "omitted": true}), false);
        trail(Value::Null, false);
    }

    #[test]
    fn selectors_that_leave_nothing_out_strengthen() {
        let put = |parameters, want| check("cloudtrail", "PutEventSelectors", parameters, want);
        let whole = json!({"readWriteType": "All", "includeManagementEvents": true});
        let cut = json!({"readWriteType": "All", "includeManagementEvents": true,
            "excludeManagementEventSources": ["kms.amazonaws.com"]});
        put(json!({"trailName": "t", "eventSelectors": [whole]}), true);
        put(json!({"trailName": "t", "eventSelectors": [whole, cut]}), false);
        put(json!({"trailName": "t", "eventSelectors": []}), false);
        let management = json!({"field": "eventCategory", "equals": ["Management"]});
        let advanced = json!([{"fieldSelectors": [management]}]);
        put(json!({"trailName": "t", "advancedEventSelectors": advanced}), false);
    }

    #[test]
    fn what_is_switched_on_strengthens_and_what_is_not_known_does_not() {
        let insights = |kinds: &[&str], want| {
            let kinds: Vec<Value> = kinds.iter().map(|kind| json!({"insightType": kind})).collect();
            let parameters = json!({"trailName": "t", "insightSelectors": kinds});
            check("cloudtrail", "PutInsightSelectors", parameters, want);
        };
        insights(&["ApiErrorRateInsight", "ApiCallRateInsight"], true);
        insights(&["ApiErrorRateInsight"], false);
        insights(&[], false);
        let features = |status: &str, want| {
            let parameters =
                json!({"detectorId": "d", "features": [{"name": "x", "status": status}]});
            check("guardduty", "UpdateDetector", parameters, want);
        };
        features("ENABLED", true);
        features("DISABLED", false);
        let beside = json!({"detectorId": "d", "features": [{"name": "RUNTIME_MONITORING", "status": "ENABLED",
            "additionalConfiguration": [{"name": "EC2_AGENT_MANAGEMENT", "status": "DISABLED"}]}]});
        check("guardduty", "UpdateDetector", beside, false);
        let data = json!({"trailName": "t", "insightSelectors": [
            {"insightType": "ApiCallRateInsight", "eventCategories": ["Data"]},
            {"insightType": "ApiErrorRateInsight"}]});
        check("cloudtrail", "PutInsightSelectors", data, false);
        check("macie2", "UpdateMacieSession", json!({"status": "PAUSED"}), false);
        check("macie2", "UpdateMacieSession", json!({"status": "ENABLED"}), true);
        check("iam", "UpdateTrail", json!({"isMultiRegionTrail": true}), false);
    }
}
