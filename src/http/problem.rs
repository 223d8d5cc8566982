//! Errors on the wire: the one table from a journey's error to status, code and words.

use crate::config::Finding;
use crate::domain::assertion::AssertionError;
use crate::domain::record::RecordRef;
use crate::flows::{CrmError, FlowError, StoreError};
use actix_web::error::JsonPayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// An RFC 9457 problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "type": "about:blank", "title": "Conflict", "status": 409, "code": "session_closed",
    "detail": "This conversation was closed. Start a new one."
}))]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: &'static str,
    /// A sentence for people; may change.
    pub detail: String,
    /// With `session_claimed`: the member who was first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// With `opted_out`: since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// With `quiet_hours`: when they end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_at: Option<String>,
    /// With `assertion_incomplete`: the records that the assertion has to state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<RecordRef>>,
    /// With `settings_refused`: every setting that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<WrongSetting>>,
}

/// A setting that does not pass the checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WrongSetting {
    /// Its name.
    pub at: String,
    /// What is wrong; never the value of a secret.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

impl From<Finding> for WrongSetting {
    fn from(finding: Finding) -> Self {
        Self {
            at: finding.at,
            problem: finding.problem,
            advice: finding.advice,
        }
    }
}

/// An error on its way out.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fact: Option<Fact>,
    records: Option<Vec<RecordRef>>,
    retry_after_s: Option<u64>,
}

/// What a program needs beside the code.
#[derive(Debug, Clone)]
enum Fact {
    Owner(String),
    Since(String),
    AllowedAt(String),
    Findings(Vec<WrongSetting>),
}

impl ApiError {
    /// An error with its status, code and sentence.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            fact: None,
            records: None,
            retry_after_s: None,
        }
    }

    /// 400 with a sentence.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// 503 or 429 with a time.
    pub fn later(status: StatusCode, code: &'static str, detail: &str, retry_after_s: u64) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(status, code, detail)
        }
    }

    /// What is wrong with a JSON body.
    pub fn from_json(error: &JsonPayloadError) -> Self {
        match error {
            JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
                Self::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "payload_too_large",
                    "The body is too large.",
                )
            }
            JsonPayloadError::ContentType => {
                Self::bad_request("Send JSON, with `Content-Type: application/json`.")
            }
            JsonPayloadError::Deserialize(error) => Self::from_serde(error),
            _ => Self::bad_request("The body cannot be read."),
        }
    }

    /// What is wrong with JSON.
    pub fn from_serde(error: &serde_json::Error) -> Self {
        let words = error.to_string();
        let code = if words.contains("unknown field") {
            "unknown_field"
        } else {
            "bad_request"
        };
        Self::new(
            StatusCode::BAD_REQUEST,
            code,
            format!("The JSON cannot be used: {words}."),
        )
    }

    /// The problem document.
    pub fn problem(&self) -> Problem {
        let (mut owner_id, mut since, mut allowed_at, mut findings) = (None, None, None, None);
        match self.fact.clone() {
            Some(Fact::Owner(id)) => owner_id = Some(id),
            Some(Fact::Since(at)) => since = Some(at),
            Some(Fact::AllowedAt(at)) => allowed_at = Some(at),
            Some(Fact::Findings(found)) => findings = Some(found),
            None => {}
        }
        Problem {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail.clone(),
            owner_id,
            since,
            allowed_at,
            records: self.records.clone(),
            findings,
        }
    }
}

