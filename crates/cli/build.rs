//! The scenarios are embedded in the binary: build again when one of them changes.

#[expect(clippy::disallowed_macros, reason = "this is how a build script speaks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=../../scenarios");
}
