//! What a panel presents to act as its user: his Sugar token, or what Sugar asserts of him.

use super::{Ctx, FlowError};
use crate::domain::assertion::{AssertionError, PREFIX, Statement};
use crate::gateways::crm::{SugarToken, UserProof};
use crate::store::used_assertions;
use secrecy::SecretString;

/// Which proof is taken.
pub enum ProofRule {
    /// The user's Sugar token.
    Token,
    /// An assertion, signed with this key.
    Assertion(SecretString),
}

/// Takes what was presented; an assertion is checked and used up.
pub async fn prove(ctx: &Ctx, presented: &str) -> Result<UserProof, FlowError> {
    let ProofRule::Assertion(key) = &ctx.proof_rule else {
        // Not for Sugar to see: it would only say that this is no token.
        if presented.starts_with(PREFIX) {
            return Err(FlowError::TokenNeeded);
        }
        return Ok(UserProof::Token(SugarToken::new(presented)));
    };
    let audience = ctx.public_address();
    let statement =
        Statement::read(presented, key, audience, ctx.clock.now()).inspect_err(|error| {
            log::warn!("{error} (this service is {audience}; compare Sugar's clock with ours)");
        })?;
    let (jti, ends_at) = (statement.jti.clone(), statement.ends_at);
    let taken = ctx
        .store
        .write(move |tx| Ok::<_, FlowError>(used_assertions::take(tx.conn()?, &jti, ends_at)?))
        .await;
    if taken?.value {
        Ok(UserProof::Statement(Box::new(statement)))
    } else {
        Err(AssertionError::Used.into())
    }
}
