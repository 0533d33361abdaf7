//! What the arguments of steps can be: each type holds only what AWS can take there and people can check.

use super::guard::Guard;
use crate::event::Event;
use crate::iam::account;
use crate::iam::arn::Arn;
use crate::iam::catalogue::IAM;
use crate::text::live::is_live;

/// Longest argument, in characters.
const ARGUMENT_CHARS_MAX: usize = 2_048;
/// Longest name of a user or a role, in characters.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const SHORT_NAME_CHARS_MAX: usize = 64;
/// Longest name of anything else in IAM, in characters.
const NAME_CHARS_MAX: usize = 128;
/// What IAM calls the root user where a user name is asked for.
const ROOT: &str = "AWS ROOT USER";

/// Parameters that hold a name of IAM, with its greatest length.
const NAMES: [(&str, usize); 10] = [
    ("userName", SHORT_NAME_CHARS_MAX),
    ("newUserName", SHORT_NAME_CHARS_MAX),
    ("roleName", SHORT_NAME_CHARS_MAX),
    ("groupName", NAME_CHARS_MAX),
    ("newGroupName", NAME_CHARS_MAX),
    ("policyName", NAME_CHARS_MAX),
    ("instanceProfileName", NAME_CHARS_MAX),
    ("serverCertificateName", NAME_CHARS_MAX),
    ("newServerCertificateName", NAME_CHARS_MAX),
    ("samlProviderName", NAME_CHARS_MAX),
];

/// An argument, as a command shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown<'s> {
    /// Left out.
    Nothing,
    /// Switched on or off.
    Flag(bool),
    /// A word of its own.
    Word(&'s str),
    /// Any text, and the name of the parameter in the API.
    Any(&'static str, &'s str),
}

/// A type of argument.
pub(super) trait Argument: Sized {
    /// Reads it from what the event holds in its place.
    ///
    /// # Errors
    /// [`Guard::ValueMissing`], [`Guard::ImpossibleName`] or [`Guard::UnsafeValue`].
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard>;

    /// As a command shows it.
    fn shown(&self) -> Shown<'_>;
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $check:expr, $shown:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// As AWS takes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Argument for $name {
            fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
                let text = value?;
                $check(text)?;
                Ok(Self(text.to_owned()))
            }

            fn shown(&self) -> Shown<'_> {
                $shown(&self.0)
            }
        }
    )*};
}

texts! {
    /// Name of an IAM user.
    UserName: |text| named(text, SHORT_NAME_CHARS_MAX), Shown::Word;
    /// Name of a role.
    RoleName: |text| named(text, SHORT_NAME_CHARS_MAX), Shown::Word;
    /// Name of a group.
    GroupName: |text| named(text, NAME_CHARS_MAX), Shown::Word;
    /// Name of an inline policy.
    PolicyName: |text| named(text, NAME_CHARS_MAX), Shown::Word;
    /// Name of an instance profile.
    InstanceProfileName: |text| named(text, NAME_CHARS_MAX), Shown::Word;
    /// Name of a server certificate.
    ServerCertificateName: |text| named(text, NAME_CHARS_MAX), Shown::Word;
    /// ARN of a managed policy.
    PolicyArn: policy_arn, |text| Shown::Any("PolicyArn", text);
    /// Audience of an OpenID Connect provider: whatever its issuer writes.
    ClientId: short, |text| Shown::Any("ClientID", text);
    /// Serial number of a virtual device for a second factor: an ARN, whose path may hold anything.
    SerialNumber: short, |text| Shown::Any("SerialNumber", text);
    /// Address of a queue.
    QueueUrl: short, |text| Shown::Any("QueueUrl", text);
    /// Region in which the event happened.
    Region: readable, Shown::Word;
    /// Identity Center's ID of a person.
    UserId: plain, Shown::Word;
    /// ID, ARN or name whose form is not checked here.
    Text: readable, Shown::Word;
}

/// Whether a credential works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialStatus {
    /// It works.
    Active,
    /// It does not.
    Inactive,
}

impl Argument for CredentialStatus {
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
        match value? {
            "Active" => Ok(Self::Active),
            "Inactive" => Ok(Self::Inactive),
            _ => Err(Guard::UnsafeValue),
        }
    }

    fn shown(&self) -> Shown<'_> {
        Shown::Word(match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        })
    }
}

impl Argument for bool {
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
        value?.parse().map_err(|_| Guard::UnsafeValue)
    }

    fn shown(&self) -> Shown<'_> {
        Shown::Flag(*self)
    }
}

