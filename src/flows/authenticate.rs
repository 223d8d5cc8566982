//! Who presents a token or a key.

use super::{Ctx, FlowError};
use crate::domain::access::{Actor, SignedIn};
use crate::domain::clock::Timestamp;
use crate::domain::presence::Choice;
use crate::domain::token::{KEY_PREFIX, PANEL_PREFIX, TokenHash};
use crate::store::{api_keys, sign_ins};

/// How exactly the last use of a key is kept, in milliseconds.
const LAST_USED_GRAIN_MS: i64 = 60_000;

/// The actor behind a bearer token.
pub async fn authenticate(ctx: &Ctx, bearer: &str) -> Result<Actor, FlowError> {
    let hash = TokenHash::of(bearer);
    let now = ctx.clock.now();
    if bearer.starts_with(PANEL_PREFIX) {
        let found = ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(sign_ins::find(conn, &hash, now)?))
            .await?
            .ok_or(FlowError::TokenInvalid)?;
        return Ok(Actor::Member(SignedIn {
            member_id: found.member_id,
            admin: found.admin,
        }));
    }
    if bearer.starts_with(KEY_PREFIX) {
        let (key, used) = ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(api_keys::find(conn, &hash)?))
            .await?
            .ok_or(FlowError::TokenInvalid)?;
        if used.is_none_or(|used| used.plus_ms(LAST_USED_GRAIN_MS) < now) {
            let id = key.id.clone();
            ctx.store
                .write(move |tx| {
                    let now = tx.now;
                    Ok::<_, FlowError>(api_keys::used(tx.conn()?, &id, now)?)
                })
                .await?;
        }
        return Ok(Actor::Key(key));
    }
    Err(FlowError::TokenInvalid)
}

/// What a socket needs to know of the token in its first frame.
#[derive(Debug, Clone)]
pub struct PanelSignIn {
    /// Who.
    pub who: SignedIn,
    /// The token, hashed.
    pub token: TokenHash,
    /// When it ends unless renewed.
    pub expires_at: Timestamp,
    /// What the member chose to show.
    pub choice: Choice,
}

/// Reads the token of a panel's hello: one indexed read.
pub async fn panel(ctx: &Ctx, token: &str) -> Result<PanelSignIn, FlowError> {
    let hash = TokenHash::of(token);
    let now = ctx.clock.now();
    let lookup = hash.clone();
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(sign_ins::find_panel(conn, &lookup, now)?))
        .await?;
    let (found, choice) = found.ok_or(FlowError::TokenInvalid)?;
    Ok(PanelSignIn {
        who: SignedIn {
            member_id: found.member_id,
            admin: found.admin,
        },
        token: hash,
        expires_at: found.expires_at,
        choice,
    })
}
