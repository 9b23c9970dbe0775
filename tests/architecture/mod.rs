//! Rules for the source code and the tests as a whole.

mod advice;
mod english;
mod lab_cases;
mod rooms;
mod sizes;
