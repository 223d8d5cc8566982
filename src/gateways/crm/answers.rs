//! What Sugar's answers mean, whatever was asked: its refusals, its gaps, its ways to write a value.

use serde_json::Value;

use super::CrmError;

/// Sugar answers 401 to a token that is not, or no longer, good for anything.
pub(super) fn token_refused(error: CrmError) -> CrmError {
    match error {
        CrmError::Refused { status: 401, .. } => CrmError::TokenRefused,
        other => other,
    }
}

pub(super) fn is_dead_token(error: &CrmError) -> bool {
    matches!(error, CrmError::Refused { status: 401, code } if code == "invalid_grant")
}

/// Sugar answers 403 or 404 for what a user may not see, by version: both mean no.
pub(super) fn not_visible(error: CrmError) -> CrmError {
    match error {
        CrmError::Refused {
            status: 403 | 404, ..
        } => CrmError::NotVisible,
        other => other,
    }
}

pub(super) fn if_visible(answer: Result<Value, CrmError>) -> Result<Option<Value>, CrmError> {
    match answer.map_err(not_visible) {
        Ok(record) => Ok(Some(record)),
        Err(CrmError::NotVisible) => Ok(None),
        Err(other) => Err(other),
    }
}

pub(super) fn same_record(answer: &Value, id: &str) -> Result<(), CrmError> {
    if answer["id"] == id {
        return Ok(());
    }
    Err(CrmError::BadAnswer {
        status: 200,
        reason: "another record than asked for",
    })
}

pub(super) fn incomplete() -> CrmError {
    CrmError::BadAnswer {
        status: 200,
        reason: "members are missing",
    }
}

pub(super) fn endless() -> CrmError {
    CrmError::BadAnswer {
        status: 200,
        reason: "a list does not end",
    }
}

/// Text that says something.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether a checkbox is ticked, as Sugar's versions write it: `true`, `1`, `"1"`.
pub(super) fn flag(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_u64() == Some(1),
        Value::String(text) => text == "1" || text == "true",
        _ => false,
    }
}
