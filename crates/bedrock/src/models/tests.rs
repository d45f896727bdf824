#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;

fn embedded(id: &str) -> Family {
    Table::embedded().family(id)
}

#[test]
fn the_table_is_readable_and_profiles_find_their_family() {
    assert!(EMBEDDED.len() > 15);
    assert_eq!(embedded("us.anthropic.claude-sonnet-4-5-20250929-v1:0").output_limit, 64_000);
    let arn = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/global.anthropic.claude-opus-4-5-20251101-v1:0";
    assert_eq!(embedded(arn), embedded("anthropic.claude-opus-4-5-20251101-v1:0"));
    assert_eq!(embedded("anthropic.claude-3-haiku-20240307-v1:0").max_output_tokens, 4096);
}

#[test]
fn an_unknown_model_has_safe_defaults_and_an_unknown_price() {
    let unknown = Family { max_output_tokens: 4096, output_limit: 4096, ..Family::default() };
    assert_eq!(embedded("some.new-model-v9"), unknown);
    assert_eq!(embedded("us.anthropic.claude-opus-5-9").price, None, "a later model is not priced as an earlier one");
}

#[test]
fn a_users_file_wins_field_by_field() {
    let mine = "[[family]]\nid = \"claude-sonnet-4-5\"\nprice = { input = 2.5, output = 12.5 }\n";
    let table = Table::embedded().with("mine.toml", mine).unwrap();
    let id = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let (before, after) = (embedded(id), table.family(id));
    assert_ne!(after.price, before.price);
    assert_eq!(Family { price: before.price, ..after }, before);
}

#[test]
fn a_users_mistake_is_found_on_its_line() {
    let said = |text: &str| Table::embedded().with("mine.toml", text).unwrap_err().to_string();
    insta::assert_snapshot!(said("[[family]]\nid = \"x\"\nprize = 1\n"), @"mine.toml:3: unknown field `prize`, expected one of `id`, `context_window`, `max_output_tokens`, `output_limit`, `cache`, `any_tool_choice`, `thinking`, `price`");
    insta::assert_snapshot!(said("\n[[family]]\nid = \"x\"\nprice = { input = -1.0, output = 1.0 }\n"), @"mine.toml:2: x: price.input has to be a number of US dollars from 0");
    insta::assert_snapshot!(said("[[family]]\nmax_output_tokens = 8\n"), @"mine.toml:1: missing field `id`");
    insta::assert_snapshot!(said("[[family]]\nid = \"x\"\noutput_limit = 0\n"), @"mine.toml:1: x: a limit of 0 tokens");
    insta::assert_snapshot!(said("[[family]\n"), @"mine.toml:1: unclosed array table, expected `]`");
}
