//! The commands that people run: a step as one line for the AWS CLI, which does nothing in any other account, and the
//! acknowledgement of an alert. No other file knows a shell.
//!
//! Every value stands in one word with its option, as `--role-name=VALUE`, so that a value which begins
//! with a dash is never an option, no matter who wrote it. Only the JSON of `--cli-input-json` stands apart from its option,
//! and begins with a brace.

use super::argument::Value;
use super::step::Step;
use crate::event::EventId;
use crate::iam::account::AccountId;
use crate::iam::region::Region;
use crate::iam::table::TableName;
use crate::text::live::is_live;

/// Asks whose credentials they are. What it prints is compared with the account of the event.
const ACCOUNT: &str = "aws sts get-caller-identity --query=Account --output=text";
/// Services that the AWS CLI calls otherwise than IAM does.
/// Source: <https://docs.aws.amazon.com/cli/latest/reference/>
const SERVICES: [(&str, &str); 3] =
    [("access-analyzer", "accessanalyzer"), ("config", "configservice"), ("sso", "sso-admin")];

/// Arguments whose value may not be a word, and their members in the JSON of `--cli-input-json`.
/// Source: <https://docs.aws.amazon.com/cli/latest/reference/>, "JSON Syntax" of each command
const MEMBERS: [(&str, &str); 6] = [
    ("policy_arn", "PolicyArn"),
    ("policy_document", "PolicyDocument"),
    ("inline_policy", "InlinePolicy"),
    ("client_id", "ClientID"),
    ("serial_number", "SerialNumber"),
    ("queue_url", "QueueUrl"),
];

/// The command that does a step in an account. `None` if one of the arguments cannot be put into it safely.
pub(super) fn of(step: &Step, account: &AccountId) -> Option<String> {
    Some(format!("test \"$({ACCOUNT})\" = {} && {}", account.as_str(), call(step)?))
}

/// The command by which people acknowledge the alert about an event, which is kept in a table. `None` if one of the three
/// cannot be put into it safely.
#[must_use]
pub fn acknowledge(event: &EventId, region: &Region, table: &TableName) -> Option<String> {
    let (region, event, table) =
        (word(region.as_str())?, word(event.as_str())?, word(table.as_str())?);
    Some(format!("AWS_REGION={region} iam-responder verdict {event} acknowledged --table {table}"))
}

fn call(step: &Step) -> Option<String> {
    if let Step::DeleteGroupMembershipOf { identity_store_id, group_id, user_id, region } = step {
        // The membership has an ID of its own, which the event does not contain.
        let store = option("identity_store_id", identity_store_id.as_str())?;
        let group = option("group_id", group_id.as_str())?;
        let user = option("member_id", &format!("UserId={}", user_id.as_str()))?;
        let region = option("region", region.as_str())?;
        let ask = format!("aws identitystore get-group-membership-id{store}{group}{user}{region}");
        let id = format!("\"$({ask} --query=MembershipId --output=text)\"");
        return Some(format!(
            "aws identitystore delete-group-membership{store} --membership-id={id}{region}"
        ));
    }
    if let Step::CreateGroupMembership { identity_store_id, group_id, user_id, region } = step {
        let store = option("identity_store_id", identity_store_id.as_str())?;
        let group = option("group_id", group_id.as_str())?;
        let user = option("member_id", &format!("UserId={}", user_id.as_str()))?;
        let region = option("region", region.as_str())?;
        return Some(format!(
            "aws identitystore create-group-membership{store}{group}{user}{region}"
        ));
    }
    let (service, operation) = step.operation().parts();
    let known = SERVICES.iter().find(|(name, _)| *name == service);
    let service = known.map_or(service, |(_, name)| name);
    let mut text = format!("aws {service} {}", kebab(operation));
    // Members of the JSON that holds what cannot be a word.
    let mut members = Vec::new();
    for (name, value) in step.arguments() {
        match value {
            Value::Nothing => {}
            Value::Flag(true) => text.push_str(&format!(" --{}", name.replace('_', "-"))),
            Value::Flag(false) => text.push_str(&format!(" --no-{}", name.replace('_', "-"))),
            Value::Text(value) => match option(name, value) {
                Some(option) => text.push_str(&option),
                None => {
                    let (_, member) = MEMBERS.iter().find(|(argument, _)| *argument == name)?;
                    members.push(format!("\"{member}\": {}", json_text(value)));
                }
            },
        }
    }
    if !members.is_empty() {
        // The CLI gives up its other required options only where it finds this one as a word of its own,
        // and takes none with a value behind `=` for it (`awscli/customizations/arguments.py`,
        // `override_required_args`). The value begins with a brace.
        text.push_str(&format!(" --cli-input-json '{{{}}}'", members.join(", ")));
    }
    Some(text)
}

/// An option with its value. `None` if the value cannot be a word.
fn option(name: &str, value: &str) -> Option<String> {
    word(value).map(|word| format!(" --{}={word}", name.replace('_', "-")))
}

/// A value as one word of a shell. `None` if it cannot be one.
fn word(value: &str) -> Option<String> {
    if is_plain(value) {
        return Some(value.to_owned());
    }
    is_word(value).then(|| quoted(value))
}

