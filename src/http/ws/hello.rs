//! The first frame of a socket: who it is, and its seat.

use super::close::{End, NO_HELLO, NOT_OURS, TOKEN};
use super::frames::{ClientFrame, cursor};
use super::inbound::{Heard, Inbound};
use super::outbound::Outbound;
use crate::domain::access::SignedIn;
use crate::fanout::{Joined, Refused};
use crate::flows::{FlowError, authenticate, follow_log};
use crate::http::AppState;
use actix_web::ResponseError as _;
use actix_web::http::StatusCode;
use bytestring::ByteString;
use std::net::IpAddr;
use std::time::Duration;

/// A panel over its member's limit waits so long, unless somebody looks at it earlier.
const PANELS_RETRY_MS: u32 = 30_000;
/// An address with too many wrong tokens waits until they are forgotten.
const TOKENS_RETRY_MS: u32 = 60_000;
/// Panels that come while the service stops or cannot look are spread over this time.
const RETURN_SPREAD_MS: u32 = 10_000;

/// A panel that said who it is.
pub struct Welcomed {
    /// Who.
    pub who: SignedIn,
    /// The token it said it with.
    pub token: String,
    /// Its place in the hub.
    pub joined: Joined,
}

/// Waits for the first frame and seats the panel.
///
/// Fails with how the socket has to end, or with nothing when the peer has gone.
pub async fn hello(
    state: &AppState,
    address: IpAddr,
    inbound: &mut Inbound,
    outbound: &Outbound,
) -> Result<Welcomed, Option<End>> {
    let patience = Duration::from_secs(state.limits.hello_timeout_s);
    let text = match tokio::time::timeout(patience, first_text(inbound, outbound)).await {
        Err(_) => return Err(Some(End::of_code(NO_HELLO))),
        Ok(first) => first?,
    };
    let Ok(ClientFrame::Hello { token, after }) = serde_json::from_str(&text) else {
        return Err(Some(End::of_code(NOT_OURS)));
    };
    let found = sign_in(state, address, &token).await?;
    let after = cursor(after.as_deref());
    // It may have been told more elsewhere than this node has read so far.
    let position = state.ctx.fanout.position().id;
    if after.is_some_and(|after| after.id > position)
        && let Err(error) = follow_log::catch_up(&state.ctx).await
    {
        log::warn!("the log cannot be read: {error}");
    }
    let member = &found.who.member_id;
    let joined = state
        .ctx
        .fanout
        .join(member, &found.token, found.expires_at, found.choice, after);
    match joined {
        Ok(joined) => {
            let who = found.who;
            Ok(Welcomed { who, token, joined })
        }
        Err(Refused::TokenEnded) => Err(Some(End::of_code(TOKEN))),
        Err(Refused::TooManyPanels) => Err(Some(End::too_many(PANELS_RETRY_MS))),
        Err(Refused::Stopping) => Err(Some(come_back(state))),
    }
}

/// Reads the token of a hello; only wrong ones count against their address.
async fn sign_in(
    state: &AppState,
    address: IpAddr,
    token: &str,
) -> Result<authenticate::PanelSignIn, Option<End>> {
    match authenticate::panel(&state.ctx, token).await {
        Ok(found) => Ok(found),
        Err(FlowError::TokenInvalid) => {
            let refusal = state.refused(address, FlowError::TokenInvalid);
            Err(Some(match refusal.status_code() {
                StatusCode::TOO_MANY_REQUESTS => End::too_many(TOKENS_RETRY_MS),
                _ => End::of_code(TOKEN),
            }))
        }
        Err(_) => Err(Some(come_back(state))),
    }
}

/// Not now: each panel gets a time of its own to come back.
fn come_back(state: &AppState) -> End {
    let mut chance = [0; 4];
    state.ctx.entropy.fill(&mut chance);
    End::restarting(u32::from_le_bytes(chance) % RETURN_SPREAD_MS)
}

async fn first_text(inbound: &mut Inbound, outbound: &Outbound) -> Result<ByteString, Option<End>> {
    loop {
        match inbound.next().await? {
            Heard::Text(text) => return Ok(text),
            Heard::Ping(bytes) => outbound.pong(bytes).map_err(|_| None)?,
            Heard::Pong => {}
            Heard::Binary => return Err(Some(End::of_code(NOT_OURS))),
            Heard::Close(code) => return Err(Some(End::goodbye(code))),
        }
    }
}
