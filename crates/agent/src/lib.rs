//! The investigation: what to do next (pure), doing it (thin), and checking what a model claims (code).
pub mod ports;
