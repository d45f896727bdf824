//! Deployment packages: a function's plain files as a zip archive, and its download from a presigned address.
//!
//! The archive is deterministic: the files in the order of their paths, one fixed time, one compression level. So are its
//! size and its hash, on every machine.

use std::io::{Cursor, Write};
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use jiff::tz::Offset;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::functions::{Function, Functions, Version};
use crate::scenario::FaultKind;
use crate::services::faults;
use crate::wire::{Request, Response};
use crate::{Scenario, World};

/// Where Lambda keeps deployment packages in its own S3 buckets.
pub(crate) const SNAPSHOTS: &str = "/snapshots/";

/// The code of one version, zipped when first asked for.
pub(crate) struct Package {
    files: Vec<(String, Bytes)>,
    zip: OnceLock<Option<Zip>>,
}

/// A zip archive.
#[derive(Debug, Clone)]
pub(super) struct Zip(Bytes);

impl Package {
    /// The files below a folder of the scenario.
    pub(super) fn of(scenario: &Scenario, folder: &str) -> Self {
        let files = scenario.files().below(folder).map(|(path, content)| (path.to_owned(), content.clone())).collect();
        Self { files, zip: OnceLock::new() }
    }

    /// The archive; nothing where the scenario has no code for the function.
    pub(super) fn zip(&self) -> Option<&Zip> {
        let archive = || match archive(&self.files) {
            Ok(zip) => Some(zip),
            Err(error) => {
                tracing::error!(%error, "a deployment package could not be zipped");
                None
            }
        };
        if self.files.is_empty() { None } else { self.zip.get_or_init(archive).as_ref() }
    }

    /// S3's refusal of a download.
    pub(crate) fn refusal(kind: FaultKind) -> Response {
        let (status, code, message) = faults::of_package(kind).unwrap_or_default();
        s3_error(status, code, message)
    }

    /// Answers the download of a package.
    pub(crate) fn download(world: &World, request: &Request) -> Response {
        if request.method() != Method::GET {
            return s3_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "The specified method is not allowed.",
            );
        }
        let query = request.uri().query().unwrap_or_default();
        if !query.contains("X-Amz-Signature=") {
            return s3_error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
        }
        let Some(zip) = requested(world, request.uri().path(), query) else {
            return s3_error(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.");
        };
        let mut response = Response::new(zip.0);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
        response
    }
}

impl Zip {
    /// Bytes.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }

    /// Base64 of the SHA-256, as `CodeSha256` has it.
    pub(super) fn sha256(&self) -> String {
        STANDARD.encode(Sha256::digest(&self.0))
    }
}

/// A presigned address of a version's package, good for ten minutes as AWS's are.
pub(super) fn location(world: &World, function: &Function, version: &Version) -> String {
    let scenario = world.scenario();
    let now = Offset::UTC.to_datetime(scenario.now);
    let path = format!("{SNAPSHOTS}{}/{}", scenario.account, utf8_percent_encode(&function.name, NON_ALPHANUMERIC));
    let version = utf8_percent_encode(&version.number, NON_ALPHANUMERIC);
    let signed = format!(
        "versionId={version}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={}&X-Amz-SignedHeaders=host&X-Amz-Expires=600\
         &X-Amz-Credential=ASIAIOSFODNN7EXAMPLE%2F{}%2F{}%2Fs3%2Faws4_request",
        now.strftime("%Y%m%dT%H%M%SZ"),
        now.strftime("%Y%m%d"),
        scenario.region,
    );
    let signature: String =
        Sha256::digest(format!("{path}?{signed}")).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{path}?{signed}&X-Amz-Signature={signature}", world.package_origin())
}

fn requested(world: &World, path: &str, query: &str) -> Option<Zip> {
    let (account, name) = path.strip_prefix(SNAPSHOTS)?.split_once('/')?;
    if account != world.scenario().account {
        return None;
    }
    let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let version = decode(query.split('&').find_map(|field| field.strip_prefix("versionId="))?);
    let functions = world.parsed::<Functions>().ok()?;
    functions.named(&decode(name))?.version(&version)?.package.zip().cloned()
}

fn archive(files: &[(String, Bytes)]) -> zip::result::ZipResult<Zip> {
    // The default time of the format, 1980-01-01, whatever the clock of this machine.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        writer.start_file(path.as_str(), options)?;
        writer.write_all(content)?;
    }
    Ok(Zip(writer.finish()?.into_inner().into()))
}

fn s3_error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
