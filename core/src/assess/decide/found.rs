//! What rules found in an event that their names do not say: how many, and which word.

use serde_json::Value;

use crate::assess::reason::Reason;
use crate::event::Event;
use crate::facts::Context;
use crate::pattern::Matcher;
use crate::rule::{Fires, Rule};

const AGENT: &str = "detail.userAgent";
const BURST: &str = "derived.burst";
/// Minutes in which different changes by one principal are a burst, as `derived.burst` counts them.
pub const BURST_MINUTES: i64 = 10;

/// How many events or changes the loudest of the rules found, and the word of the user agent that it looks for: where its
/// pattern or its threshold leaves that open.
pub(super) fn found(rules: &[&Rule], event: &Event, context: &Context) -> Vec<Reason> {
    // What another than the loudest counts made nothing louder.
    let loudest = rules.first();
    let often = loudest.and_then(|rule| match rule.spec.fires() {
        Fires::When { often: Some(often), .. } => {
            let (count, within) = often.in_environment(&context.environment.name);
            Some(Reason::Often { count, minutes: within.as_mins() })
        }
        _ => None,
    });
    let asks = |rule: &&Rule| rule.pattern.matchers(BURST).next().is_some();
    let burst = context.burst.filter(|_| loudest.is_some_and(asks));
    let burst = burst.map(|count| Reason::Burst { count, minutes: BURST_MINUTES });
    let of_agent = loudest.into_iter().flat_map(|rule| rule.pattern.matchers(AGENT));
    let word = of_agent.filter_map(|one| word(one, event)).next();
    often.into_iter().chain(burst).chain(word.map(Reason::AgentHas)).collect()
}

/// The text by which a matcher accepts the user agent.
fn word(matcher: &Matcher, event: &Event) -> Option<String> {
    let agent = event.value(AGENT)?;
    let says = !matches!(matcher, Matcher::Exists | Matcher::Absent | Matcher::AnythingBut(_));
    if !says || !matcher.accepts(agent) {
        return None;
    }
    let text = match matcher.to_value() {
        Value::Object(map) => text_of(map.values().next()?)?.to_owned(),
        value => value.as_str()?.to_owned(),
    };
    Some(text.trim_matches('*').to_owned()).filter(|text| !text.is_empty())
}

/// A text, or one within an object, as of `{"prefix": {"equals-ignore-case": "x"}}`.
fn text_of(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.as_object()?.values().next()?.as_str())
}
