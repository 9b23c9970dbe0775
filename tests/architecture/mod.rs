//! Rules for the source code and the tests as a whole.

mod english;
mod lab_cases;
mod rooms;
