use super::*;

#[test]
fn a_japanese_tag_of_any_region_gives_japanese_and_all_else_english() {
    assert_eq!(["ja", "ja-JP", "JA_jp"].map(|tag| Words::of(tag).fault), [ja::WORDS.fault; 3]);
    assert_eq!(["en", "", "jam", "de-DE"].map(|tag| Words::of(tag).fault), [en::WORDS.fault; 4]);
}

#[test]
fn a_value_with_braces_of_its_own_takes_no_other_values_place() {
    assert_eq!(fill("{}: {}.", &["a{}", "b"]), "a{}: b.");
    assert_eq!(fill("{} and {}", &["a"]), "a and ");
}

#[test]
fn one_and_many_are_worded_apart() {
    assert_eq!([0, 1, 1200].map(|number| en::WORDS.lines.of(number)), ["0 lines", "1 line", "1,200 lines"]);
}
