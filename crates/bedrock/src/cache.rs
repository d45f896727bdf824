//! Cache points: where they stand, and how long what is before them is kept.
//!
//! ```text
//! tools ● 1h   system ● 1h   user  assistant  user ● 5m   assistant  user ● 5m
//!                                             └ the last message of the turn before: it is read from the cache
//!                                                                     └ the last message: it is written for the turn after
//! ```
//! Rules of the service (<https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>): 4 points in a request at most;
//! a longer ttl never stands behind a shorter one; tools, then system, then messages. The point of the turn before is needed because
//! the service looks back only some 20 blocks from a point, and a turn may bring more results than that.

use aws_sdk_bedrockruntime::{
    error::BuildError,
    types::{CachePointBlock, CachePointType, CacheTtl, ContentBlock, Message},
};

use crate::{
    models::{CachePlaces, Family},
    options::Cache,
};

/// The cache points of a model's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CachePoints {
    places: CachePlaces,
    long: bool,
}

impl CachePoints {
    /// Those that the family takes and the user wants; `None`: none.
    pub(crate) fn new(family: &Family, wanted: Cache) -> Option<Self> {
        let places = family.cache.filter(|_| wanted != Cache::Off)?;
        Some(Self { places, long: places.long && wanted == Cache::Auto })
    }

    /// The point after the tools.
    pub(crate) fn after_tools(self) -> Result<Option<CachePointBlock>, BuildError> {
        if self.places.tools { self.lasting().map(Some) } else { Ok(None) }
    }

    /// The point after the system prompt.
    pub(crate) fn after_system(self) -> Result<CachePointBlock, BuildError> {
        self.lasting()
    }

    /// Puts the two points that move with the conversation.
    pub(crate) fn mark(self, messages: &mut [Message]) -> Result<(), BuildError> {
        let takes =
            |message: &Message| self.places.results || !message.content.iter().any(ContentBlock::is_tool_result);
        // The last message is the user's, and so was that of the turn before: its answer stands between them.
        for message in messages.iter_mut().rev().step_by(2).filter(|message| takes(message)).take(2) {
            message.content.push(ContentBlock::CachePoint(point().build()?));
        }
        Ok(())
    }

    fn lasting(self) -> Result<CachePointBlock, BuildError> {
        point().set_ttl(self.long.then_some(CacheTtl::OneHour)).build()
    }
}

/// Without a ttl, a point has the service's default of five minutes; some families know no other.
fn point() -> aws_sdk_bedrockruntime::types::builders::CachePointBlockBuilder {
    CachePointBlock::builder().r#type(CachePointType::Default)
}
