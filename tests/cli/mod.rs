//! The command line, apart from what recipes do.

mod answers;
mod commands;
mod info;
mod static_binary;
