//! Variants of a scenario, made from its files before anything is parsed.
