//! The catalogue against the SDK's own list of operations: a new version of the SDK with a new call
//! fails here until the call is classified.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use iam_responder::iam::catalogue;
use serde_json::Value;

/// Packages that a build with one feature alone needs.
///
/// Asks for this platform, so for no package that the build of this test did not need: those are there, and no
/// network is asked.
fn packages(feature: &str) -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(["--filter-platform", "host-tuple", "--no-default-features", "--features", feature])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo metadata ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The source of IAM's SDK that this test was built with.
fn sdk() -> PathBuf {
    let packages = packages("aws");
    let sdk = packages.iter().find(|package| package["name"] == "aws-sdk-iam").unwrap();
    Path::new(sdk["manifest_path"].as_str().unwrap()).with_file_name("src")
}

/// What watches changes of rights cannot make any: it speaks to no API that does.
#[test]
fn the_function_has_no_client_of_iam() {
    let packages = packages("lambda");
    let services: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str()?.strip_prefix("aws-sdk-"))
        .collect();
    // STS is how aws-config takes the credentials of a role; the function has its own.
    assert_eq!(services, ["cloudtrail", "dynamodb", "organizations", "sns", "ssm", "sts"]);
}

/// Names of all operations, from the SDK's own source.
fn operations() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(sdk().join("operation")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let marker = "/// Orchestration and serialization glue logic for `";
            let name =
                text.split_once(marker).and_then(|(_, rest)| rest.split_once('`')).unwrap().0;
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn every_mutating_operation_of_the_sdk_is_in_the_catalogue() {
    let operations = operations();
    assert!(operations.len() > 170, "{} operations", operations.len());
    let reading = ["Get", "List", "Simulate", "Generate"];
    let mutating =
        operations.iter().filter(|name| !reading.iter().any(|word| name.starts_with(word)));
    let unknown: Vec<&String> = mutating
        .filter(|name| catalogue::find("iam.amazonaws.com", &sdk_to_api(name)).is_none())
        .collect();
    assert!(
        unknown.is_empty(),
        "classify these calls in core/src/iam/catalogue/calls.tsv: {unknown:?}"
    );
}

/// The SDK writes acronyms as words; the catalogue has the names of the API.
fn sdk_to_api(name: &str) -> String {
    let same = |call: &&catalogue::Call| call.name.eq_ignore_ascii_case(name);
    catalogue::calls().find(same).map_or_else(|| name.to_owned(), |call| call.name.to_owned())
}