impl From<FlowError> for ApiError {
    fn from(error: FlowError) -> Self {
        use StatusCode as S;
        let words = error.to_string();
        match error {
            FlowError::Store(error) => from_store(&error),
            FlowError::Crm(error) => from_crm(&error),
            FlowError::Assertion(error) => from_assertion(error),
            FlowError::TokenNeeded => Self::new(S::UNAUTHORIZED, "sugar_token_needed", words),
            FlowError::TokenInvalid => Self::new(S::UNAUTHORIZED, "token_invalid", words),
            FlowError::NotAMember(_) => Self::new(S::FORBIDDEN, "not_a_member", words),
            FlowError::Forbidden(_) => Self::new(S::FORBIDDEN, "forbidden", words),
            FlowError::ScopeMissing(_) => Self::new(S::FORBIDDEN, "scope_missing", words),
            FlowError::NumberNotAllowed => Self::new(S::FORBIDDEN, "number_not_allowed", words),
            FlowError::NoNumberConfigured => Self::new(S::CONFLICT, "no_number_configured", words),
            FlowError::ConversationNotFound => {
                Self::new(S::NOT_FOUND, "conversation_not_found", words)
            }
            FlowError::MessageNotFound
            | FlowError::MemberNotFound
            | FlowError::JobNotFound
            | FlowError::GatewayNotFound => Self::new(S::NOT_FOUND, "not_found", words),
            FlowError::TextNotReleased => Self::new(S::CONFLICT, "text_not_released", words),
            FlowError::Text(
                crate::domain::message::TextError::TooLong { .. }
                | crate::domain::message::TextError::TooManyParts { .. },
            ) => Self::new(S::UNPROCESSABLE_ENTITY, "text_too_long", words),
            FlowError::Text(crate::domain::message::TextError::Empty) => {
                Self::new(S::UNPROCESSABLE_ENTITY, "text_empty", words)
            }
            FlowError::Text(crate::domain::message::TextError::Unsendable) => {
                Self::bad_request(words)
            }
            FlowError::NoUsableNumber(_) => {
                Self::new(S::UNPROCESSABLE_ENTITY, "no_usable_number", words)
            }
            FlowError::NumberNotOnRecord => Self::new(S::CONFLICT, "number_not_on_record", words),
            FlowError::MessageIdConflict => Self::new(S::CONFLICT, "message_id_conflict", words),
            FlowError::SessionClaimed { by } => {
                let conflict = Self::new(S::CONFLICT, "session_claimed", words);
                Self {
                    fact: Some(Fact::Owner(by.to_string())),
                    ..conflict
                }
            }
            FlowError::SessionClosed => Self::new(S::CONFLICT, "session_closed", words),
            FlowError::CallbackForged => Self::new(S::FORBIDDEN, "forbidden", words),
            FlowError::CallbackMalformed | FlowError::BadRequest(_) => Self::bad_request(words),
            FlowError::OptedOut { since } => Self {
                fact: Some(Fact::Since(since.to_string())),
                ..Self::new(S::CONFLICT, "opted_out", words)
            },
            FlowError::KeyConflict => Self::new(S::CONFLICT, "idempotency_key_conflict", words),
            FlowError::DoNotText => Self::new(S::CONFLICT, "do_not_text", words),
            FlowError::CountryNotAllowed(_) => {
                Self::new(S::FORBIDDEN, "country_not_allowed", words)
            }
            FlowError::QuietHours { allowed_at } => Self {
                fact: Some(Fact::AllowedAt(allowed_at.to_string())),
                ..Self::new(S::CONFLICT, "quiet_hours", words)
            },
            FlowError::QuarantineFull => {
                Self::later(S::SERVICE_UNAVAILABLE, "quarantine_full", &words, 60)
            }
            FlowError::HeldCallNotFound | FlowError::PictureNotFound => {
                Self::new(S::NOT_FOUND, "not_found", words)
            }
            FlowError::PictureLost => Self::new(S::CONFLICT, "picture_lost", words),
            FlowError::NotApplicable => Self::new(S::CONFLICT, "not_applicable", words),
            FlowError::NotToBeResent => Self::new(S::CONFLICT, "not_to_be_resent", words),
            FlowError::NotToBeCalledOff => Self::new(S::CONFLICT, "not_to_be_called_off", words),
            FlowError::CannotBeAnswered => Self::new(S::CONFLICT, "cannot_be_answered", words),
            FlowError::CapReached { retry_after_ms, .. } => {
                let seconds = u64::try_from(retry_after_ms / 1_000 + 1).unwrap_or(1);
                Self::later(S::TOO_MANY_REQUESTS, "cap_reached", &words, seconds)
            }
            FlowError::SettingsRefused(error) => {
                let found = error.findings.into_iter().map(WrongSetting::from);
                Self {
                    fact: Some(Fact::Findings(found.collect())),
                    ..Self::new(S::UNPROCESSABLE_ENTITY, "settings_refused", words)
                }
            }
            FlowError::SetInFile => Self::new(S::CONFLICT, "set_in_file", words),
            FlowError::SealingKeyMissing => Self::new(S::CONFLICT, "sealing_key_missing", words),
            FlowError::GatewayInUse(_) => Self::new(S::CONFLICT, "gateway_in_use", words),
            FlowError::LeaseLost | FlowError::CarriersNotMade(_) => internal(&words),
            FlowError::LineTooLong { retry_after_ms, .. } => {
                let seconds = u64::try_from(retry_after_ms / 1_000 + 1).unwrap_or(1);
                Self::later(S::TOO_MANY_REQUESTS, "line_too_long", &words, seconds)
            }
        }
    }
}

