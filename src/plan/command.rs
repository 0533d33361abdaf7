//! The command that does a step: one line, which does nothing in any other account.

use super::{Guard, value};
use crate::derive::Facts;
use crate::event::Event;

/// Asks whose credentials they are. What it prints is compared with the account of the event.
const ACCOUNT: &str = "aws sts get-caller-identity --query Account --output text";

/// Fills a command of the catalogue with the values of an event.
///
/// # Errors
/// What refuses it.
pub(super) fn fill(template: &str, event: &Event, facts: &Facts) -> Result<String, Guard> {
    let is_account = |id: &&str| id.len() == 12 && id.chars().all(|c| c.is_ascii_digit());
    let account = event.account().filter(is_account).ok_or(Guard::ValueMissing)?;
    let mut command = Command { event, facts, text: String::new(), parameters: Vec::new() };
    command.add(template)?;
    let mut text = command.text;
    if !command.parameters.is_empty() {
        // The CLI asks for no other parameter only where the option is a word of its own.
        text.push_str(&format!(" --cli-input-json '{{{}}}'", command.parameters.join(", ")));
    }
    Ok(format!("test \"$({ACCOUNT})\" = {account} && {text}"))
}

struct Command<'a> {
    event: &'a Event,
    facts: &'a Facts,
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
        let option = self.text.rfind(" --").filter(|_| self.text.ends_with(' '));
        match option {
            _ if value::is_plain(value) => self.text.push_str(value),
            None => return Err(Guard::UnsafeValue),
            Some(_) if value::is_word(value) => {
                // In this form also a value that begins with a dash is one.
                self.text.pop();
                self.text.push('=');
                self.text.push_str(&value::quoted(value));
            }
            Some(at) => {
                let member = member.ok_or(Guard::UnsafeValue)?;
                self.parameters.push(format!("\"{member}\": {}", value::json_text(value)));
                self.text.truncate(at);
            }
        }
        Ok(())
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
        let principal = &self.facts.principal;
        if named != Err(Guard::ValueMissing) || principal.is_root() {
            return named.map_err(|guard| match guard {
                Guard::ValueMissing => Guard::RootCredential,
                other => other,
            });
        }
        let answered = self.facts.call.into_iter().flat_map(|call| call.entity_paths());
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
