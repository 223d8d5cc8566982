//! Is it alive, is it ready.

use super::AppState;
use crate::flows::health;
use actix_web::{HttpResponse, web};
use serde_json::json;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "`{\"status\":\"ok\",\"version\":\"0.1.0\"}`")))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// Whether everything behind the service answers, with reasons.
pub async fn readyz(state: web::Data<AppState>) -> HttpResponse {
    let report = health::check(&state.ctx).await;
    let status = if report.database.is_ok() {
        "ready"
    } else {
        "not ready"
    };
    let words = |part: &Result<String, String>| match part {
        Ok(words) => json!({"ok": true, "detail": words}),
        Err(words) => json!({"ok": false, "detail": words}),
    };
    let body = json!({
        "status": status,
        "database": words(&report.database),
        "sugar": words(&report.sugar),
        "panels": state.ctx.fanout.panels(),
    });
    // Sugar down is no reason to take chat away.
    if report.database.is_ok() {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}
