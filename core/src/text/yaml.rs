//! YAML (and so JSON) text as located values: every node remembers its line and column.
//!
//! Rule and site files are written by people, so every fault found later, by the typed decoder,
//! the pattern compiler or a check across files, must name file, line and column. All of them speak of a
//! *path* (`pattern.detail.eventName[0]`); [`YamlDocument::fault`] turns it into a place.

mod document;

mod decode;

pub use decode::Broken;
pub(crate) use decode::is_reported;
pub use document::{Fault, Place, YAML_BYTES_MAX, YAML_NODES_MAX, YamlDocument};
