//! Settings of an installed system that take effect: the tests in `tests/recipe/settings` run on
//! simulated machines.

use crate::support::dsl::Test;

#[test]
fn settings_are_made_where_they_take_effect() {
    let ran = Test::new(&["test", "@tests/recipe/settings"]).run();
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
}
