//! The wire: REST and WebSocket to a journey and back.

pub mod admin;
pub mod auth;
pub mod consents;
pub mod conversations;
pub mod health;
pub mod members;
pub mod openapi;
pub mod ops;
pub mod pictures;
pub mod problem;
mod quarantine;
mod settings;
pub mod sign_in;
pub mod simulator;
pub mod sms_sessions;
pub mod state;
pub mod texts;
mod throttle;
pub mod webhooks;
pub mod ws;

use crate::config::{Config, Limits};
use crate::flows::Ctx;
use actix_web::web::{self, ServiceConfig};
use problem::{ApiError, method_not_allowed, not_found};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use throttle::Throttle;

/// What every handler shares.
pub struct AppState {
    /// Everything the journeys need.
    pub ctx: Arc<Ctx>,
    /// What one browser or everybody may ask.
    pub limits: Limits,
    /// Pages that may talk to the service.
    pub origins: Vec<String>,
    /// A proxy in front tells the client's address.
    pub behind_proxy: bool,
    /// Sockets that have not said who they are.
    pub open_handshakes: AtomicUsize,
    checkups: health::Checkups,
    failed_tokens: Throttle,
}

impl AppState {
    /// Shares the journeys with the handlers.
    pub fn new(ctx: Arc<Ctx>, config: &Config) -> Self {
        Self {
            ctx,
            limits: config.limits.clone(),
            origins: config.allowed_origins(),
            behind_proxy: config.listen.behind_proxy,
            open_handshakes: AtomicUsize::new(0),
            checkups: health::Checkups::new(config),
            failed_tokens: Throttle::new(config.limits.failed_tokens_per_minute),
        }
    }
}

fn resource(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(method_not_allowed))
}

