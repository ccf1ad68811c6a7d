//! The built Worker in workerd, over HTTP.

mod bodies;
mod connections;
mod cors;
mod deadlines;
mod doctor;
mod examples;
mod faults;
mod health;
mod identity;
mod integrations;
mod live_session;
mod log;
mod notes;
mod observability;
mod outgoing;
mod privacy;
mod process;
mod rate_limits;
mod sdk;
mod secrets;
mod statuses;
mod tokens;
mod transport;
mod verified;
