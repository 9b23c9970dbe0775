//! The command line, apart from what recipes do.

mod commands;
