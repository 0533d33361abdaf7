//! Many patterns at once, for who has all of them at hand.

use serde_json::Value;

use super::anchors::{Anchors, Found};
use super::compiled::Pattern;

/// A set of patterns compiled for speed.
#[derive(Debug, Clone, Default)]
pub struct PatternIndex {
    patterns: Vec<Pattern>,
    anchors: Anchors,
}

impl PatternIndex {
    /// Builds the index. The patterns are known by their position from here on.
    #[must_use]
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let patterns: Vec<Pattern> = patterns.into_iter().cloned().collect();
        let anchors = Anchors::of(&patterns, |_| false);
        Self { patterns, anchors }
    }

    /// Positions of all patterns that match, in ascending order.
    #[must_use]
    pub fn matching(&self, event: &Value) -> Vec<usize> {
        self.search(event).matching
    }

    /// The patterns that match, and of which of them that is not certain.
    #[must_use]
    pub fn search(&self, event: &Value) -> Found {
        let mut found = Found::default();
        self.anchors.search(event, &|_| false, 0, &mut found, |number| self.patterns.get(number));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_index_finds_what_each_pattern_finds_alone() {
        let patterns: Vec<Pattern> = [
            json!({"n": ["AttachRolePolicy"]}),
            json!({"n": [{"prefix": "Att"}, {"suffix": "cy"}]}),
            json!({"n": [{"anything-but": ["AttachRolePolicy"]}]}),
            json!({"n": [{"equals-ignore-case": "ATTACHROLEPOLICY"}]}),
            json!({"n": [{"wildcard": "A*Role*"}], "x": [{"exists": false}]}),
            json!({"ip": ["2001:db8::1"]}),
            json!({"$or": [{"n": ["Other"]}, {"ip": [{"cidr": "2001:db8::/32"}]}]}),
            json!({"n": [{"prefix": ""}]}),
        ]
        .iter()
        .map(|pattern| Pattern::compile(pattern).unwrap())
        .collect();
        let index = PatternIndex::new(&patterns);
        for event in [
            json!({"n": "AttachRolePolicy", "ip": "2001:0db8::0001"}),
            json!({"n": "attachrolepolicy"}),
            json!({"n": ["Other", "Policy"]}),
            json!({"n": ""}),
            json!({}),
        ] {
            let alone: Vec<usize> =
                (0..patterns.len()).filter(|number| patterns[*number].matches(&event)).collect();
            assert_eq!(index.matching(&event), alone, "{event}");
        }
    }
}
