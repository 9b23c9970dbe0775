//! The recipes that are part of the program.

use crate::recipe::Recipe;
use crate::script::Language;

/// A shipped recipe.
pub struct Shipped {
    /// `encrypted-root.rhai`
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All of them.
pub const RECIPES: &[Shipped] = &[Shipped {
    name: "encrypted-root.rhai",
    text: include_str!("../recipes/encrypted-root.rhai"),
}];

impl Shipped {
    /// The first heading of the guide.
    pub fn title(&self) -> String {
        let language = Language::of(self.name.as_ref()).unwrap_or(Language::Rhai);
        Recipe::parse(self.name, language, self.text.to_owned())
            .map(|recipe| recipe.front.title)
            .unwrap_or_default()
    }
}
