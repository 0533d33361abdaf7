//! Patterns of ARNs and actions, read on the safe side where AWS's reading is uncertain.
//!
//! Variables are documented only after the fifth colon of an ARN, and their values are not known
//! here. So every pattern is read in one of two ways: *generous* where what it fits is granted or
//! excepted from a denial, *sparing* where what it fits is denied or excepted from a grant.
//!
//! Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use std::cell::Cell;

/// Any run of characters.
const RUN: u8 = 1;
/// Any run of characters but a colon.
const RUN_IN_SEGMENT: u8 = 2;
/// One character.
const ONE: u8 = 3;
/// The caller's own name, in a pattern as in a text.
pub(super) const OWN: u8 = 4;
/// A character that is in no ARN: a literal `*`, or a control character.
const NEVER: u8 = 5;

/// Letters and digits of a name beyond which a pattern means specific names: with three, 17,576 patterns would be
/// needed to cover all.
const NAME_LETTERS_MAX: usize = 2;

/// Beginnings of IDs that AWS makes: a pattern with no more of a name does not mean a certain one.
const MADE_BY_AWS: [&[u8]; 4] = [b"i-", b"lt-", b"snap-", b"cluster-"];
/// Types inside a name, after an ID that AWS generated.
const TYPES_WITHIN: [&[u8]; 5] =
    [b":autoScalingGroupName/", b":launchConfigurationName/", b"/queue/", b"/fleet/", b"/worker/"];

/// Steps of one match before the fuel is looked at again.
const STEPS_AT_ONCE: usize = 4_096;

/// How a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// A variable is anything that it could be.
    Generous,
    /// A variable fits nothing; `*` within a segment stays in it, as documented.
    Sparing,
}

/// The work that is left, in steps of matching: one document must not take all of a function's time.
#[derive(Debug)]
pub(super) struct Fuel(Cell<u64>);

impl Fuel {
    pub(super) fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Takes so many steps; where fewer are left, all of them.
    pub(super) fn burn(&self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.0.set(self.0.get().saturating_sub(steps));
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }

    /// There is more to do than may be done.
    pub(super) fn give_up(&self) {
        self.0.set(0);
    }
}

/// A pattern, ready to match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern(Vec<u8>);

