//! The API's document that is kept in the tree, against what the routes say.

use std::process::Command;

const KEPT: &str = include_str!("../../../../docs/openapi.json");

#[test]
fn the_kept_document_is_what_the_routes_say() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_portolan")).arg("openapi").output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = String::from_utf8(output.stdout).expect("text");
    if let Some((line, (kept, made))) =
        KEPT.lines().zip(made.lines()).enumerate().find(|(_, (kept, made))| kept != made)
    {
        panic!(
            "docs/openapi.json is stale: run make openapi. Line {}: kept {kept}, the routes say {made}",
            line + 1
        );
    }
    assert_eq!(KEPT.len(), made.len(), "docs/openapi.json is stale: run make openapi");
}
