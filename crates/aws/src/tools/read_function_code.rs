//! `read_function_code`: a function's deployment package, downloaded and read in memory; never executed.

use marple_case::{
    Scope,
    facts::{CodeFile, FunctionCode},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Asked, Fault},
    package::{self, Content, Limits, Package, download},
    text::Command,
    tool::{Context, Findings, Tool},
};

mod difference;
mod listing;
#[cfg(test)]
mod tests;

const ACTION: &str = "lambda:GetFunction";
const VERSIONS: &str = "lambda:ListVersionsByFunction";

/// Reads the code that a Lambda function runs: lists the files of its deployment package and shows the function's own text files with
/// line numbers, whole while they fit. With a file: that file; with a line too: the lines around it. With compare_with: what a release changed. Literals that look like credentials are hidden.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The function's name or ARN.
    function: String,
    /// A published version or an alias. Default: $LATEST.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// A file, as a stack trace names it (/var/task/index.js), by its path in the package, or a Python module (app.jobs).
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line to look around, counted from 1. Needs file.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// Lines before and after the line: 1 to 400.
    #[serde(default = "forty")]
    context: u32,
    /// Shows only how the code differs from an earlier published version's: its number, or `previous` for the newest one with other code.
    #[serde(skip_serializing_if = "Option::is_none")]
    compare_with: Option<String>,
}

/// The newest published version whose code is another than that which is read.
const PREVIOUS: &str = "previous";

fn forty() -> u32 {
    40
}

pub(crate) struct ReadFunctionCode;

impl Tool for ReadFunctionCode {
    const NAME: &'static str = "read_function_code";
    const ACTIONS: &'static [&'static str] = &[ACTION, VERSIONS];
    /// Code is what settles most questions: it is shown whole where a small function is.
    const SHOWN_BYTES: usize = 24 * 1024;
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        if args.line.is_some() && args.file.is_none() {
            return Err("line needs file: the file in which the line is".to_owned());
        }
        if args.compare_with.is_some() && args.file.is_some() {
            return Err("compare_with shows all files that differ: leave file and line out".to_owned());
        }
        if args.line == Some(0) {
            return Err("line 0 does not exist: lines are counted from 1".to_owned());
        }
        args.context = args.context.clamp(1, 400);
        args.compare_with = args.compare_with.take().map(|version| version.trim().to_owned());
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let of = |version: Option<&String>| {
            Command::new("lambda", "get-function")
                .option("function-name", &args.function)
                .option_if("qualifier", version)
                .option("query", "Code.Location")
                .option("output", "text")
                .in_region(&scope.region)
        };
        let read = of(args.version.as_ref());
        match &args.compare_with {
            Some(before) if before == PREVIOUS => {
                let versions =
                    Command::new("lambda", "list-versions-by-function").option("function-name", &args.function);
                format!("{read} && {}", versions.in_region(&scope.region))
            }
            Some(before) => format!("{read} && {}", of(Some(before))),
            None => read,
        }
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let read = match fetched(&args.function, args.version.as_deref(), context).await? {
            Fetched::Package(read) => *read,
            Fetched::Nothing(text) => return Ok(Findings::nothing(text)),
        };
        let Some(other) = &args.compare_with else {
            return Ok(listing::findings(args, read.code, &read.package, read.handler.as_deref()));
        };
        let other = match other.as_str() {
            PREVIOUS => version_before(&read.code, context).await?,
            number => Some(number.to_owned()),
        };
        let Some(other) = other else { return Ok(Findings::nothing(no_other_code(&read.code))) };
        match fetched(&args.function, Some(&other), context).await? {
            Fetched::Package(before) => difference::findings(*before, read).await,
            Fetched::Nothing(text) => Ok(Findings::nothing(text)),
        }
    }
}

/// A package that was downloaded and unpacked.
struct ReadPackage {
    /// What it is; no files yet.
    code: FunctionCode,
    handler: Option<String>,
    package: Package,
}

enum Fetched {
    Package(Box<ReadPackage>),
    /// There is no package: the text says why.
    Nothing(String),
}

