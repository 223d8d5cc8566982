//! The simulator's page on the internal listener: the contact's phone.

use super::AppState;
use super::problem::ApiError;
use crate::flows::{Behaviour, simulate};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

const PAGE: &str = include_str!("simulator.html");

/// A text from the phone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromPhone {
    from: String,
    to: String,
    text: String,
    #[serde(default)]
    pictures: Vec<String>,
}

/// The phone.
pub async fn page(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    simulate::behaviour(&state.ctx)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            "Content-Security-Policy",
            "default-src 'self' 'unsafe-inline'",
        ))
        .body(PAGE))
}

/// What the phone shows, oldest first, and our numbers that it can text.
pub async fn list_texts(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let texts = simulate::texts(&state.ctx)?;
    let carriers = state.ctx.carriers();
    let numbers: Vec<_> = carriers.numbers.iter().map(|number| &number.own).collect();
    Ok(HttpResponse::Ok().json(json!({"items": texts, "numbers": numbers})))
}

/// The phone texts one of our numbers.
pub async fn text_from_phone(
    state: web::Data<AppState>,
    body: web::Json<FromPhone>,
) -> Result<HttpResponse, ApiError> {
    let body = body.into_inner();
    let id =
        simulate::text_from_phone(&state.ctx, &body.from, &body.to, &body.text, body.pictures)?;
    Ok(HttpResponse::Accepted().json(json!({"id": id})))
}

/// How texts to the phone are treated.
pub async fn get_behaviour(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(simulate::behaviour(&state.ctx)?))
}

/// Changes how texts to the phone are treated.
pub async fn put_behaviour(
    state: web::Data<AppState>,
    body: web::Json<Behaviour>,
) -> Result<HttpResponse, ApiError> {
    simulate::behave(&state.ctx, *body)?;
    Ok(HttpResponse::Ok().json(*body))
}
