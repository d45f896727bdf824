//! `list_images`: the images of a repository of ECR.

use std::fmt::Write as _;

use aws_sdk_ecr::types::ImageIdentifier;
use marple_case::{
    Facts, Scope,
    facts::{Image, Images},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    images::{self, Reference},
    text::Command,
    tool::{Context, Findings, Tool},
};

/// Images that are shown unless more are asked for.
const LIMIT: u32 = 10;
/// Images that may be asked for.
const MOST: u32 = 100;

/// Lists the container images of an ECR repository, newest first: tags, digest, push time, size, and the architectures that the manifest
/// names. With a tag or digest: that image, or that there is none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The repository's name, or an image as a task definition names it; then its tag or digest is asked for, too.
    repository: String,
    /// Only the image with this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// Only the image with this digest: sha256:…
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// How many images, 100 at most.
    #[serde(default = "limit")]
    limit: u32,
}

fn limit() -> u32 {
    LIMIT
}

impl Args {
    fn only(&self) -> Option<ImageIdentifier> {
        let asked = self.tag.is_some() || self.digest.is_some();
        asked.then(|| {
            // A digest says all: a tag beside it may have moved on.
            let tag = self.tag.clone().filter(|_| self.digest.is_none());
            ImageIdentifier::builder().set_image_tag(tag).set_image_digest(self.digest.clone()).build()
        })
    }

    /// What was asked for beside the repository.
    fn asked(&self) -> Option<String> {
        self.digest.clone().or_else(|| self.tag.clone())
    }
}

pub(crate) struct ListImages;

impl Tool for ListImages {
    const NAME: &'static str = "list_images";
    const ACTIONS: &'static [&'static str] = &["ecr:BatchGetImage", "ecr:DescribeImages"];
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        let named = Reference::parse(&args.repository);
        args.tag = args.tag.take().or(named.tag);
        args.digest = args.digest.take().or(named.digest);
        args.repository = named.host.map(|host| format!("{host}/")).unwrap_or_default() + &named.repository;
        args.limit = args.limit.clamp(1, MOST);
        match named.repository.is_empty() {
            true => Err("repository is empty".to_owned()),
            false => Ok(()),
        }
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let named = Reference::parse(&args.repository);
        let id = match (&args.digest, &args.tag) {
            (Some(digest), _) => Some(format!("imageDigest={digest}")),
            (None, tag) => tag.as_ref().map(|tag| format!("imageTag={tag}")),
        };
        Command::new("ecr", "describe-images")
            .option_if("registry-id", named.registry().map(|(account, _)| account))
            .option("repository-name", &named.repository)
            .option_if("image-ids", id)
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let named = Reference::parse(&args.repository);
        if let Some(elsewhere) = elsewhere(&named, context.scope) {
            return Ok(Findings::nothing(elsewhere));
        }
        let registry = named.registry().map(|(account, _)| account);
        let (repository, region) = (&named.repository, &context.scope.region);
        let (mut found, complete) = match images::of(repository, registry, args.only(), context.clients).await {
            Ok(found) => found,
            Err(fault) if fault.is_refused_with(&["RepositoryNotFoundException"]) => {
                return Ok(Findings::nothing(format!("no ECR repository named {repository} in {region}")));
            }
            Err(fault) if fault.is_not_found() => return missing(args, &named, context).await,
            Err(fault) => return Err(fault),
        };
        if found.is_empty() {
            return missing(args, &named, context).await;
        }
        let total = found.len();
        found.truncate(usize::try_from(args.limit).unwrap_or(total));
        let manifests = images::with_architectures(&mut found, repository, registry, context.clients).await;
        let mut text = format!("repository: {repository}, {total} images{}\n", if complete { "" } else { " or more" });
        found.iter().for_each(|image| text.push_str(&line(image)));
        if total > found.len() {
            let _ = writeln!(text, "[{} older images are not shown]", total - found.len());
        }
        if let Err(fault) = manifests {
            let _ = writeln!(text, "note: the manifests were not read, so no architectures are known: {fault}");
        }
        let facts = Images { repository: repository.clone(), asked: args.asked(), images: found };
        Ok(Findings::found(Facts::Images(facts), text))
    }
}

/// Where the image is not in this region's ECR: a sentence that says so.
fn elsewhere(named: &Reference, scope: &Scope) -> Option<String> {
    let host = named.host.as_ref()?;
    match named.registry() {
        None => Some(format!(
            "{host}/{} is not in a private registry of ECR: its images cannot be listed",
            named.repository
        )),
        Some((_, region)) if region != scope.region => Some(format!(
            "{host}/{} is in {region}, and {} is looked at: its images were not listed",
            named.repository, scope.region
        )),
        Some(_) => None,
    }
}

/// What there is instead of an image that does not exist.
async fn missing(args: &Args, named: &Reference, context: Context<'_>) -> Result<Findings, Fault> {
    let repository = &named.repository;
    let what = match (&args.digest, &args.tag) {
        (Some(digest), _) => format!("with digest {digest}"),
        (None, Some(tag)) => format!("with tag {tag}"),
        (None, None) => "at all".to_owned(),
    };
    let mut text = format!("repository {repository} holds no image {what}\n");
    if args.only().is_some() {
        let registry = named.registry().map(|(account, _)| account);
        match images::of(repository, registry, None, context.clients).await {
            Ok((newest, _)) => {
                let _ = writeln!(text, "newest images of {repository}: {}", newest.len().min(3));
                newest.iter().take(3).for_each(|image| text.push_str(&line(image)));
            }
            Err(fault) => {
                let _ = writeln!(text, "the images that there are could not be listed: {fault}");
            }
        }
    }
    let facts = Images { repository: repository.clone(), asked: args.asked(), images: Vec::new() };
    Ok(Findings { found: false, facts: Facts::Images(facts), text })
}

/// `image: shop:git-1 pushed TIME digest sha256:… size 9231817 bytes architectures amd64, arm64 …`.
fn line(image: &Image) -> String {
    let names: Vec<String> = image.tags.iter().map(|tag| format!("{}:{tag}", image.repository)).collect();
    let name = if names.is_empty() { format!("{} (no tag)", image.repository) } else { names.join(", ") };
    let pushed = image.pushed.map_or("at an unknown time".to_owned(), |at| at.to_string());
    let mut line = format!("image: {name} pushed {pushed} digest {}", image.digest);
    if let Some(size) = image.size {
        let _ = write!(line, " size {size} bytes");
    }
    match image.architectures.is_empty() {
        true => line.push_str(" architectures not named by its manifest"),
        false => {
            let _ = write!(line, " architectures {}", image.architectures.join(", "));
        }
    }
    if let Some(pulled) = image.pulled {
        // ECR records a pull once a day.
        let _ = write!(line, " last pulled {}", pulled.strftime("%Y-%m-%d"));
    }
    line + "\n"
}