impl Pattern {
    /// A pattern of actions: no variables there, and case does not count.
    pub(super) fn of_actions(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len());
        text.to_ascii_lowercase().chars().for_each(|c| push(&mut bytes, c, RUN));
        Self(bytes)
    }

    /// A pattern of resources in which `${…}` is plain text.
    pub(super) fn without_variables(text: &str, reading: Reading) -> Self {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            push(&mut bytes, c, run(reading, rest.as_str()));
        }
        Self(bytes)
    }

    /// A pattern of resources. `own` is the caller's account, if known. `None` if it fits nothing.
    pub(super) fn of_resources(text: &str, reading: Reading, own: Option<&str>) -> Option<Self> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let inside = rest.strip_prefix("${").and_then(|inner| inner.split_once('}'));
            if let Some((variable, after)) = inside {
                let whole = after.is_empty() && matches!(bytes.last(), None | Some(b'/' | b':'));
                put_variable(&mut bytes, variable, whole, reading, own)?;
                rest = after;
            } else if rest.starts_with("${") && !rest.contains('}') {
                // Never closed, and neither is what follows.
                rest.chars().for_each(|c| push(&mut bytes, c, RUN));
                break;
            } else {
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                push(&mut bytes, c, run(reading, rest));
            }
        }
        Some(Self(bytes))
    }

    /// Does it fit the whole text? Takes its work from `fuel`; if that runs out, the answer means nothing.
    ///
    /// On a mismatch the last run is extended; if it may not cross a colon, the last one that may.
    pub(super) fn fits(&self, text: &str, fuel: &Fuel) -> bool {
        if fuel.is_spent() {
            return false;
        }
        let (pattern, text) = (self.0.as_slice(), text.as_bytes());
        let (mut at, mut in_text, mut steps) = (0, 0, 1);
        // The place of a run, and its reach.
        let mut last: Option<(usize, usize)> = None;
        let mut wide = last;
        while let Some(found) = text.get(in_text) {
            steps += 1;
            match pattern.get(at) {
                Some(run @ (&RUN | &RUN_IN_SEGMENT)) => {
                    last = Some((at, in_text));
                    if *run == RUN {
                        wide = last;
                    }
                    at += 1;
                    continue;
                }
                Some(wanted) if *wanted == ONE || wanted == found => {
                    at += 1;
                    in_text += 1;
                    continue;
                }
                _ => {}
            }
            let extended = last.filter(|(run, reach)| {
                pattern.get(*run) == Some(&RUN) || text.get(*reach) != Some(&b':')
            });
            let Some((run, reach)) = extended.or(wide) else {
                fuel.burn(steps);
                return false;
            };
            last = Some((run, reach + 1));
            if pattern.get(run) == Some(&RUN) {
                wide = last;
            }
            at = run + 1;
            in_text = reach + 1;
            if steps > STEPS_AT_ONCE {
                fuel.burn(std::mem::take(&mut steps));
                if fuel.is_spent() {
                    return false;
                }
            }
        }
        fuel.burn(steps);
        pattern.iter().skip(at).all(|byte| matches!(*byte, RUN | RUN_IN_SEGMENT))
    }

    /// Does it hold a wildcard, or a part that may be anything?
    pub(super) fn is_wild(&self) -> bool {
        self.0.iter().any(|byte| matches!(*byte, RUN | RUN_IN_SEGMENT | ONE))
    }

    /// Is it only the caller's own name?
    pub(super) fn is_own(&self) -> bool {
        self.0.last() == Some(&OWN)
    }

    /// Does it mean certain names, so that it fits no made-up one? The beginning of a name is known only behind five
    /// colons and a type.
    pub(super) fn is_narrow(&self) -> bool {
        if !self.is_wild() {
            return true;
        }
        let Some(rest) = self.0.splitn(6, |byte| *byte == b':').nth(5) else { return false };
        // Resources of EMR on EKS begin so.
        let rest = rest.strip_prefix(b"/").unwrap_or(rest);
        let mut parts = rest.splitn(2, |byte| matches!(*byte, b'/' | b':'));
        let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let name = behind_types(name);
        let made = MADE_BY_AWS.iter().find_map(|made| name.strip_prefix(*made)).unwrap_or(name);
        let letters = made.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
        literal(kind).is_some() && letters > NAME_LETTERS_MAX
    }

    /// Partition, service, Region, account and the rest. A run at the end also matches missing parts. `None` if other
    /// runs leave the parts uncertain. These are bytes of a compiled pattern, which `ArnPattern` cannot split.
    pub(super) fn segments(&self) -> Option<[&[u8]; 5]> {
        let mut found: [&[u8]; 5] = [&[RUN]; 5];
        let mut parts = self.0.splitn(6, |byte| *byte == b':');
        let named = parts.next()? == b"arn";
        let count = found.iter_mut().zip(parts).map(|(slot, part)| *slot = part).count();
        let runs = self.0.iter().filter(|byte| **byte == RUN).count();
        let padded = runs == 1 && self.0.last() == Some(&RUN);
        (named && (count == 5 || padded)).then_some(found)
    }

    /// The possible rests of the pattern after it has matched a beginning; the shortest rest last.
    pub(super) fn after(&self, beginning: &str, fuel: &Fuel) -> Vec<Self> {
        let pattern = self.0.as_slice();
        // Places in the pattern from which it goes on; a run stays one while it is extended.
        let mut places = vec![0];
        let mut next = Vec::new();
        for byte in beginning.bytes() {
            for place in places.drain(..) {
                let mut at: usize = place;
                // A run may be empty.
                while let Some(run @ (&RUN | &RUN_IN_SEGMENT)) = pattern.get(at) {
                    if *run == RUN || byte != b':' {
                        next.push(at);
                    }
                    at += 1;
                }
                if pattern.get(at).is_some_and(|wanted| *wanted == ONE || *wanted == byte) {
                    next.push(at + 1);
                }
            }
            next.sort_unstable();
            next.dedup();
            std::mem::swap(&mut places, &mut next);
            fuel.burn(places.len() + 1);
            if places.is_empty() || fuel.is_spent() {
                return Vec::new();
            }
        }
        let rests = places.into_iter().filter_map(|at| pattern.get(at..));
        rests.map(|rest| Self(rest.to_vec())).collect()
    }

    /// Does it fit every text?
    pub(super) fn is_run(&self) -> bool {
        self.0 == [RUN]
    }

    /// Does it fit only what holds a colon?
    pub(super) fn needs_colon(&self) -> bool {
        self.0.contains(&b':')
    }

    /// A text that it fits, with `filling` for each run. `None` if no ARN can hold it.
    pub(super) fn example(&self, filling: &str) -> Option<String> {
        let mut text = String::with_capacity(self.0.len());
        for byte in &self.0 {
            match *byte {
                RUN | RUN_IN_SEGMENT => text.push_str(filling),
                ONE => text.push('q'),
                byte if byte != NEVER && byte.is_ascii() => text.push(char::from(byte)),
                _ => return None,
            }
        }
        Some(text)
    }
}

