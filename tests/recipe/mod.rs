//! Recipes: bundled ones, their tests and mistakes, and what they keep of the guide.

mod authors;
mod bundled;
mod check;
mod fidelity;
mod gentoo;
mod guide;
mod layouts;
