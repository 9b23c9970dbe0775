//! The command line, apart from what recipes do.

mod answers;
mod commands;
mod static_binary;