/// The text of a piece of a pattern, if it has no wildcard.
pub(super) fn literal(piece: &[u8]) -> Option<&str> {
    let plain = |byte: &u8| !matches!(*byte, RUN | RUN_IN_SEGMENT | ONE | OWN | NEVER);
    piece.iter().all(plain).then(|| std::str::from_utf8(piece).ok()).flatten()
}

/// A piece of a pattern, as a separate pattern.
pub(super) fn piece(piece: &[u8]) -> Pattern {
    Pattern(piece.to_vec())
}

fn run(reading: Reading, after: &str) -> u8 {
    // At the end of a segment, the documentation says, a star runs on over the colon.
    match after.trim_start_matches('*').chars().next() {
        None | Some(':') => RUN,
        Some(_) if reading == Reading::Generous => RUN,
        Some(_) => RUN_IN_SEGMENT,
    }
}

fn push(bytes: &mut Vec<u8>, c: char, run: u8) {
    match c {
        '*' => put_run(bytes, run),
        '?' => bytes.push(ONE),
        c if u32::from(c) <= u32::from(NEVER) => bytes.push(NEVER),
        c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Runs beside each other are one.
fn put_run(bytes: &mut Vec<u8>, run: u8) {
    if bytes.last() != Some(&run) {
        bytes.push(run);
    }
}

/// `whole`: the variable is the whole last part of the name. `None`: the pattern fits nothing.
fn put_variable(
    bytes: &mut Vec<u8>,
    variable: &str,
    whole: bool,
    reading: Reading,
    own: Option<&str>,
) -> Option<()> {
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key, Some(default)),
        None => (variable, None),
    };
    let key = key.trim().to_ascii_lowercase();
    match (key.as_str(), default, own) {
        ("*" | "?", None, _) => bytes.push(NEVER),
        ("$", None, _) => bytes.push(b'$'),
        // With a default it is another's name if the caller has none.
        ("aws:username" | "aws:userid", None, _) if whole => bytes.push(OWN),
        _ if reading == Reading::Sparing => return None,
        ("aws:principalaccount" | "aws:resourceaccount", _, Some(own)) => {
            bytes.extend_from_slice(own.as_bytes());
        }
        _ => put_run(bytes, RUN),
    }
    Some(())
}