fn from_assertion(error: AssertionError) -> ApiError {
    let code = match error {
        AssertionError::NotOne => "assertion_needed",
        _ => "assertion_invalid",
    };
    let words = format!("Sugar could not vouch for you: {error}. Tell your administrator.");
    ApiError::new(StatusCode::UNAUTHORIZED, code, words)
}

fn from_store(error: &StoreError) -> ApiError {
    let busy = |words| ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "busy", words, 1);
    match error {
        StoreError::Busy => busy("The service is busy. Try again in a moment."),
        StoreError::Commit => {
            busy("Nobody knows whether this was stored. Send it again with the same id.")
        }
        StoreError::Away | StoreError::Stopped => {
            busy("Nothing was stored. Try again in a moment.")
        }
        other => internal(&other.to_string()),
    }
}

fn from_crm(error: &CrmError) -> ApiError {
    let unreachable = |words: &str, after| {
        ApiError::later(
            StatusCode::SERVICE_UNAVAILABLE,
            "sugar_unreachable",
            words,
            after,
        )
    };
    match error {
        CrmError::TokenRefused => ApiError::new(
            StatusCode::UNAUTHORIZED,
            "sugar_token_invalid",
            "Sugar no longer accepts this login. Log in to Sugar again.",
        ),
        CrmError::AnotherUser => FlowError::TokenInvalid.into(),
        CrmError::NotVisible => ApiError::new(
            StatusCode::NOT_FOUND,
            "record_not_found",
            "Sugar does not show you this record.",
        ),
        CrmError::NotStated { records } => ApiError {
            records: Some(records.clone()),
            ..ApiError::new(
                StatusCode::CONFLICT,
                "assertion_incomplete",
                "Sugar's assertion has to state these records as well.",
            )
        },
        CrmError::Busy { retry_after_s } => unreachable(
            "Sugar cannot be reached: it is busy or in maintenance. Try again in a moment.",
            retry_after_s.unwrap_or(5),
        ),
        CrmError::LoginRefused { .. } => {
            log::error!("{error}");
            unreachable(
                "Riverline cannot log in to Sugar. Tell your administrator.",
                60,
            )
        }
        CrmError::LoginNotAtHand { .. } => {
            log::error!("{error}");
            unreachable(
                "Riverline cannot log in to Sugar. Tell your administrator.",
                5,
            )
        }
        CrmError::Unreachable { .. }
        | CrmError::BadAnswer { .. }
        | CrmError::Refused { .. }
        | CrmError::Overtaken => {
            log::warn!("{error}");
            unreachable("Sugar cannot be reached. Try again in a moment.", 5)
        }
    }
}

/// Our fault: the caller gets a number, the log the cause.
fn internal(cause: &str) -> ApiError {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    log::error!("internal error {number}: {cause}");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        format!("Something went wrong here (number {number} in the service's log)."),
    )
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        let body = serde_json::to_string(&self.problem()).unwrap_or_default();
        response.body(body)
    }
}

/// No such path.
pub async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is nothing here.",
    ))
}

/// A path that exists, with another method.
pub async fn method_not_allowed() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take this method.",
    ))
}
