//! What an engineer reads at night, in the alerts about several events in a row.

use serde_json::{Value, json};

use crate::support::{call, responses};

const SITE: &str = "accounts: {'111122223333': {name: shop, tags: {Environment: production}}}";
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The text of the alert about the last event.
pub(crate) fn text(site: &str, events: Vec<Value>) -> String {
    let last = responses(site, Vec::new(), events).pop().unwrap();
    last.alert.map(|alert| alert.to_text()).unwrap_or_default()
}

/// A part of an alert, from its title to the next blank line.
pub(crate) fn part(text: &str, title: &str) -> String {
    let from = text.find(&format!("\n{title}\n"));
    let rest = from.map(|from| &text[from + title.len() + 2..]).unwrap_or_default();
    rest.split("\n\n").next().unwrap_or_default().trim_end().to_owned()
}

#[track_caller]
fn allows(events: Vec<Value>, want: &str) {
    assert_eq!(part(&text(SITE, events), "What it allows"), want);
}

/// A policy that goes allows nothing any more.
#[test]
fn what_a_policy_taken_off_said_is_not_called_allowed() {
    let own = json!({"roleName": "r", "policyArn": "arn:aws:iam::111122223333:policy/team"});
    let inline = json!({"roleName": "r", "policyName": "team"});
    let unseen =
        "- what the removed policy may have forbidden, not known for certain: no event showed it";
    allows(vec![call("iam", "DetachRolePolicy", 1, own.clone())], unseen);
    allows(vec![call("iam", "DeleteRolePolicy", 1, inline)], unseen);
    let admin = json!({"roleName": "r", "policyArn": ADMIN});
    allows(vec![call("iam", "DetachRolePolicy", 1, admin)], "");
    let attached = text(SITE, vec![call("iam", "AttachRolePolicy", 1, own)]);
    assert_eq!(part(&attached, "What it allows"), "- not known for certain: no event showed it");
}