/// The rest of a name after its inner types, if an ID precedes them.
fn behind_types(mut name: &[u8]) -> &[u8] {
    let behind = |name: &'_ [u8], within: &&[u8]| {
        let Some((&RUN, rest)) = name.split_first() else { return None };
        rest.strip_prefix(*within).map(<[u8]>::len)
    };
    while let Some(left) = TYPES_WITHIN.iter().find_map(|within| behind(name, within)) {
        name = name.get(name.len() - left..).unwrap_or_default();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Option<&str> = Some("111122223333");

    fn fits(pattern: &str, reading: Reading, text: &str) -> bool {
        let fuel = Fuel::new(1_000_000);
        Pattern::of_resources(pattern, reading, ACCOUNT).is_some_and(|one| one.fits(text, &fuel))
    }

    #[track_caller]
    fn check(pattern: &str, text: &str, generous: bool, sparing: bool) {
        assert_eq!(fits(pattern, Reading::Generous, text), generous, "generous {pattern}");
        assert_eq!(fits(pattern, Reading::Sparing, text), sparing, "sparing {pattern}");
    }

    #[test]
    fn wildcards() {
        let role = "arn:aws:iam::111122223333:role/app/web";
        for (pattern, generous, sparing) in [
            ("*", true, true),
            ("arn:*", true, true),
            ("*:role/*", true, true),
            ("arn:aws:iam::*:role/*", true, true),
            ("arn:aws:iam::1*3:role/*b", true, true),
            ("arn:aws:i?m::*:role/???/web", true, true),
            // Within a segment, the documentation says, it stays there.
            ("arn:a*3:role/app/web", true, false),
            ("arn:aws:iam::*:role/x*", false, false),
            ("arn:aws:iam::111122223333:role/app", false, false),
            ("", false, false),
            ("\u{1}", false, false),
        ] {
            check(pattern, role, generous, sparing);
        }
        check("*a*b", "xaxxb", true, true);
        check("a*:*b:c", "a:x:yb:c", true, true);
        check("*a*y:b", "a:xay:b", true, false);
        check("a**b", "aéb", true, true);
    }

    #[test]
    fn variables() {
        let user = "arn:aws:iam::111122223333:user/bob";
        for pattern in [
            "arn:aws:iam::${aws:PrincipalAccount}:user/*",
            "arn:aws:iam::${ AWS:ResourceAccount , 'x'}:user/*",
            "arn:aws:iam:${aws:RequestedRegion}:*:user/*",
            "arn:aws:iam::*:user/${aws:PrincipalTag/keys-for}",
            "arn:aws:iam::*:user/${aws:username, 'bob'}",
            "arn:aws:iam::*:user/b${aws:username}",
            "arn:aws:iam::*:user/${aws:username}*",
            "${aws:PrincipalTag/all}",
            "arn:aws:iam::${${${aws:x}:user/bob",
        ] {
            check(pattern, user, true, false);
        }
        for pattern in [
            "arn:aws:iam::*:user/${aws:username}",
            "arn:aws:iam::*:user/${*}",
            "arn:aws:iam::*:user/${?}ob",
            "arn:aws:iam::*:user/${aws:username",
        ] {
            check(pattern, user, false, false);
        }
        let own = format!("arn:aws:iam::111122223333:user/{}", char::from(OWN));
        check("arn:aws:iam::*:user/${aws:userid}", &own, true, true);
        check("arn:aws:iam::*:user/${$}", "arn:aws:iam::1:user/$", true, true);
        let plain = Pattern::without_variables("a:${aws:username}*", Reading::Sparing);
        assert!(plain.fits("a:${aws:username}x", &Fuel::new(100)));
    }

    #[test]
    fn work_is_counted() {
        let fuel = Fuel::new(5_000);
        let pattern = Pattern::of_actions(&"*a".repeat(50));
        assert!(!pattern.fits(&"a".repeat(40), &fuel) && !fuel.is_spent());
        assert!(!pattern.fits(&"ab".repeat(4_000), &fuel) && fuel.is_spent());
    }

    #[test]
    fn a_name_is_taken_from_what_is_left() {
        let fuel = Fuel::new(1_000_000);
        let rest = |pattern: &str| {
            let pattern = Pattern::of_resources(pattern, Reading::Generous, ACCOUNT).unwrap();
            pattern.after("arn:aws:iam::111122223333:role/", &fuel).last()?.example("zz")
        };
        assert_eq!(rest("arn:aws:iam::*:role/app-?*").as_deref(), Some("app-qzz"));
        assert_eq!(rest("*").as_deref(), Some("zz"));
        assert_eq!(rest("arn:*:iam::*:*").as_deref(), Some("zz"));
        assert_eq!(rest("arn:aws:iam::*:r*e/app").as_deref(), Some("app"));
        assert_eq!(rest("arn:aws:iam::*:role/${*}"), None);
    }

    #[test]
    fn certain_names_are_not_taken_for_any() {
        for (pattern, narrow) in [
            ("arn:aws:iam::*:role/deploy-*", true),
            ("arn:aws:iam::*:role/exact", true),
            ("arn:aws:iam::*:role/ab*", false),
            ("arn:aws:iam::*:role/*", false),
            ("arn:aws:s3:::bucket/*", false),
            ("arn:aws:iam::*:*deploy", false),
            ("*:role/deploy", false),
        ] {
            let pattern = Pattern::of_resources(pattern, Reading::Generous, None).unwrap();
            assert_eq!(pattern.is_narrow(), narrow, "{pattern:?}");
        }
    }
}
