#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{sort::names, *};

mod weight;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A zip whose entry has this name, whatever the zip library would have made of it: a name of the same length is replaced.
fn renamed(name: &[u8]) -> Vec<u8> {
    let placeholder = "x".repeat(name.len());
    let mut bytes = zipped(&[(&placeholder, b"1")]);
    for start in 0..bytes.len() - name.len() {
        if &bytes[start..start + name.len()] == placeholder.as_bytes() {
            bytes[start..start + name.len()].copy_from_slice(name);
        }
    }
    bytes
}

#[test]
fn own_text_is_read_libraries_are_totalled_and_the_rest_is_named() {
    let package = read(
        &zipped(&[
            ("index.js", b"exports.handler = 1;\r\nx();\n"),
            ("index.js.map", b"{}"),
            ("src/app.py", b"import os"),
            ("logo.bin2", b"\x00\x01\x02"),
            ("node_modules/pg/index.js", b"12345"),
            ("node_modules/pg/lib/a.js", b"123"),
            ("lib/app.jar", b"PK"),
            ("requests-2.0.dist-info/METADATA", b"x"),
        ]),
        Limits::default(),
    )
    .unwrap();
    let file = |path: &str| &package.files.iter().find(|file| file.path == path).unwrap().content;
    assert_eq!(*file("index.js"), Content::Text(vec!["exports.handler = 1;".to_owned(), "x();".to_owned()]));
    assert_eq!(*file("index.js.map"), Content::Unread("source map".to_owned()));
    assert_eq!(*file("logo.bin2"), Content::Unread("binary".to_owned()));
    assert!(matches!(file("src/app.py"), Content::Text(_)));
    let libraries: Vec<_> =
        package.libraries.iter().map(|library| (library.path.as_str(), library.files, library.bytes)).collect();
    assert_eq!(libraries, [("lib/app.jar", 1, 2), ("node_modules/", 2, 8), ("requests-2.0.dist-info/", 1, 1)]);
    assert!(package.refused.is_empty());
}

#[test]
fn path_tricks_are_refused_and_named() {
    for (name, reason) in [
        (&b"../../etc/passwd"[..], "a path that leaves the package"),
        (b"a/../../b.js", "a path that leaves the package"),
        (b"/etc/passwd", "an absolute path"),
        (b"C:/x.js", "an absolute path"),
        (b"a\\..\\b.js", "a backslash in its path"),
        (b"a\x1b[2J.js", "a control character in its path"),
        (b"a\xff\xfe.js", "its name is not UTF-8"),
    ] {
        let package = read(&renamed(name), Limits::default()).unwrap();
        assert!(package.files.is_empty(), "{package:?}");
        assert_eq!(package.refused.len(), 1);
        assert_eq!(package.refused[0].1, reason, "{name:?}");
        assert!(!package.refused[0].0.contains('\x1b'), "shown with its control characters visible");
    }
}

#[test]
fn a_symbolic_link_is_refused_whatever_it_leads_to() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link.js", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let package = read(&writer.finish().unwrap().into_inner(), Limits::default()).unwrap();
    assert_eq!(package.refused, [("link.js".to_owned(), "a symbolic link".to_owned())]);
}

#[test]
fn an_encrypted_entry_is_named_and_the_others_are_read() {
    let mut bytes = zipped(&[("a.js", b"1"), ("b.js", b"2")]);
    // The flag "encrypted" of the first entry, in its local header and in the central directory.
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    let package = read(&bytes, Limits::default()).unwrap();
    assert_eq!(package.refused, [("a.js".to_owned(), "encrypted".to_owned())]);
    assert_eq!(package.files.len(), 1);
}

#[test]
fn a_bomb_is_refused() {
    let zeros = vec![b' '; 2 << 20];
    let error = read(&zipped(&[("bomb.js", &zeros)]), Limits::default()).unwrap_err();
    assert_eq!(error, PackageError::Bomb { path: "bomb.js".to_owned(), ratio: 200 });
    let tight = Limits { declared: 10, ..Limits::default() };
    assert_eq!(read(&zipped(&[("a.js", b"01234567890")]), tight), Err(PackageError::TooLarge { limit: 10 }));
}

#[test]
fn the_size_that_an_archive_claims_is_not_believed() {
    let mut bytes = zipped(&[("bomb.js", &vec![b' '; 2 << 20])]);
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[central + 24..central + 28].copy_from_slice(&10_u32.to_le_bytes());
    match read(&bytes, Limits::default()) {
        Ok(package) => assert!(!matches!(package.files[0].content, Content::Text(_)), "{:?}", package.files[0].size),
        Err(error) => assert!(matches!(error, PackageError::Bomb { .. } | PackageError::NotAZip(_)), "{error}"),
    }
}

#[test]
fn too_many_entries_are_refused_before_they_are_read() {
    let names: Vec<String> = (0..200).map(|number| format!("{number}.js")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"1"[..])).collect();
    let limits = Limits { entries: 20, ..Limits::default() };
    assert_eq!(read(&zipped(&files), limits), Err(PackageError::TooMany { limit: 20 }));
}

#[test]
fn a_minified_line_is_cut_and_says_so() {
    let package = read(&zipped(&[("app.js", "é".repeat(5_000).as_bytes())]), Limits::default()).unwrap();
    let Content::Text(lines) = &package.files[0].content else { panic!("text") };
    assert!(lines[0].ends_with("… [8000 more bytes in this line]"), "{}", &lines[0][1990..]);
}

#[test]
fn a_name_of_a_stack_trace_or_a_handler_finds_its_file() {
    for (named, path) in [
        ("/var/task/index.js", "index.js"),
        ("file:///var/task/src/a.mjs", "src/a.mjs"),
        ("index", "index.js"),
        ("./index.js", "index.js"),
        ("app.jobs.daily", "app/jobs/daily.py"),
        ("app", "app/__init__.py"),
        ("src/index", "src/index.js"),
        ("daily.py", "app/jobs/daily.py"),
        ("/opt/build/src/app.py", "app.py"),
    ] {
        assert!(names(named, path), "{named} {path}");
    }
    for (named, path) in [("index.js", "myindex.js"), ("", "index.js"), ("other", "index.js"), ("index.py", "index.js")]
    {
        assert!(!names(named, path), "{named} {path}");
    }
}

proptest! {
    #[test]
    fn damaged_archives_never_panic(
        noise in prop::collection::vec((0_usize..4_000, any::<u8>()), 0..12),
        cut in 0_usize..4_000,
        stored in any::<bool>(),
    ) {
        let method = if stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for path in ["index.js", "src/a.py", "node_modules/x/y.js"] {
            writer.start_file(path, SimpleFileOptions::default().compression_method(method)).unwrap();
            writer.write_all("const x = 1;\n".repeat(20).as_bytes()).unwrap();
        }
        let mut bytes = writer.finish().unwrap().into_inner();
        for (place, byte) in noise {
            let length = bytes.len();
            bytes[place % length] = byte;
        }
        let kept = bytes.len() - cut % bytes.len();
        let _ = read(&bytes, Limits::default());
        let _ = read(&bytes[..kept], Limits::default());
    }
}
