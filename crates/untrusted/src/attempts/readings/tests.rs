use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_line_that_is_not_decoded_says_what_it_says(
        line in "([a-zA-Z0-9 ]{0,6}|[%&\\\\;#ux]{1,2}|[0-9a-fA-F]{2}|[A-Za-z0-9+/_-]{20,40}|lt;|amp;|…|→|é|е|\u{301}|\u{200b}|\u{e0041}|ｉ|𝐢|Ⓐ|\u{8}|\t){0,12}"
    ) {
        if !is_veiled(&line) {
            prop_assert_eq!(&decoded(&line), &line);
            prop_assert_eq!(&folded(&line), &line);
        }
    }
    #[test]
    fn no_run_that_could_be_packed_is_missed(text in "([a-z0-9]{1,30}|[A-Z]{1,3}|[+/_-]| |é|=){0,20}") {
        let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/-_".contains(c)));
        let is_packed = |run: &&str| {
            run.len() >= SHORTEST && run.contains(|c: char| c.is_ascii_lowercase()) && run.contains(|c: char| c.is_ascii_uppercase())
        };
        let expected: Vec<&str> = runs.filter(is_packed).collect();
        prop_assert_eq!(packed(&text).collect::<Vec<_>>(), expected);
    }
}
