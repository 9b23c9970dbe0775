//! Descriptions of machines: files, and what `gscript probe` shows.

mod files;
mod probe;
