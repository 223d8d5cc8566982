//! The OpenAPI document and its pages at `/docs`, all from inside the binary.

use super::{
    admin, consents, conversations, health, members, ops, pictures, problem, quarantine, settings,
    sign_in, sms_sessions, state, texts,
};
use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpResponse, web};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The REST interface; the WebSocket is described in `openapi/README.md`.
#[derive(OpenApi)]
#[openapi(
    info(title = "Riverline", description = "Live chat and texting for SugarCRM. Rules that all calls \
        share and the WebSocket are described in openapi/README.md."),
    paths(
        sign_in::create_sign_in, sign_in::renew_sign_in, sign_in::delete_sign_in,
        state::get_state,
        members::list_members, members::list_presence, members::put_presence, members::list_numbers,
        conversations::open_chat, conversations::list_conversations, conversations::get_conversation,
        conversations::list_messages, conversations::send_message, conversations::mark_read,
        sms_sessions::open_session, sms_sessions::list_candidates, sms_sessions::link_session,
        sms_sessions::close_session, sms_sessions::claim_session, sms_sessions::transfer_session,
        texts::resend_text, texts::cancel_text,
        consents::list_consents, consents::write_consent,
        pictures::get_picture, pictures::fetch_picture,
        admin::list_jobs, admin::release_job,
        quarantine::list_held_calls, quarantine::release_held_call, quarantine::delete_held_call,
        settings::list_gateways, settings::get_gateway, settings::put_gateway, settings::delete_gateway,
        settings::list_numbers, settings::get_number, settings::put_number, settings::delete_number,
        ops::healthz,
        health::get_health,
    ),
    components(schemas(problem::Problem)),
    modifiers(&Schemes)
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut add = |name: &str, description: &str| {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(description.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        };
        add(
            "panel_token",
            "A panel's token (`rls_...`) from `POST /v1/sign-in`, valid 60 minutes.",
        );
        add(
            "api_key",
            "An integrator's key (`rlk_...`) from `riverline keys add`, with scopes.",
        );
        add(
            "sugar_token",
            "The user's current Sugar access token; only to sign in.",
        );
    }
}

/// The document as it is committed in `openapi/openapi.json`.
pub fn openapi_json() -> String {
    let mut json = Document::openapi().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}

/// `/openapi.json`.
pub fn document() -> impl HttpServiceFactory {
    let json = openapi_json();
    let answer = move || {
        let json = json.clone();
        async move {
            HttpResponse::Ok()
                .content_type("application/json")
                .body(json)
        }
    };
    web::resource("/openapi.json").route(web::get().to(answer))
}

/// `/docs` without its slash.
pub fn to_pages() -> impl HttpServiceFactory {
    web::redirect("/docs", "/docs/")
}

/// `/docs/`: the only executable files this host serves, and only to its own pages.
pub fn pages() -> impl HttpServiceFactory {
    let headers = DefaultHeaders::new()
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add((
            "Content-Security-Policy",
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
        ));
    let ui = SwaggerUi::new("/{_:.*}").config(Config::from("/openapi.json"));
    web::scope("/docs").wrap(headers).service(ui)
}
