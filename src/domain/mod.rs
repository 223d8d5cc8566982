//! Pure rules: no I/O, no clock reads, no randomness of its own.

pub mod access;
pub mod assertion;
pub mod back_off;
pub mod caps;
pub mod clock;
pub mod consent;
pub mod conversation;
pub mod country;
pub mod event;
pub mod habits;
pub mod held_call;
pub mod ids;
pub mod member;
pub mod message;
pub mod phone;
pub mod picture;
pub mod place;
pub mod presence;
pub mod quiet_hours;
pub mod record;
pub mod sealing;
pub mod segments;
pub mod sms_session;
pub mod token;
pub mod transcript;
