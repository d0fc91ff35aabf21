//! What the example says of a million clients is the same in each run, and on the page.

#[allow(dead_code)]
#[path = "../examples/million.rs"]
mod million;

#[test]
fn a_million() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("million", million::report(1_000_000, 1_000, 1));
    });
}
