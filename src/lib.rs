//! Riverline: live chat and texting for SugarCRM.
//!
//! Read it from top to bottom: `cli` takes the command, `config` the settings, `app` puts the
//! service together, `server` listens. The journeys are in [`flows`], one file each; their rules
//! in [`domain`]; [`http`] brings the wire to a journey and back; [`store`], [`gateways`] and
//! [`fanout`] are what journeys reach out to; [`jobs`] run them from the outbox and by time.
//!
//! Allowed arrows (`tests/it/layers.rs` fails on any other): http -> flows, domain; http/ws ->
//! also fanout; jobs -> flows, store; flows -> domain, store, gateways, fanout; store, gateways,
//! fanout -> domain; all -> config, telemetry; app, server, cli -> all.

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod fanout;
pub mod flows;
pub mod gateways;
pub mod http;
pub mod jobs;
pub mod package;
pub mod server;
pub mod store;
pub mod telemetry;
