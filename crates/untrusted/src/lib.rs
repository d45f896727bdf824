//! Text that strangers wrote: log lines, names, descriptions, tags, comments. It is data, whatever it says.
//!
//! | module | what it does |
//! |---|---|
//! | [`hidden`] | which characters act on a terminal, on the eye or on a model instead of being seen |
//! | [`enclosure`] | an element around a text that the text cannot end |
//! | [`attempts`] | finds words that try to instruct the investigator, so that the attempt itself is reported |
//!
//! Nothing here makes a text safe to *obey*, and nothing depends on an attempt being found: what keeps an investigation on its course is that
//! tools only read, that claims are checked, and that the model is told what is data. A found attempt is a finding for a person.
//!
//! What must not be here: I/O, anything of AWS, anything that changes the record. Evidence stays as it was taken.

pub mod attempts;
pub mod enclosure;
pub mod hidden;
