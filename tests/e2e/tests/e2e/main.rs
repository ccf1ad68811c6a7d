//! The built Worker in workerd, over HTTP.

mod bodies;
mod cors;
mod deadlines;
mod faults;
mod identity;
mod log;
mod privacy;
mod process;
mod sdk;
mod statuses;
mod tokens;
mod verified;
