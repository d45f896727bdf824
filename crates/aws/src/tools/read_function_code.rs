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

mod listing;
#[cfg(test)]
mod tests;

const ACTION: &str = "lambda:GetFunction";

/// Reads the code that a Lambda function runs: lists the files of its deployment package and shows the function's own text files with
/// line numbers, whole while they fit. With a file: that file; with a line too: the lines around it. Literals that look like credentials are hidden.
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
}

fn forty() -> u32 {
    40
}

pub(crate) struct ReadFunctionCode;

impl Tool for ReadFunctionCode {
    const NAME: &'static str = "read_function_code";
    const ACTIONS: &'static [&'static str] = &[ACTION];
    /// Code is what settles most questions: it is shown whole where a small function is.
    const SHOWN_BYTES: usize = 24 * 1024;
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        if args.line.is_some() && args.file.is_none() {
            return Err("line needs file: the file in which the line is".to_owned());
        }
        if args.line == Some(0) {
            return Err("line 0 does not exist: lines are counted from 1".to_owned());
        }
        args.context = args.context.clamp(1, 400);
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        Command::new("lambda", "get-function")
            .option("function-name", &args.function)
            .option_if("qualifier", args.version.as_ref())
            .option("query", "Code.Location")
            .option("output", "text")
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let deployed = match deployed(args, context).await? {
            Deployed::Package(deployed) => deployed,
            Deployed::Nothing(text) => return Ok(Findings::nothing(text)),
        };
        let limits = Limits::default();
        let failed = |reason: String| Fault::Unreachable { action: ACTION.to_owned(), message: reason };
        let zipped = download::download(&deployed.url, &deployed.parts, limits.zipped).await;
        let zipped = zipped.map_err(|error| failed(error.to_string()))?;
        let zipped_size = zipped.len() as u64;
        let unpacked = tokio::task::spawn_blocking(move || package::read(&zipped, limits)).await;
        let package = unpacked.map_err(|_| failed("the package could not be unpacked".to_owned()))?;
        let mut package = package.map_err(|error| failed(error.to_string()))?;
        hide_credentials(&mut package, context);
        let code = FunctionCode {
            function: deployed.function,
            version: deployed.version,
            code_sha256: deployed.sha256,
            package_size: zipped_size,
            files: Vec::new(),
        };
        Ok(listing::findings(args, code, &package, deployed.handler.as_deref()))
    }
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

async fn deployed(args: &Args, context: Context<'_>) -> Result<Deployed, Fault> {
    let parts = download::SdkParts::default();
    let asked =
        context.clients.lambda().get_function().function_name(&args.function).set_qualifier(args.version.clone());
    let answer = match asked.customize().interceptor(parts.clone()).send().await.asked(ACTION) {
        Ok(answer) => answer,
        Err(fault) if fault.is_not_found() => {
            let version =
                args.version.as_ref().map(|version| format!(" with a version or alias {version}")).unwrap_or_default();
            let region = &context.scope.region;
            return Ok(Deployed::Nothing(format!("no function named {}{version} in {region}", args.function)));
        }
        Err(fault) => return Err(fault),
    };
    let code = answer.code();
    if let Some(image) = code.and_then(|code| code.image_uri()) {
        return Ok(Deployed::Nothing(format!(
            "function {} runs the container image {image}: it has no deployment package, and its code cannot be read here",
            args.function
        )));
    }
    let Some(url) = code.and_then(|code| code.location()) else {
        let message = "the answer holds no location of the package".to_owned();
        return Err(Fault::Unreachable { action: ACTION.to_owned(), message });
    };
    let configuration = answer.configuration();
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    Ok(Deployed::Package(Box::new(DeployedPackage {
        function: text(configuration.and_then(|one| one.function_name()).or(Some(&args.function))),
        version: text(configuration.and_then(|one| one.version()).or(args.version.as_deref()).or(Some("$LATEST"))),
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
