//! The rules, the site file and the events of `rules/` and `events/`, as the build compiled them (`src/build/`).

use std::borrow::Cow;

use crate::assess::engine::Pack;
use crate::pattern::{Entries, Keys, PackedAnchors, PatternLoad};
use crate::rule::{PackedRule, PackedRules};

include!(concat!(env!("OUT_DIR"), "/pack.rs"));
