//! What holds for the source as a whole.

mod rooms;
