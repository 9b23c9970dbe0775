//! Descriptions of machines: files, network links, and what `gscript probe` shows.

mod files;
mod net;
mod probe;
