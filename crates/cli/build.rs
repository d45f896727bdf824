//! The scenarios are embedded in the binary: build again when one of them changes.

fn main() {
    println!("cargo::rerun-if-changed=../../scenarios");
}
