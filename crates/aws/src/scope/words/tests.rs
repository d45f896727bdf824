use super::fitting;

const NAMES: [&str; 6] =
    ["shop-checkout", "shop-search", "orderExport", "acme-billing-api", "acme-billing-worker", "acme-mail"];

fn meant(text: &str) -> Vec<&'static str> {
    fitting(text, NAMES.into_iter())
}

#[test]
fn a_word_of_a_name_is_enough_where_few_names_hold_it() {
    assert_eq!(meant("Checkout has been slow since lunch"), ["shop-checkout"]);
    assert_eq!(meant("why do the order exports fail?"), ["orderExport"]);
    assert_eq!(meant("acme mail is late"), ["acme-mail"], "the rarer word decides");
    assert_eq!(meant("billing is down"), ["acme-billing-api", "acme-billing-worker"]);
}

#[test]
fn words_that_say_nothing_lead_nowhere() {
    assert!(meant("what is wrong?").is_empty());
    assert!(meant("the api service has errors").is_empty());
    assert!(meant("the checkoutless cart").is_empty(), "another word");
    let many = ["eu-shop-a", "eu-shop-b", "eu-shop-c", "eu-shop-d"];
    assert!(fitting("the shop is slow", many.into_iter()).is_empty(), "four fit equally well");
}
