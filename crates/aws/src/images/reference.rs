//! A reference of an image as a task definition names it, taken apart. Pure.

/// `REGISTRY/REPOSITORY:TAG@DIGEST`; all but the repository may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The registry's host. `None`: none is named.
    pub host: Option<String>,
    /// The repository's name, which may have slashes in it.
    pub repository: String,
    /// Tag.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

impl Reference {
    /// Takes a reference apart.
    pub(crate) fn parse(image: &str) -> Self {
        let image = image.trim();
        let (named, digest) = match image.split_once('@') {
            Some((named, digest)) => (named, Some(digest.to_owned())),
            None => (image, None),
        };
        // A host has a dot or a port in it, or is localhost: `team/shop` is a repository.
        let is_host = |part: &&str| part.contains(['.', ':']) || *part == "localhost";
        let (host, path) = match named.split_once('/') {
            Some((host, path)) if is_host(&host) => (Some(host.to_owned()), path),
            _ => (None, named),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (path, None),
        };
        Self { host, repository: repository.to_owned(), tag, digest }
    }

    /// The account and region of a registry of ECR: `ACCOUNT.dkr.ecr.REGION.amazonaws.com`.
    pub(crate) fn registry(&self) -> Option<(&str, &str)> {
        let (account, rest) = self.host.as_deref()?.split_once(".dkr.ecr.")?;
        let region = rest.split('.').next().filter(|region| !region.is_empty())?;
        rest.contains(".amazonaws.com").then_some((account, region))
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    fn parts(image: &str) -> String {
        let read = Reference::parse(image);
        format!("{:?} {} {:?} {:?} {:?}", read.host, read.repository, read.tag, read.digest, read.registry())
    }

    #[test]
    fn a_reference_is_taken_apart_into_registry_repository_tag_and_digest() {
        let texts = [
            parts("111122223333.dkr.ecr.us-east-1.amazonaws.com/team/shop:1.2@sha256:ab"),
            parts("111122223333.dkr.ecr.us-east-1.amazonaws.com/shop"),
            parts("team/shop:1"),
            parts("localhost:5000/shop"),
            parts("public.ecr.aws/nginx/nginx:1.27"),
            parts(""),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r#"
        Some("111122223333.dkr.ecr.us-east-1.amazonaws.com") team/shop Some("1.2") Some("sha256:ab") Some(("111122223333", "us-east-1"))
        Some("111122223333.dkr.ecr.us-east-1.amazonaws.com") shop None None Some(("111122223333", "us-east-1"))
        None team/shop Some("1") None None
        Some("localhost:5000") shop None None None
        Some("public.ecr.aws") nginx/nginx Some("1.27") None None
        None  None None None
        "#);
    }
}
