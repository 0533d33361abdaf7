//! Judges the documents of AWS's managed policies, for `core/src/iam/policy/judged.tsv`.
//!
//! Reads `{"NAME": {"Document": {…}, "Path": "/…/"}, …}` from standard input and writes a line for each policy: its
//! name and the words of what it grants, `?` behind those that hold on a condition only. Run it by
//! `.ci/managed-policies`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufWriter, Write};

use iam_responder::iam::policy::{DOCUMENTS, Grant, Grants, PolicyDocument};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let policies: BTreeMap<String, Value> = serde_json::from_reader(io::stdin().lock())?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut lines = Vec::new();
    for (name, text) in DOCUMENTS {
        let document =
            PolicyDocument::parse(text).ok_or_else(|| format!("{name}: cannot be read"))?;
        lines.push((name.to_owned(), words(&document, &Grants::of(&document, None))));
    }
    for (name, policy) in &policies {
        let document = policy.get("Document").and_then(PolicyDocument::from_field);
        let document = document.ok_or_else(|| format!("{name}: no document that can be read"))?;
        let grants = Grants::of(&document, None);
        let words = match grants.unconditional.contains("admin") {
            true => "@admin".to_owned(),
            false => words(&document, &grants),
        };
        lines.push((name.clone(), words));
    }
    // As the reader of the table looks for them.
    lines.sort_by_key(|(name, _)| name.to_lowercase());
    for (name, words) in lines {
        writeln!(out, "{name}\t{words}")?;
    }
    out.flush()?;
    Ok(())
}

/// The words of what a document grants.
fn words(document: &PolicyDocument, grants: &Grants) -> String {
    let word = |grant: &Grant| match grants.unconditional.contains(grant) {
        true => grant.to_string(),
        false => format!("{grant}?"),
    };
    let mut words: Vec<String> = grants.all.iter().map(word).collect();
    if document.denies_only() {
        words.push("deny".to_owned());
    }
    words.join(" ")
}
