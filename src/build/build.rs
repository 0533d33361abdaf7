//! Compiles the rules and the site file into the program, with the program's own compiler: a fault breaks the build,
//! with its line. A start reads only the JSON of the site file; a rule is read when an event may match it.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]

mod generate;

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=src/build");
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=events");
    let for_people = env::var_os("CARGO_FEATURE_CLI").is_some();
    let pack = generate::pack(Path::new(""), for_people);
    if let Err(faults) = pack.and_then(|pack| write(&pack).map_err(|fault| vec![fault])) {
        for fault in faults {
            println!("cargo::error={fault}");
        }
    }
}

fn write(pack: &str) -> Result<(), String> {
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set; build with cargo")?;
    fs::write(Path::new(&out).join("pack.rs"), pack)
        .map_err(|error| format!("failed to write pack.rs: {error}"))
}
