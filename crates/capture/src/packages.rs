//! Deployment packages that were downloaded, as the files of `world/lambda/functions/NAME/code/`.
//!
//! A package may be hostile: entries that would leave its folder are left out, and so is what is too much. Text is kept without credentials;
//! of a binary, in which nobody could find any, only the length.

use std::io::{Cursor, Read};

use marple_redact::Redactor;
use zip::ZipArchive;

use crate::{
    call::{Call, text},
    kept::{name, version},
    recorder::Exchange,
    world::World,
};

/// Entries that are looked at.
const ENTRIES: usize = 20_000;
/// Bytes of one file that are kept.
const FILE: u64 = 1 << 20;
/// Bytes of one package that are kept.
const PACKAGE: u64 = 32 << 20;

/// Unpacks what was downloaded. Gives a note on each package that is not there whole.
pub(crate) fn write(world: &mut World, calls: &[Call], exchanges: &[Exchange], redactor: &Redactor) -> Vec<String> {
    let mut notes = Vec::new();
    for call in calls.iter().filter(|call| call.is("lambda:GetFunction")) {
        let Some(function) = call.asked("FunctionName").map(name) else { continue };
        let location = call.part("Code").and_then(|code| match code {
            crate::shape::Part::Json(code) => text(crate::shape::Part::Json(code.get("Location")?)),
            crate::shape::Part::Xml(_) => None,
        });
        let Some(location) = location else { continue };
        let Some(download) = exchanges.iter().find(|one| one.uri == location && one.status == 200) else { continue };
        let folder = match version(call) {
            Some(number) => format!("world/lambda/functions/{function}/versions/{number}/code/"),
            None => format!("world/lambda/functions/{function}/code/"),
        };
        if world.others.keys().any(|path| path.starts_with(&folder)) {
            continue;
        }
        let unpacked = unpack(&download.response, redactor);
        if unpacked.left_out > 0 {
            notes.push(format!(
                "{} files of {function}'s package are not there, or cut: too large, hidden, or with a name that no file may have",
                unpacked.left_out
            ));
        }
        for (path, content) in unpacked.files {
            world.others.insert(format!("{folder}{path}"), content);
        }
    }
    notes
}

#[derive(Debug, Default)]
struct Unpacked {
    files: Vec<(String, Vec<u8>)>,
    left_out: usize,
}

fn unpack(zipped: &[u8], redactor: &Redactor) -> Unpacked {
    let mut unpacked = Unpacked::default();
    let Ok(mut archive) = ZipArchive::new(Cursor::new(zipped)) else { return unpacked };
    let mut left = PACKAGE;
    unpacked.left_out = archive.len().saturating_sub(ENTRIES);
    for index in 0..archive.len().min(ENTRIES) {
        let Ok(mut entry) = archive.by_index(index) else {
            unpacked.left_out += 1;
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        let path = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let size = entry.size();
        let mut content = Vec::new();
        let limit = FILE.min(left);
        let is_read =
            is_plain(&path) && !entry.is_symlink() && entry.by_ref().take(limit).read_to_end(&mut content).is_ok();
        if !is_read || size > limit {
            unpacked.left_out += 1;
        }
        if is_read && (size == 0 || !content.is_empty()) {
            left = left.saturating_sub(content.len() as u64);
            let content = without_credentials(&path, content, redactor);
            unpacked.files.push((path, content));
        }
    }
    unpacked
}

/// Whether a path stays in its folder. Hidden files are none of a world's.
fn is_plain(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    let is_named = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.chars().any(char::is_control);
    !drive && !path.contains('\\') && path.split('/').all(is_named)
}

fn without_credentials(path: &str, content: Vec<u8>, redactor: &Redactor) -> Vec<u8> {
    let text = match String::from_utf8(content) {
        Ok(text) if !text.contains('\0') => text,
        Ok(text) => return vec![0; text.len()],
        Err(error) => return vec![0; error.into_bytes().len()],
    };
    let is_configuration = is_configuration(path);
    let line = |line: &str| match is_configuration {
        true => redactor.configuration_line(line),
        false => redactor.code_line(line),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n").into_bytes()
}

/// Whether lines of this file are settings, not statements; as `read_function_code` has it.
fn is_configuration(path: &str) -> bool {
    const ENDS: [&str; 8] = [".env", ".yaml", ".yml", ".ini", ".properties", ".toml", ".cfg", ".conf"];
    ENDS.iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests;
