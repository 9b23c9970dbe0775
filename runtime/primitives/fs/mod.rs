//! Filesystems and swap areas.

mod check;
mod image;
mod make;
mod query;
mod rule;
mod swap_file;

pub use check::Check;
pub use image::Image;
pub use make::{Make, Swap};
pub use query::{LabelOf, Uuid};
pub use swap_file::{SwapFile, has_swap_signature};
