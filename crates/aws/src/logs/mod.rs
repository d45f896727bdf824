//! What code reads in log events.
//!
//! - [`read`]: the events of a span, with caps that are said; the one part that does I/O;
//! - [`blocks`]: events that belong together: the lines of one stack trace;
//! - [`platform`]: Lambda's own lines, and the invocations that they tell of;
//! - [`exceptions`]: exceptions with their stack traces, in the forms of each runtime;
//! - [`templates`]: what the lines have in common, window against baseline;
//! - [`fields`]: what fields of structured lines hold, window against baseline.

pub(crate) mod blocks;
pub(crate) mod exceptions;
pub(crate) mod fields;
pub(crate) mod platform;
pub(crate) mod read;
pub(crate) mod templates;
