pub mod document;
mod nearest;
pub mod pattern;
