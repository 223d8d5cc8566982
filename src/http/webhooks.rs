//! Carriers' calls: raw bytes, untouched, to the gateway that can verify them.

use super::AppState;
use super::problem::ApiError;
use crate::flows::{Callback, receive_sms};
use actix_web::{HttpResponse, web};

/// A text arrived. 2xx only after it is stored.
pub async fn inbound(
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let (gateway, secret) = path.into_inner();
    let call = Callback {
        secret,
        message_id: None,
        body: body.to_vec(),
    };
    receive_sms::receive(&state.ctx, &gateway, &call).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A text of ours moved on.
pub async fn status(
    state: web::Data<AppState>,
    path: web::Path<(String, String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let (gateway, secret, message_id) = path.into_inner();
    let call = Callback {
        secret,
        message_id: Some(message_id),
        body: body.to_vec(),
    };
    receive_sms::receive(&state.ctx, &gateway, &call).await?;
    Ok(HttpResponse::NoContent().finish())
}
