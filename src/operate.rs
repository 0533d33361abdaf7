//! Configuration by the operator of the function: its environment, and the files that it reads.

#[cfg(any(feature = "cli", feature = "lambda"))]
pub mod folder;
pub mod settings;
