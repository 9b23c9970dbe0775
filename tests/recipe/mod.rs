//! Recipes: bundled ones, their tests and mistakes, and their fidelity to the guide.

mod authors;
mod bundled;
mod check;
mod choices;
mod collections;
mod fidelity;
mod forks;
mod gentoo;
mod guide;
mod layouts;
mod preflight;
mod rescue;
mod settings;
