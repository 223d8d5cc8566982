//! Is it alive, is it ready.

use super::AppState;
use super::problem::ApiError;
use crate::flows::health;
use actix_web::{HttpResponse, web};
use serde_json::json;
use std::sync::atomic::Ordering;

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
        "bus": report.bus.as_ref().map(words),
        "sugar": words(&report.sugar),
        "sugar_login": words(&report.sugar_login),
        "settings": words(&report.settings),
        "panels": state.ctx.fanout.panels(),
        "sign_ins": state.ctx.sign_ins.count(),
    });
    // Sugar down is no reason to take chat away, and without the bus the node serves alone.
    if report.database.is_ok() {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

/// Figures for Prometheus, in its text format.
pub async fn metrics(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let (waiting, parked) = health::outbox(&state.ctx).await?;
    let fanout = &state.ctx.fanout;
    let figures = [
        (
            "riverline_panels",
            "Panels connected to this node.",
            fanout.panels() as i64,
        ),
        (
            "riverline_log_position",
            "Events told to this node's panels.",
            fanout.position().id,
        ),
        ("riverline_jobs_waiting", "Jobs in the outbox.", waiting),
        (
            "riverline_jobs_parked",
            "Jobs set aside for an admin.",
            parked,
        ),
        (
            "riverline_unknown_statuses",
            "Receipts of carriers whose status is not known; the log names them.",
            state.ctx.unknown_statuses.load(Ordering::Relaxed),
        ),
    ];
    let text: String = figures
        .iter()
        .map(|(name, help, value)| {
            format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n")
        })
        .collect();
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text))
}
