//! The command that does a step: one line, which does nothing in any other account.
//!
//! Every value stands in one word with its option, as `--role-name=VALUE`, so that a value which begins
//! with a dash is never an option, whoever wrote it. Two kinds of words stand apart from their option,
//! and neither can begin with a dash: the JSON of `--cli-input-json`, and several values of one option,
//! of which the catalogue has none.

use super::step::Guard;
use super::value;
use crate::event::Event;
use crate::facts::Context;

/// Asks whose credentials they are. What it prints is compared with the account of the event.
const ACCOUNT: &str = "aws sts get-caller-identity --query=Account --output=text";

/// Fills a command of the catalogue with the values of an event.
///
/// # Errors
/// What refuses it.
pub(super) fn fill(template: &str, event: &Event, context: &Context) -> Result<String, Guard> {
    let is_account = |id: &&str| id.len() == 12 && id.chars().all(|c| c.is_ascii_digit());
    let account = event.account().filter(is_account).ok_or(Guard::ValueMissing)?;
    let mut command = Command { event, context, text: String::new(), parameters: Vec::new() };
    command.add(template)?;
    let mut text = command.text;
    if !command.parameters.is_empty() {
        // The CLI gives up its other required options only where it finds this one as a word of its own,
        // and takes none with a value behind `=` for it (`awscli/customizations/arguments.py`,
        // `override_required_args`). The value begins with a brace.
        text.push_str(&format!(" --cli-input-json '{{{}}}'", command.parameters.join(", ")));
    }
    Ok(format!("test \"$({ACCOUNT})\" = {account} && {text}"))
}

struct Command<'a> {
    event: &'a Event,
    context: &'a Context,
    text: String,
    /// Members of the JSON that holds what cannot be a word.
    parameters: Vec<String>,
}

impl<'a> Command<'a> {
    fn add(&mut self, template: &str) -> Result<(), Guard> {
        let mut rest = template;
        while let Some(at) = rest.find(['{', '[']) {
            let (before, from) = rest.split_at(at);
            let (close, optional) = if from.starts_with('[') { (']', true) } else { ('}', false) };
            let (inner, after) = from.split_once(close).ok_or(Guard::ValueMissing)?;
            let inner = inner.get(1..).unwrap_or_default();
            self.text.push_str(before);
            if optional {
                self.add_optional(inner)?;
            } else {
                self.add_value(inner)?;
            }
            rest = after;
        }
        self.text.push_str(rest);
        Ok(())
    }

    /// An option that is left out where its value is absent.
    fn add_optional(&mut self, template: &str) -> Result<(), Guard> {
        let length = self.text.len();
        match self.add(template) {
            Err(Guard::ValueMissing) => {
                self.text.truncate(length);
                // Of the spaces around it one stays, which the template puts behind it.
                self.text.truncate(self.text.trim_end().len());
                Ok(())
            }
            other => other,
        }
    }

    fn add_value(&mut self, placeholder: &str) -> Result<(), Guard> {
        let (member, paths) = match placeholder.split_once('=') {
            Some((member, paths)) => (Some(member), paths),
            None => (None, placeholder),
        };
        let value = if paths == "user" { self.user()? } else { self.first(paths)? };
        match self.option() {
            _ if value::is_plain(value) => self.text.push_str(value),
            None => return Err(Guard::UnsafeValue),
            Some(_) if value::is_word(value) => self.text.push_str(&value::quoted(value)),
            Some(at) => {
                let member = member.ok_or(Guard::UnsafeValue)?;
                self.parameters.push(format!("\"{member}\": {}", value::json_text(value)));
                self.text.truncate(at);
            }
        }
        Ok(())
    }

    /// Where the option begins whose whole value comes next.
    fn option(&self) -> Option<usize> {
        let at = self.text.rfind(' ')?;
        let name = self.text.get(at..)?.strip_prefix(" --")?.strip_suffix('=')?;
        (!name.contains('=')).then_some(at)
    }

    /// The first value that is there.
    fn first(&self, paths: &str) -> Result<&'a str, Guard> {
        let present = |path: &&str| value::at(path, self.event) != Err(Guard::ValueMissing);
        let path = paths.split('|').find(present).ok_or(Guard::ValueMissing)?;
        value::at(path, self.event)
    }

    /// The IAM user whom the call is about: whom it names, else the caller. In a record of root
    /// `userName` is the account's alias, and an answer to root names no user.
    fn user(&self) -> Result<&'a str, Guard> {
        let named = self.first("requestParameters.userName");
        let principal = &self.context.facts.principal;
        if named != Err(Guard::ValueMissing) || principal.is_root() {
            return named.map_err(|guard| match guard {
                Guard::ValueMissing => Guard::RootCredential,
                other => other,
            });
        }
        let answered = self.context.facts.call.into_iter().flat_map(|call| call.entity_paths());
        for path in answered {
            match self.first(path) {
                Err(Guard::ValueMissing) => {}
                other => return other,
            }
        }
        match principal.kind.as_str() {
            "IAMUser" if !principal.external => self.first("userIdentity.userName"),
            _ => Err(Guard::ValueMissing),
        }
    }
}
