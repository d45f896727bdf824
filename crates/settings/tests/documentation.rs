//! The example of docs/configuration.md is a file that can be used, and shows every key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use marple_settings::{Choice, Settings, Subject};

const PAGE: &str = include_str!("../../../docs/configuration.md");

fn example() -> &'static str {
    PAGE.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0
}

#[test]
fn the_example_can_be_used_and_means_what_the_page_says() {
    let settings = Settings::parse(example(), Path::new("marple.toml")).unwrap();
    assert_eq!(settings.names(), ["production", "staging"]);
    let production = settings.values(Some("production"));
    assert_eq!(production.role.unwrap().account(), Some("111122223333"));
    assert_eq!(production.models.unwrap().len(), 2);
    assert_eq!(production.budget.time.unwrap().0.as_secs(), 600);
    assert_eq!(production.budget.turns.unwrap().get(), 10);
    assert_eq!(settings.choice(Subject::Unnamed), Choice::One("staging".to_owned()));
    assert_eq!(settings.choice(Subject::Alarm("prod-orders-errors")), Choice::One("production".to_owned()));
}

#[test]
fn every_key_that_a_file_may_have_is_in_the_example() {
    let said = Settings::parse("nothing = 1", Path::new("marple.toml")).unwrap_err().to_string();
    let of_environment =
        Settings::parse("[environments.a]\nnothing = 1", Path::new("marple.toml")).unwrap_err().to_string();
    let of_budget = Settings::parse("[budget]\nnothing = 1", Path::new("marple.toml")).unwrap_err().to_string();
    let all = format!("{said} {of_environment} {of_budget}");
    let keys = all.split('`').skip(1).step_by(2).filter(|key| *key != "nothing");
    let missing: Vec<&str> = keys.filter(|key| !example().contains(*key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
