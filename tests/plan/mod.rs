//! Plans of recipes, as they are shown.

mod pictures;
mod plans;
