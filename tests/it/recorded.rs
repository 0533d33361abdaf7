//! The command line's words and exit codes, as recorded in `tests/cmd`, one file a command.
//!
//! After a change of words, `TRYCMD=overwrite cargo test --test it recorded::` records them anew; read the difference
//! before you commit it. `...` stands for any lines, `[..]` for anything in a line;
//! a backslash is written as a slash.

/// The recordings that this build can repeat.
pub(crate) const FILES: &[&str] = if cfg!(feature = "aws") {
    &["tests/cmd/*.trycmd"]
} else {
    &["tests/cmd/*.trycmd", "tests/cmd/without-aws/*.trycmd"]
};

#[test]
fn the_command_line_says_what_is_recorded() {
    let cases = trycmd::TestCases::new();
    cases.register_bin("iam-responder", std::path::Path::new(env!("CARGO_BIN_EXE_iam-responder")));
    // The terminal and the environment of the tests do not change a word.
    for (name, value) in [("NO_COLOR", "1"), ("COLUMNS", "100"), ("IAM_RESPONDER_TABLE", "")] {
        cases.env(name, value);
    }
    for files in FILES {
        cases.case(files);
    }
}
