//! What an admin sees of the service: the doctor's findings and its own state.

use super::AppState;
use super::auth::PanelUser;
use super::problem::{ApiError, Problem};
use crate::config::Config;
use crate::domain::clock::Timestamp;
use crate::flows::FlowError;
use crate::flows::checkup::{self, Finding, Severity, Subject};
use actix_web::web;
use serde::Serialize;
use tokio::sync::Mutex;

/// A checkup asks Sugar a dozen things: several who look at once share one.
const FRESH_MS: i64 = 10_000;

/// The last checkup; who asks while one runs waits for it.
pub struct Checkups {
    subject: Subject,
    last: Mutex<Option<(Timestamp, Vec<Finding>)>>,
}

impl Checkups {
    /// None has been made.
    pub fn new(config: &Config) -> Self {
        Self {
            subject: Subject::of(config),
            last: Mutex::default(),
        }
    }
}

/// How the service and what it leans on are.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"status": "warning", "checked_at": "2026-11-22T10:04:00.123Z",
    "version": "0.1.0", "node_id": "node-0193537c-7d51-7b4e-9d5e-6f1f3c1f2a10", "panels": 12, "findings": [
        {"severity": "ok", "check": "login", "code": "ok", "says": "Sugar takes the user `riverline`",
            "advice": null},
        {"severity": "warning", "check": "clock", "code": "clock_differs",
            "says": "this machine's clock is 10.0 minutes ahead of Sugar's",
            "advice": "let both machines take their time from NTP (timedatectl set-ntp true)"}]}))]
pub struct Health {
    /// The worst of the findings.
    status: Severity,
    /// When they were made; at most 10 s ago.
    #[schema(value_type = String, format = DateTime)]
    checked_at: Timestamp,
    /// The service's.
    version: &'static str,
    /// The node that answers; each has its own state.
    node_id: String,
    /// Panels connected to this node.
    panels: usize,
    /// What was found, as `riverline check` says it.
    findings: Vec<Finding>,
}

/// How the service, its way to Sugar and the browsers' way to it are. For Sugar's admins.
#[utoipa::path(get, path = "/v1/admin/health", tag = "operations",
    responses((status = 200, body = Health), (status = 401, body = Problem), (status = 403, body = Problem)),
    security(("panel_token" = [])))]
pub async fn get_health(
    state: web::Data<AppState>,
    user: PanelUser,
) -> Result<web::Json<Health>, ApiError> {
    if !user.who.admin {
        return Err(FlowError::Forbidden("This is for Sugar's administrators.").into());
    }
    let ctx = &state.ctx;
    let mut last = state.checkups.last.lock().await;
    let fresh = last
        .take()
        .filter(|(at, _)| ctx.clock.now() < at.plus_ms(FRESH_MS));
    let (checked_at, findings) = match fresh {
        Some(fresh) => fresh,
        None => {
            let findings = checkup::of_service(ctx, &state.checkups.subject).await;
            (ctx.clock.now(), findings)
        }
    };
    *last = Some((checked_at, findings.clone()));
    Ok(web::Json(Health {
        status: checkup::worst(&findings),
        checked_at,
        version: env!("CARGO_PKG_VERSION"),
        node_id: ctx.node_id.clone(),
        panels: ctx.fanout.panels(),
        findings,
    }))
}
