//! Packages as large as Lambda allows, and real ones that were damaged.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::super::*;

/// Lambda's own limit of what a package may weigh unpacked, bytes.
const LAMBDA: u64 = 250 << 20;
/// One large file of the packages here, bytes: more than is read of a file.
const FILE: usize = 5 << 19;

/// Text that packs like generated code: some twenty times smaller.
fn code(bytes: usize) -> Vec<u8> {
    let lines =
        (0_u32..).flat_map(|number| format!("  const order{number} = lookup(region, {});\n", number * 7).into_bytes());
    lines.take(bytes).collect()
}

/// An archive with this many copies of one large file under these names, which is packed once.
fn archive(names: impl Iterator<Item = String>) -> Vec<u8> {
    let mut one = ZipWriter::new(Cursor::new(Vec::new()));
    one.start_file("one", SimpleFileOptions::default()).unwrap();
    one.write_all(&code(FILE)).unwrap();
    let mut one = ZipArchive::new(one.finish().unwrap()).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("index.js", SimpleFileOptions::default()).unwrap();
    writer.write_all(b"exports.handler = async () => 1;\n").unwrap();
    for name in names {
        writer.raw_copy_file_rename(one.by_index_raw(0).unwrap(), name).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_package_of_250_mb_is_read_where_it_matters_and_within_the_limits() {
    let copies = LAMBDA / FILE as u64;
    let zipped = archive((0..copies).map(|number| match number % 2 {
        0 => format!("node_modules/big{number}/index.js"),
        _ => format!("generated/table{number}.js"),
    }));
    assert!(zipped.len() < Limits::default().zipped, "{} bytes: as large as may be uploaded", zipped.len());
    let begun = Instant::now();
    let package = read(&zipped, Limits::default()).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let own = package.files.iter().find(|file| file.path == "index.js").unwrap();
    assert_eq!(own.content, Content::Text(vec!["exports.handler = async () => 1;".to_owned()]));
    let unread: Vec<&Content> =
        package.files.iter().filter(|file| file.path != "index.js").map(|file| &file.content).collect();
    assert_eq!(unread.len() as u64, copies / 2);
    let reason = Content::Unread("more than 2097152 bytes".to_owned());
    assert!(unread.iter().all(|content| **content == reason), "{unread:?}");
    let libraries: u64 = package.libraries.iter().map(|library| library.bytes).sum();
    assert_eq!(libraries, (copies - copies / 2) * FILE as u64, "libraries are weighed, not read");
}

#[test]
fn a_package_that_is_larger_than_lambda_takes_is_refused_before_it_is_unpacked() {
    let zipped = archive((0..=LAMBDA / FILE as u64 + 2).map(|number| format!("generated/table{number}.js")));
    assert_eq!(read(&zipped, Limits::default()), Err(PackageError::TooLarge { limit: 256 << 20 }));
    let limits = Limits { zipped: zipped.len() - 1, ..Limits::default() };
    assert_eq!(read(&zipped, limits), Err(PackageError::TooLarge { limit: limits.zipped as u64 }));
}

/// The code of a scenario's functions, as it would be deployed.
fn real() -> (Vec<u8>, Vec<Vec<String>>) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut contents = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains("/code/") && contents.len() < 12 {
                let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
                let name = path.to_string_lossy().split("/code/").last().unwrap().to_owned();
                writer.start_file(format!("{}/{name}", contents.len()), SimpleFileOptions::default()).unwrap();
                writer.write_all(text.as_bytes()).unwrap();
                contents.push(text.lines().map(str::to_owned).collect());
            }
        }
    }
    assert!(contents.len() > 5);
    (writer.finish().unwrap().into_inner(), contents)
}

proptest! {
    #[test]
    fn what_comes_out_of_a_damaged_package_was_in_it(
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        kept in prop::option::of(any::<prop::sample::Index>()),
    ) {
        static REAL: std::sync::LazyLock<(Vec<u8>, Vec<Vec<String>>)> = std::sync::LazyLock::new(real);
        let (whole, contents) = &*REAL;
        let mut bytes = whole.clone();
        for (place, byte) in noise {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(kept) = kept {
            bytes.truncate(kept.index(bytes.len()));
        }
        // Every file has a checksum: one that does not fit is not shown to anybody as the function's code.
        if let Ok(package) = read(&bytes, Limits::default()) {
            for file in package.files {
                if let Content::Text(lines) = file.content {
                    prop_assert!(lines.is_empty() || contents.contains(&lines), "{}: {lines:?}", file.path);
                }
            }
        }
    }
}