/// The route table of the public listener.
pub fn public_routes(config: &mut ServiceConfig) {
    config
        // panels and integrators
        .service(
            resource("/v1/sign-in")
                .route(web::post().to(sign_in::create_sign_in))
                .route(web::put().to(sign_in::renew_sign_in))
                .route(web::delete().to(sign_in::delete_sign_in)),
        )
        .service(resource("/v1/state").route(web::get().to(state::get_state)))
        .service(resource("/v1/members").route(web::get().to(members::list_members)))
        .service(resource("/v1/presence").route(web::get().to(members::list_presence)))
        .service(resource("/v1/me/presence").route(web::put().to(members::put_presence)))
        .service(resource("/v1/numbers").route(web::get().to(members::list_numbers)))
        .service(resource("/v1/chats").route(web::post().to(conversations::open_chat)))
        .service(
            resource("/v1/conversations").route(web::get().to(conversations::list_conversations)),
        )
        .service(
            resource("/v1/conversations/{id}")
                .route(web::get().to(conversations::get_conversation)),
        )
        .service(
            resource("/v1/conversations/{id}/messages")
                .route(web::get().to(conversations::list_messages))
                .route(web::post().to(conversations::send_message)),
        )
        .service(
            resource("/v1/conversations/{id}/messages/{message_id}/pictures/{picture_id}")
                .route(web::get().to(pictures::get_picture)),
        )
        .service(
            resource("/v1/conversations/{id}/messages/{message_id}/pictures/{picture_id}/fetch")
                .route(web::post().to(pictures::fetch_picture)),
        )
        .service(
            resource("/v1/conversations/{id}/read").route(web::put().to(conversations::mark_read)),
        )
        .service(resource("/v1/sms-sessions").route(web::post().to(sms_sessions::open_session)))
        .service(
            resource("/v1/sms-sessions/{id}/candidates")
                .route(web::get().to(sms_sessions::list_candidates)),
        )
        .service(
            resource("/v1/sms-sessions/{id}/link")
                .route(web::post().to(sms_sessions::link_session)),
        )
        .service(
            resource("/v1/sms-sessions/{id}/close")
                .route(web::post().to(sms_sessions::close_session)),
        )
        .service(
            resource("/v1/sms-sessions/{id}/claim")
                .route(web::post().to(sms_sessions::claim_session)),
        )
        .service(
            resource("/v1/sms-sessions/{id}/transfer")
                .route(web::post().to(sms_sessions::transfer_session)),
        )
        .service(
            resource("/v1/conversations/{id}/messages/{message_id}/resend")
                .route(web::post().to(texts::resend_text)),
        )
        .service(
            resource("/v1/conversations/{id}/messages/{message_id}/cancel")
                .route(web::post().to(texts::cancel_text)),
        )
        .service(
            resource("/v1/consents")
                .route(web::get().to(consents::list_consents))
                .route(web::post().to(consents::write_consent)),
        )
        .service(resource("/v1/socket").route(web::get().to(ws::open_socket)))
        // administrators
        .service(resource("/v1/admin/jobs").route(web::get().to(admin::list_jobs)))
        .service(resource("/v1/admin/jobs/{id}/release").route(web::post().to(admin::release_job)))
        .service(resource("/v1/admin/quarantine").route(web::get().to(quarantine::list_held_calls)))
        .service(
            resource("/v1/admin/quarantine/{id}")
                .route(web::delete().to(quarantine::delete_held_call)),
        )
        .service(
            resource("/v1/admin/quarantine/{id}/release")
                .route(web::post().to(quarantine::release_held_call)),
        )
        .service(resource("/v1/admin/gateways").route(web::get().to(settings::list_gateways)))
        .service(
            resource("/v1/admin/gateways/{id}")
                .route(web::get().to(settings::get_gateway))
                .route(web::put().to(settings::put_gateway))
                .route(web::delete().to(settings::delete_gateway)),
        )
        .service(resource("/v1/admin/numbers").route(web::get().to(settings::list_numbers)))
        .service(
            resource("/v1/admin/numbers/{id}")
                .route(web::get().to(settings::get_number))
                .route(web::put().to(settings::put_number))
                .route(web::delete().to(settings::delete_number)),
        )
        // carriers
        .service(
            resource("/gateways/{gateway}/{secret}/inbound")
                .route(web::get().to(webhooks::inbound))
                .route(web::post().to(webhooks::inbound)),
        )
        .service(
            resource("/gateways/{gateway}/{secret}/status/{message_id}")
                .route(web::get().to(webhooks::status))
                .route(web::post().to(webhooks::status)),
        )
        .service(
            resource("/gateways/{gateway}/{secret}/probe")
                .route(web::get().to(webhooks::probe))
                .route(web::post().to(webhooks::probe)),
        )
        // operations and documents
        .service(resource("/v1/admin/health").route(web::get().to(health::get_health)))
        .service(resource("/healthz").route(web::get().to(ops::healthz)))
        .service(openapi::document())
        .service(openapi::to_pages())
        .service(openapi::pages())
        .default_service(web::to(not_found));
}

/// The route table of the internal listener: no sign-in, loopback only.
pub fn internal_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/healthz").route(web::get().to(ops::healthz)))
        .service(resource("/readyz").route(web::get().to(ops::readyz)))
        .service(resource("/metrics").route(web::get().to(ops::metrics)))
        .service(resource("/simulator").route(web::get().to(simulator::page)))
        .service(
            resource("/simulator/messages")
                .route(web::get().to(simulator::list_texts))
                .route(web::post().to(simulator::text_from_phone)),
        )
        .service(
            resource("/simulator/behaviour")
                .route(web::get().to(simulator::get_behaviour))
                .route(web::put().to(simulator::put_behaviour)),
        )
        .default_service(web::to(not_found));
}

/// How bodies, queries and paths are read; every mistake is a problem document.
pub fn readers(limits: &Limits) -> impl Fn(&mut ServiceConfig) + Clone + use<> {
    let body_bytes = limits.body_bytes;
    move |config| {
        config
            .app_data(
                web::JsonConfig::default()
                    .limit(body_bytes)
                    .error_handler(|error, _| ApiError::from_json(&error).into()),
            )
            .app_data(web::PayloadConfig::new(body_bytes))
            .app_data(
                web::QueryConfig::default()
                    .error_handler(|error, _| ApiError::bad_request(error.to_string()).into()),
            )
            .app_data(
                web::PathConfig::default()
                    .error_handler(|_, _| ApiError::bad_request("This id cannot be one.").into()),
            );
    }
}
