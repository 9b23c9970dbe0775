//! The command line, apart from what recipes do.

mod commands;
mod static_binary;
