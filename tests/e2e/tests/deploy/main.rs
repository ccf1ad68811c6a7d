//! Deploying: what `wrangler.toml` says of each environment, and what wrangler would upload.

mod environments;
mod project;
mod uploads;
mod workflows;
