#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::ask;

#[test]
fn a_person_chooses_by_number_or_name_and_is_asked_again_otherwise() {
    let names = ["production".to_owned(), "staging".to_owned()];
    let said = |words: &str| {
        let (mut words, mut asked) = (words.as_bytes(), Vec::new());
        let name = ask(&names, &mut words, &mut asked).unwrap();
        (name, String::from_utf8(asked).unwrap().matches("> ").count())
    };
    assert_eq!(said("2\n"), (Some("staging".to_owned()), 1));
    assert_eq!(said("0\n3\nprod\nproduction\n"), (Some("production".to_owned()), 4));
    assert_eq!(said("x\n"), (None, 2));
}
