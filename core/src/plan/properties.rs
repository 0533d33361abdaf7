//! What holds of every step, for any value that the author of the change chose.

use proptest::prelude::*;

use super::command;
use super::irreversible::NoReverse;
use super::permission::Place;
use super::samples::samples_with;
use crate::iam::account::AccountId;
use crate::iam::arn::Arn;

/// Names, policies and addresses made to harm: each is a good value somewhere.
fn hostile() -> impl Strategy<Value = String> {
    let text = "[ -~\u{7f}\u{e9}\u{202e}\n]{0,40}";
    let name = "[a-zA-Z0-9_+=,.@-]{1,64}";
    let arn = "arn:aws:iam::(aws|111122223333):policy/[!-~]{1,40}";
    let document = r#"\{"Statement": "[ -!#-\[\]-~]{0,40}"\}"#;
    prop_oneof![text, name, arn, document, "(file|https?)://[ -~]{1,20}", "-[ -~]{1,20}"]
}

/// Stars, question marks and dollars that no brace keeps from being live.
fn wildcards(resource: &str) -> String {
    let kept = ["${*}", "${?}", "${$}"]
        .iter()
        .fold(resource.to_owned(), |text, escaped| text.replace(escaped, ""));
    kept.chars().filter(|c| matches!(c, '*' | '?' | '$')).collect()
}

proptest! {
    #[test]
    fn no_value_breaks_out(text in hostile()) {
        let account = AccountId::parse("111122223333").unwrap();
        let place = Place { partition: "aws", account };
        for step in samples_with(&text) {
            if let Ok(back) = step.reverse() {
                prop_assert_eq!(back.reverse(), Ok(step.clone()));
            }
            if let Err(NoReverse::Lacks(lacking)) = step.reverse() {
                prop_assert_eq!(lacking.with(Some("\u{202e}")).ok(), None);
            }
            if let Some(command) = command::of(&step, &account) {
                prop_assert_eq!(command.lines().count(), 1);
                prop_assert!(command.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{}", command);
            }
            for permission in step.permissions(place) {
                for resource in &permission.resources {
                    let arn = Arn::parse(resource);
                    prop_assert!(arn.is_some() || resource == "*", "{}", resource);
                    // Ours stand for a path, for an ID behind a name, or for what no event says.
                    let live = wildcards(resource);
                    prop_assert!(live.chars().all(|c| c == '*') && live.len() <= 3, "{}", resource);
                    if permission.action.starts_with("iam:") && permission.pin.is_some() {
                        prop_assert!(live.len() <= 1, "{}", resource);
                    }
                }
                if let Some(pin) = permission.pin {
                    prop_assert_eq!(wildcards(&pin.value), "");
                }
            }
        }
    }
}
