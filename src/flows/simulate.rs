//! The simulator's page: the contact's phone.

use super::{Ctx, FlowError};
use crate::gateways::sms::simulator::{Behaviour, PhoneText, Simulator};
use std::sync::Arc;

fn simulator(ctx: &Ctx) -> Result<Arc<Simulator>, FlowError> {
    let first = ctx.carriers().simulators.first().cloned();
    first.ok_or(FlowError::GatewayNotFound)
}

/// What the phone shows, oldest first.
pub fn texts(ctx: &Ctx) -> Result<Vec<PhoneText>, FlowError> {
    Ok(simulator(ctx)?.texts())
}

/// The phone texts one of our numbers.
pub fn text_from_phone(
    ctx: &Ctx,
    from: &str,
    to: &str,
    text: &str,
    pictures: Vec<String>,
) -> Result<String, FlowError> {
    simulator(ctx)?
        .text_from_phone(from, to, text, pictures)
        .map_err(|error| FlowError::NoUsableNumber(format!("`from`: {error}.")))
}

/// How texts to the phone are treated.
pub fn behaviour(ctx: &Ctx) -> Result<Behaviour, FlowError> {
    Ok(simulator(ctx)?.behaviour())
}

/// Changes how texts to the phone are treated.
pub fn behave(ctx: &Ctx, behaviour: Behaviour) -> Result<(), FlowError> {
    simulator(ctx)?.behave(behaviour);
    Ok(())
}
