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
}