async fn fetched(function: &str, version: Option<&str>, context: Context<'_>) -> Result<Fetched, Fault> {
    let deployed = match deployed(function, version, context).await? {
        Deployed::Package(deployed) => deployed,
        Deployed::Nothing(text) => return Ok(Fetched::Nothing(text)),
    };
    let limits = Limits::default();
    let zipped = download::download(&deployed.url, &deployed.parts, limits.zipped).await;
    let zipped = zipped.map_err(|error| failed(error.to_string()))?;
    let package_size = zipped.len() as u64;
    let unpacked = tokio::task::spawn_blocking(move || package::read(&zipped, limits)).await;
    let package = unpacked.map_err(|_| failed("the package could not be unpacked".to_owned()))?;
    let mut package = package.map_err(|error| failed(error.to_string()))?;
    hide_credentials(&mut package, context);
    let code = FunctionCode {
        function: deployed.function,
        version: deployed.version,
        code_sha256: deployed.sha256,
        package_size,
        files: Vec::new(),
        difference: None,
    };
    Ok(Fetched::Package(Box::new(ReadPackage { code, handler: deployed.handler, package })))
}

fn failed(message: String) -> Fault {
    Fault::Unreachable { action: ACTION.to_owned(), message }
}

/// The newest published version with other code than that which was read, from before the first version that has that code.
async fn version_before(code: &FunctionCode, context: Context<'_>) -> Result<Option<String>, Fault> {
    let asked = context.clients.lambda().list_versions_by_function().function_name(&code.function);
    let mut pages = asked.into_paginator().send();
    let (mut own, mut others) = (code.version.parse().unwrap_or(u64::MAX), Vec::new());
    while let Some(page) = pages.next().await {
        for version in page.asked(VERSIONS)?.versions() {
            let Some(number) = version.version().and_then(|number| number.parse::<u64>().ok()) else { continue };
            if version.code_sha256() == Some(code.code_sha256.as_str()) {
                own = own.min(number);
            } else {
                others.push(number);
            }
        }
    }
    let newest = others.into_iter().filter(|number| *number < own).max();
    Ok(newest.map(|number| number.to_string()))
}

fn no_other_code(code: &FunctionCode) -> String {
    format!("function {} has no published version with other code than version {}", code.function, code.version)
}

/// Where a package is, and what Lambda says of it.
struct DeployedPackage {
    function: String,
    version: String,
    sha256: String,
    handler: Option<String>,
    url: String,
    parts: download::SdkParts,
}

enum Deployed {
    Package(Box<DeployedPackage>),
    /// There is no package: the text says why.
    Nothing(String),
}

async fn deployed(function: &str, version: Option<&str>, context: Context<'_>) -> Result<Deployed, Fault> {
    let parts = download::SdkParts::default();
    let asked = context.clients.lambda().get_function().function_name(function);
    let asked = asked.set_qualifier(version.map(str::to_owned));
    let answer = match asked.customize().interceptor(parts.clone()).send().await.asked(ACTION) {
        Ok(answer) => answer,
        Err(fault) if fault.is_not_found() => {
            let version = version.map(|version| format!(" with a version or alias {version}")).unwrap_or_default();
            let region = &context.scope.region;
            return Ok(Deployed::Nothing(format!("no function named {function}{version} in {region}")));
        }
        Err(fault) => return Err(fault),
    };
    let code = answer.code();
    if let Some(image) = code.and_then(|code| code.image_uri()) {
        return Ok(Deployed::Nothing(format!(
            "function {function} runs the container image {image}: it has no deployment package, and its code cannot be read here"
        )));
    }
    let Some(url) = code.and_then(|code| code.location()) else {
        return Err(failed("the answer holds no location of the package".to_owned()));
    };
    let configuration = answer.configuration();
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    Ok(Deployed::Package(Box::new(DeployedPackage {
        function: text(configuration.and_then(|one| one.function_name()).or(Some(function))),
        version: text(configuration.and_then(|one| one.version()).or(version).or(Some("$LATEST"))),
        sha256: text(configuration.and_then(|one| one.code_sha256())),
        handler: configuration.and_then(|one| one.handler()).map(str::to_owned),
        url: url.to_owned(),
        parts,
    })))
}

/// Hides credentials that were written into code, and makes control characters visible: lines of facts are shown as they are.
fn hide_credentials(package: &mut Package, context: Context<'_>) {
    for file in &mut package.files {
        let Content::Text(lines) = &mut file.content else { continue };
        let configuration = listing::is_configuration(&file.path);
        for line in lines {
            let hidden = match configuration {
                true => context.hider.configuration_line(line),
                false => context.hider.code_line(line),
            };
            // A carriage return inside a line would become a line end, and put the numbers out of step.
            *line = crate::text::visible(&hidden.replace('\r', "␍")).into_owned();
        }
    }
}

/// A file as a fact; `lines` where it was shown.
fn code_file(file: &package::PackageFile, shown: bool) -> CodeFile {
    let lines = match &file.content {
        Content::Text(lines) if shown => Some(lines.clone()),
        _ => None,
    };
    CodeFile { path: file.path.clone(), size: file.size, lines }
}