/// Can the value stand in a command as a word of its own, in quotes? The AWS CLI reads a file, or fetches a page,
/// where a value begins so: version 1 of it also in the form `--name=value`. What does not show cannot be
/// checked by the person who pastes it.
/// Source: <https://docs.aws.amazon.com/cli/v1/userguide/cli-usage-parameters-file.html>
fn is_word(value: &str) -> bool {
    let lower = value.to_lowercase();
    let read = ["file:", "fileb:", "http:", "https:"].iter().any(|word| lower.starts_with(word));
    !read && value.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

/// Does a shell take the value as it is, and is nothing in it live? It begins with a letter, a digit or
/// a slash, so neither the AWS CLI nor a shell takes it for anything else.
fn is_plain(value: &str) -> bool {
    let chars: Vec<char> = value.chars().collect();
    chars.first().is_some_and(|c| c.is_ascii_alphanumeric() || *c == '/')
        && chars.iter().enumerate().all(|(at, c)| is_plain_char(*c) && !is_live(&chars, at))
}

fn is_plain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-+=,.@/:%".contains(c)
}

/// Does it stand for itself in a text of JSON within single quotes?
fn is_text_char(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic() && !matches!(c, '\'' | '\\' | '<')
}

/// The name of an operation as the AWS CLI writes it: `update-ssh-public-key`. A word begins with a capital behind a
/// small letter, or before one.
/// Source: <https://github.com/boto/botocore/blob/develop/botocore/__init__.py>, `xform_name`
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after_small = before.is_some_and(|c| !c.is_ascii_uppercase());
        let before_small = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && before.is_some() && (after_small || before_small) {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// One word of a POSIX shell, in quotes. What a channel would make a link, a mention or markup of is
/// taken apart by quotes of its own, which the shell takes away again.
fn quoted(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let mut word = String::from("'");
    for (at, c) in chars.iter().enumerate() {
        match c {
            '\'' => word.push_str(r"'\''"),
            '\\' if is_live(&chars, at) => word.push_str(r#"'"\\"'"#),
            c if *c == '<' || is_live(&chars, at) => word.push_str(&format!("'\"{c}\"'")),
            c => word.push(*c),
        }
    }
    word.push('\'');
    word
}

/// A text of JSON that needs no quoting in a shell's single quotes, and in which nothing is live or
/// hidden.
fn json_text(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let mut text = String::from("\"");
    for (at, c) in chars.iter().enumerate() {
        match c {
            '"' => text.push_str("\\\""),
            c if is_text_char(*c) && !is_live(&chars, at) => text.push(*c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::Argument;

    #[test]
    fn operations_are_named_as_the_cli_names_them() {
        for (name, want) in [
            ("DetachRolePolicy", "detach-role-policy"),
            ("AddClientIDToOpenIDConnectProvider", "add-client-id-to-open-id-connect-provider"),
            ("UpdateSSHPublicKey", "update-ssh-public-key"),
            ("EnableAWSServiceAccess", "enable-aws-service-access"),
            ("UpdateIPSet", "update-ip-set"),
        ] {
            assert_eq!(kebab(name), want);
        }
    }

    #[test]
    fn what_can_be_no_word_is_in_no_command() {
        for value in ["file://x", "FILEB://x", "http://x", "https://x", "a\u{7f}", "é"] {
            assert_eq!(word(value), None, "{value}");
        }
        assert!(is_word("arn:aws:iam::111122223333:policy/http://x"));
        let step = |name: &str| Step::StartConfigurationRecorder {
            configuration_recorder_name: Argument::read(Ok(name)).unwrap(),
            region: Region::parse("eu-west-1").unwrap(),
        };
        let account = AccountId::parse("111122223333").unwrap();
        assert!(of(&step("default"), &account).is_some());
        for name in ["é", "a\nb", "\u{202e}b", "http://x/y"] {
            assert_eq!(of(&step(name), &account), None, "{name}");
        }
    }

    #[test]
    fn an_alert_is_acknowledged_by_one_line() {
        let line = |id, table| {
            let (event, table) = (EventId::parse(id)?, TableName::parse(table)?);
            acknowledge(&event, &Region::parse("eu-west-1")?, &table)
        };
        let want = "AWS_REGION=eu-west-1 iam-responder verdict 0b1c-2d acknowledged --table state";
        assert_eq!(line("0b1c-2d", "state").as_deref(), Some(want));
        let quoted = line("a", "www.state").unwrap();
        assert!(quoted.ends_with(r#"--table 'www'"."'state'"#), "{quoted}");
        assert_eq!(line("a; id", "state"), None);
        assert_eq!(line("a", "--help"), None);
    }

    #[test]
    fn words_are_quoted_for_the_shell_and_for_the_reader() {
        for (value, want) in [
            ("a;rm -rf $(x)", "'a;rm -rf $(x)'"),
            ("it's", r"'it'\''s'"),
            ("=ls", "'=ls'"),
            ("a`b", "'a`b'"),
            ("x//host", "'x/'\"/\"'host'"),
            ("www.host", "'www'\".\"'host'"),
            ("@all", "''\"@\"'all'"),
            ("<!here>", "''\"<\"'!here>'"),
            (r"\\host", r#"'\'"\\"'host'"#),
        ] {
            assert_eq!(quoted(value), want);
            assert!(!is_plain(value), "{value}");
        }
        assert!(is_plain("a.b@c+d=e,f"));
    }

    #[test]
    fn json_shows_nothing_live_or_hidden() {
        assert_eq!(json_text("https://a"), r#""https:/\u002fa""#);
        assert_eq!(json_text("a\u{7f}'\"\\\u{1f600}"), r#""a\u007f\u0027\"\u005c\ud83d\ude00""#);
    }
}
