//! Matches many patterns at once, if all of them are in memory.

use serde_json::Value;

use super::anchors::{Anchors, Found, Standing};
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
        let anchors = Anchors::of(&patterns, |_| Standing::Usual);
        Self { patterns, anchors }
    }

    /// Positions of all patterns that match, in ascending order.
    #[must_use]
    pub fn matching(&self, event: &Value) -> Vec<usize> {
        self.search(event).matching
    }

    /// The patterns that match, and those of them that are uncertain.
    #[must_use]
    pub fn search(&self, event: &Value) -> Found {
        let mut found = Found::default();
        let candidates = self.anchors.candidates(event, &mut found.left);
        let pattern = |number| self.patterns.get(number);
        self.anchors.search(candidates, event, &|_| false, 0, &mut found, pattern);
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
            json!({"n": [true, "yes"]}),
            json!({"n": ["false", {"exists": true}]}),
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
            json!({"n": true}),
            json!({"n": [false, "true", null]}),
            json!({}),
        ] {
            let alone: Vec<usize> =
                (0..patterns.len()).filter(|number| patterns[*number].matches(&event)).collect();
            assert_eq!(index.matching(&event), alone, "{event}");
        }
    }
    #[test]
    fn a_pattern_that_lacks_a_branch_is_undecided() {
        let two = Pattern::compile(&json!({"$or": [{"n": ["a"]}, {"n": ["b"]}]})).unwrap();
        let anchors = Anchors::of([&two], |_| Standing::Usual);
        let (one, event, mut found) = (Pattern::everything(), json!({"n": "b"}), Found::default());
        let candidates = anchors.candidates(&event, &mut found.left);
        anchors.search(candidates, &event, &|_| false, 0, &mut found, |_| Some(&one));
        assert_eq!((found.matching, found.cut), (vec![0], vec![0]));
    }

    #[test]
    fn presence_finds_patterns_that_little_else_distinguishes() {
        let common = |number| json!({"s": ["iam"], "n": [{"anything-but": [number]}]});
        let rare = [
            json!({"s": ["iam"], "f": [{"anything-but": ["x"]}]}),
            json!({"s": ["iam"], "f": [{"numeric": [">", 1]}]}),
        ];
        let patterns = (0..100).map(common).chain(rare);
        let patterns: Vec<Pattern> =
            patterns.map(|pattern| Pattern::compile(&pattern).unwrap()).collect();
        let anchors = Anchors::of(&patterns, |path| match path {
            "f" => Standing::Rare,
            _ => Standing::Usual,
        });
        let count = |event: Value| anchors.candidates(&event, &mut 1_000_000).0.len();
        assert_eq!(count(json!({"s": "iam", "n": 1000})), 100);
        assert_eq!(count(json!({"s": "iam", "n": 1000, "f": null})), 102);
    }
}
