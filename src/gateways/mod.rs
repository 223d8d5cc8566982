//! Other people's systems, each behind a trait in our words.

pub mod crm;
pub mod sms;
pub mod web;
