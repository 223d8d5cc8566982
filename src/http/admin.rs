//! For administrators: the work that was set aside.

use super::AppState;
use super::auth::Caller;
use super::members::limit;
use super::problem::{ApiError, Problem};
use crate::domain::clock::Timestamp;
use crate::flows::admin_jobs::{self, JobKind, Listed};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

/// Which jobs, and where the page starts.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct JobQuery {
    /// `parked` (set aside, the default) or `waiting`.
    state: Option<JobState>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<usize>,
}

/// Whether a job goes on by itself.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Set aside until an admin releases it.
    Parked,
    /// Runs, or is tried again.
    Waiting,
}

/// Work in the background.
#[derive(Serialize, utoipa::ToSchema)]
pub struct JobItem {
    id: String,
    /// `save_note`, `check_note`, `send_sms` or `route_session`.
    kind: &'static str,
    state: JobState,
    /// The conversation; for `send_sms` the message.
    subject: String,
    /// How often it was tried.
    tries: i32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it is tried next; null when it is parked.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// Why the last try failed.
    reason: Option<String>,
    /// Whether it can be released: a text is not sent again like this.
    releasable: bool,
}

/// A page of jobs.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [{
    "id": "4711", "kind": "save_note", "state": "parked", "subject": "0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9aa", "tries": 3,
    "created_at": "2026-11-22T10:00:00.000Z", "due_at": null,
    "reason": "Sugar refuses this request (status 403: not_authorized)", "releasable": true}], "next": null}))]
pub struct JobPage {
    items: Vec<JobItem>,
    /// Send it as `after` for the next page.
    next: Option<String>,
}

fn item(job: Listed, state: JobState) -> JobItem {
    let parked = state == JobState::Parked;
    JobItem {
        id: job.id.to_string(),
        kind: job.kind.as_str(),
        state,
        releasable: parked && job.kind != JobKind::SendSms,
        subject: job.subject,
        tries: job.tries,
        created_at: job.created_at,
        due_at: (!parked).then_some(job.due_at),
        reason: job.reason,
    }
}

/// Ids begin at 1.
const NO_JOB: i64 = 0;

fn job_id(text: &str) -> Result<i64, ApiError> {
    text.parse()
        .map_err(|_| ApiError::bad_request("This id cannot be a job's."))
}

/// The jobs that were set aside after they failed, or those that wait, oldest first.
///
/// For administrators of Sugar.
#[utoipa::path(get, path = "/v1/admin/jobs", tag = "admin", params(JobQuery),
    responses(
        (status = 200, body = JobPage),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("panel_token" = [])))]
pub async fn list_jobs(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<JobQuery>,
) -> Result<web::Json<JobPage>, ApiError> {
    let wanted = query.state.unwrap_or(JobState::Parked);
    let limit = limit(query.limit)?;
    let after = query.after.as_deref().map_or(Ok(0), job_id)?;
    let parked = wanted == JobState::Parked;
    let jobs = admin_jobs::list(&state.ctx, &caller.0, parked, after, limit).await?;
    let full = jobs.len() == limit;
    let next = jobs.last().filter(|_| full).map(|job| job.id.to_string());
    let items = jobs.into_iter().map(|job| item(job, wanted)).collect();
    Ok(web::Json(JobPage { items, next }))
}

/// Try a job again that was set aside.
///
/// For administrators of Sugar, after they mended its cause.
#[utoipa::path(post, path = "/v1/admin/jobs/{id}/release", tag = "admin",
    params(("id" = String, Path, description = "The job")),
    responses(
        (status = 204, description = "It is tried again at once"),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`: no such job, or it is not parked", body = Problem),
        (status = 409, description = "`text_not_released`: send the text again in its conversation", body = Problem)),
    security(("panel_token" = [])))]
pub async fn release_job(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    // What is no id is no job's; who may not ask is told that first.
    let id = job_id(&id).unwrap_or(NO_JOB);
    admin_jobs::release(&state.ctx, &caller.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
