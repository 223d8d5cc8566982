//! Scripts for Node beside the tests: carriers' own SDKs as judges.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs a script below `tests/it`; what it prints.
pub fn node(script: &str, arguments: &[&str], input: &str) -> String {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let mut process = Command::new("node")
        .arg(format!("{tests}/it/{script}"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{script} failed");
    String::from_utf8(output.stdout).unwrap()
}
