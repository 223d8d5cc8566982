//! `GET /v1/socket`: upgrade, origin, and then one task per panel.

mod close;
mod frames;
mod hello;
mod inbound;
mod outbound;
mod rate;
mod socket;

pub use frames::ClientFrame;
pub use outbound::PIECE;

use super::AppState;
use super::problem::ApiError;
use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use inbound::Inbound;
use rate::FrameRate;
use std::sync::atomic::Ordering;

/// The subprotocol of this wire.
pub const PROTOCOL: &str = "riverline.v1";

/// Upgrades to a WebSocket; who it is, its first frame says.
pub async fn open_socket(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    check_origin(&state, &request)?;
    check_protocol(&request)?;
    let handshake = Handshake::begin(state)?;
    // The handshake is that of actix; frames are read and written here (see `inbound`).
    let nothing = web::Payload::from_request(&request, &mut Payload::None).await?;
    let (response, _, _) = actix_ws::handle_with_protocols(&request, nothing, &[PROTOCOL])?;
    let address = super::auth::address(&handshake.state, &request);
    let limits = &handshake.state.limits;
    let rate = FrameRate::new(limits.frames_per_10s);
    let inbound = Inbound::new(body.into_inner(), limits.hello_frame_bytes, rate);
    let (outbound, body) = outbound::line();
    actix_web::rt::spawn(socket::serve(handshake, address, inbound, outbound));
    Ok(response.set_body(BoxBody::new(body)))
}

/// Browsers send where the page came from; programs that send none are no browser's victim.
fn check_origin(state: &AppState, request: &HttpRequest) -> Result<(), ApiError> {
    let Some(origin) = request.headers().get(ORIGIN) else {
        return Ok(());
    };
    let known = origin
        .to_str()
        .is_ok_and(|origin| state.origins.iter().any(|one| one == origin));
    if known {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        "This page's origin is not in `sugar.origins` of the service's configuration.",
    ))
}

fn check_protocol(request: &HttpRequest) -> Result<(), ApiError> {
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let mut names = offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','));
    if names.any(|name| name.trim() == PROTOCOL) {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "Offer the WebSocket subprotocol `riverline.v1`.",
    ))
}

/// One of the sockets that have not said who they are; their number is bounded.
struct Handshake {
    state: web::Data<AppState>,
}

impl Handshake {
    fn begin(state: web::Data<AppState>) -> Result<Self, ApiError> {
        let open = state.open_handshakes.fetch_add(1, Ordering::Relaxed);
        let handshake = Self { state };
        if open >= handshake.state.limits.open_handshakes {
            let words = "Too many panels are connecting. Try again in a moment.";
            return Err(ApiError::later(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                words,
                1,
            ));
        }
        Ok(handshake)
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.state.open_handshakes.fetch_sub(1, Ordering::Relaxed);
    }
}
