//! Text from people and attackers: YAML with its lines, nearest words, and texts made harmless.

pub(crate) mod base64;
pub(crate) mod checked;
pub(crate) mod enumerated;
pub(crate) mod hash;
pub mod live;
pub mod nearest;
pub(crate) mod object;
pub mod severity;
pub mod table;
pub(crate) mod words;

pub mod clean;
pub mod yaml;

pub mod hostile;

pub mod line;
