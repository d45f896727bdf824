#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{Cursor, Write};

use marple_redact::Redactor;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{FILE, unpack};

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in entries {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn no_entry_leaves_the_folder_and_none_is_hidden() {
    let hostile =
        ["../up.js", "/root.js", "a/../../up.js", "c:\\x.js", "a\\b.js", "lib/.env", ".aws/credentials", "a//b.js"];
    let mut entries: Vec<(&str, &[u8])> = hostile.iter().map(|path| (*path, b"x".as_slice())).collect();
    entries.push(("lib/index.js", b"x"));
    let unpacked = unpack(&zipped(&entries), &Redactor::new([0; 32]));
    assert_eq!(unpacked.files, [("lib/index.js".to_owned(), b"x".to_vec())]);
    assert_eq!(unpacked.left_out, hostile.len());
}

#[test]
fn text_loses_its_credentials_and_a_binary_all_but_its_length() {
    let code = b"const password = \"correct-horse-battery\";\nuse(password);\n";
    let entries: [(&str, &[u8]); 3] =
        [("index.js", code), ("app.bin", b"\0AKIAIOSFODNN7EXAMPLE"), ("app.so", b"\xff\xfesecret")];
    let unpacked = unpack(&zipped(&entries), &Redactor::new([0; 32]));
    let text = String::from_utf8(unpacked.files[0].1.clone()).unwrap();
    assert!(!text.contains("correct-horse") && text.ends_with("\nuse(password);\n"), "{text}");
    assert_eq!(unpacked.files[1].1, [0; 21]);
    assert_eq!(unpacked.files[2].1, [0; 8]);
}

#[test]
fn a_large_file_is_cut_and_counted_and_rubbish_is_no_package() {
    let large = vec![b'a'; usize::try_from(FILE).unwrap() + 1];
    let unpacked = unpack(&zipped(&[("large.txt", &large)]), &Redactor::new([0; 32]));
    assert_eq!((unpacked.files[0].1.len() as u64, unpacked.left_out), (FILE, 1));
    assert!(unpack(b"no zip at all", &Redactor::new([0; 32])).files.is_empty());
}
