//! Descriptions of machines: files, network links, control groups, and the output of `gscript probe`.

mod cgroup;
mod files;
mod net;
mod probe;
mod recorded;
mod rollback;
mod written;
