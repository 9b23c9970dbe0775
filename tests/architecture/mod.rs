//! What holds for the source and the tests as a whole.

mod english;
mod lab_cases;
mod rooms;
