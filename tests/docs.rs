//! What the documentation repeats from the code is what the code says.

use std::fs;

use iam_responder::respond::metrics;

#[test]
fn the_table_of_metrics_is_up_to_date() {
    let readme = fs::read_to_string("infra/README.md").unwrap();
    let table = metrics::table();
    assert!(readme.contains(&table), "infra/README.md must hold this table:\n{table}");
}
