//! A case: one scenario, as it is or as a variant, ready to be played.

use std::sync::Arc;

use marple_world::{Files, Scenario, ScenarioError, Truth, World};

use crate::variants::{Variant, Varied, inject::Attack};

/// What is to be played: a scenario's files, and the variant to make of them.
#[derive(Debug, Clone)]
pub struct Source {
    /// The scenario's name.
    pub id: String,
    /// Its folder.
    pub files: Files,
    /// `None`: as it is.
    pub variant: Option<Variant>,
}

impl Source {
    /// The variant's name; `base` for the scenario as it is.
    pub fn variant_name(&self) -> &'static str {
        self.variant.map_or("base", Variant::name)
    }
}

/// A scenario or variant that can be played.
#[derive(Debug)]
pub struct Case {
    /// The scenario's title.
    pub title: String,
    /// What the variant changed, in words; empty for the scenario as it is.
    pub changed: String,
    /// Its world. Every run plays it from its beginning; what has been parsed is shared.
    pub world: World,
    /// What a right report says: any of these.
    pub accepted: Vec<Truth>,
    /// The instructions that were planted in it.
    pub attacks: Vec<Attack>,
}

/// A scenario that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Its files are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Files(Vec<ScenarioError>),
}

/// What became of a source.
#[derive(Debug)]
pub enum Prepared {
    /// It can be played.
    Ready(Box<Case>),
    /// This variant cannot be made of this scenario, and why.
    NotApplicable(String),
}

impl Case {
    /// Makes the variant and reads every file of its world.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn prepare(source: &Source) -> Result<Prepared, PrepareError> {
        let one = |error| PrepareError::Files(vec![error]);
        let base = Scenario::load(source.files.clone()).map_err(one)?;
        let varied = match source.variant {
            None => Varied {
                accepted: vec![base.truth.clone()],
                files: source.files.clone(),
                changed: String::new(),
                attacks: Vec::new(),
            },
            Some(variant) => match variant.make(&base).map_err(one)? {
                Ok(varied) => varied,
                Err(reason) => return Ok(Prepared::NotApplicable(reason.0)),
            },
        };
        let scenario = Scenario::load(varied.files.clone()).map_err(one)?;
        let title = scenario.title.clone();
        let world = World::new(Arc::new(scenario));
        world.check().map_err(PrepareError::Files)?;
        let Varied { accepted, changed, attacks, .. } = varied;
        Ok(Prepared::Ready(Box::new(Self { title, changed, world, accepted, attacks })))
    }
}