impl<T: Argument> Argument for Option<T> {
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
        match value {
            Err(Guard::ValueMissing) => Ok(None),
            value => T::read(value).map(Some),
        }
    }

    fn shown(&self) -> Shown<'_> {
        self.as_ref().map_or(Shown::Nothing, T::shown)
    }
}

fn named(text: &str, chars_max: usize) -> Result<(), Guard> {
    is_name(text, chars_max).then_some(()).ok_or(Guard::ImpossibleName)
}

fn policy_arn(text: &str) -> Result<(), Guard> {
    is_policy_arn(text).then_some(()).ok_or(Guard::ImpossibleName)
}

fn short(text: &str) -> Result<(), Guard> {
    (text.chars().count() <= ARGUMENT_CHARS_MAX).then_some(()).ok_or(Guard::UnsafeValue)
}

fn readable(text: &str) -> Result<(), Guard> {
    short(text)?;
    (is_plain(text) || is_word(text)).then_some(()).ok_or(Guard::UnsafeValue)
}

fn plain(text: &str) -> Result<(), Guard> {
    short(text)?;
    is_plain(text).then_some(()).ok_or(Guard::UnsafeValue)
}

/// Does an event of IAM name what IAM has no names for? Then its record is not what it claims.
pub(super) fn names_the_impossible(event: &Event) -> bool {
    let given = |key: &str| event.text(&format!("detail.requestParameters.{key}"));
    event.event_source() == Some(IAM)
        && (NAMES.iter().any(|(key, chars_max)| {
            given(key).is_some_and(|name| name != ROOT && !is_name(name, *chars_max))
        }) || given("policyArn").is_some_and(|arn| !is_policy_arn(arn)))
}

/// Letters, digits and `_+=,.@-`, says the page of the quotas.
fn is_name(text: &str, chars_max: usize) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    text.len() <= chars_max && text.chars().all(good)
}

/// A path may hold every character from `!` to DEL.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
fn is_policy_arn(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else { return false };
    arn.partition.starts_with("aws")
        && (arn.service, arn.region) == ("iam", "")
        && (arn.account == "aws" || account::is_id(arn.account))
        && arn.below("policy").is_some()
        && text.len() <= ARGUMENT_CHARS_MAX
        && text.chars().all(|c| ('!'..='\u{7f}').contains(&c))
}

/// Can the value stand in a command as a word of its own? The AWS CLI reads a file, or fetches a page,
/// where a value begins so: version 1 of it also in the form `--name=value`. What does not show cannot be
/// checked by whoever pastes it.
/// Source: <https://docs.aws.amazon.com/cli/v1/userguide/cli-usage-parameters-file.html>
pub(super) fn is_word(value: &str) -> bool {
    let lower = value.to_lowercase();
    let read = ["file:", "fileb:", "http:", "https:"].iter().any(|word| lower.starts_with(word));
    !read && value.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

/// Does a shell take the value as it is, and is nothing in it live? It begins with a letter, a digit or
/// a slash, so neither the AWS CLI nor a shell takes it for anything else.
pub(super) fn is_plain(value: &str) -> bool {
    let chars: Vec<char> = value.chars().collect();
    chars.first().is_some_and(|c| c.is_ascii_alphanumeric() || *c == '/')
        && chars.iter().enumerate().all(|(at, c)| is_plain_char(*c) && !is_live(&chars, at))
}

pub(super) fn is_plain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-+=,.@/:%".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cli_would_read_is_no_word() {
        for read in ["file://x", "FILEB://x", "http://x", "https://x", "a\u{7f}", "é"] {
            assert!(!is_word(read), "{read}");
        }
        assert!(is_word("arn:aws:iam::111122223333:policy/http://x"));
    }

    #[test]
    fn names_that_iam_has_not() {
        for name in ["аdmin", "a b", "a/b", "arn:aws:iam::111122223333:role/x", &"x".repeat(65)] {
            assert!(!is_name(name, 64), "{name}");
        }
        assert!(is_name("--profile", 64) && is_name("a+b=c,d.e@f-g_h", 64));
        assert!(is_policy_arn("arn:aws-cn:iam::aws:policy/service-role/X"));
        assert!(is_policy_arn("arn:aws:iam::111122223333:policy/a`<\u{7f}:*/x"));
        for arn in ["x", "arn:aws:iam::1:policy/x", "arn:aws:iam::111122223333:role/x", "http://x"]
        {
            assert!(!is_policy_arn(arn), "{arn}");
        }
    }
}
