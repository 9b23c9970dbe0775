//! What holds for the source and the tests as a whole.

mod lab_cases;
mod rooms;
