//! Descriptions of machines: files, network links, and the output of `gscript probe`.

mod files;
mod net;
mod probe;
mod recorded;
mod written;
