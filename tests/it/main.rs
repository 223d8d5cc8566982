//! The journeys over the public doors: the real binary, a stand-in Sugar under real PHP, sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod assertion;
mod authorization;
mod bad_input;
mod carriers;
mod chat;
mod checkup;
mod cli;
mod consent;
mod crm;
mod durability;
mod faults;
mod gateway_check;
mod inbound_size;
mod integrators;
mod kannel;
mod layers;
mod linking;
mod log_model;
mod login;
mod notes;
mod openapi;
mod pace;
mod permission;
mod phone_report;
mod phones;
mod presence;
mod quiet_hours;
mod receiving;
mod sending;
mod settings;
mod sign_in;
mod sms;
mod socket;
mod socket_abuse;
mod socket_ends;
mod stopping;
mod store;
mod support;
mod texting;
mod twilio;
