//! What a checkup found, for a person and for a program.

use serde::Serialize;
use std::fmt;

/// How bad a finding is; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Riverline works, but not as its admin probably wants it.
    Warning,
    /// Something does not work.
    Error,
}

/// One line of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"severity": "error", "check": "login", "code": "platform_unknown",
    "says": "Sugar does not know the API platform `riverline`",
    "advice": "install the Riverline package in Sugar: it registers the platform"}))]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at, such as `login`.
    pub check: &'static str,
    /// Stable, for programs; `ok` when nothing is wrong.
    pub code: &'static str,
    /// What was found, for a person; may change.
    pub says: String,
    /// What to do about it; `null` when nothing is wrong.
    pub advice: Option<String>,
}

impl Finding {
    /// Nothing is wrong.
    pub fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self {
            severity: Severity::Ok,
            check,
            code: "ok",
            says: says.into(),
            advice: None,
        }
    }

    /// Something is unwise.
    pub fn warning(
        check: &'static str,
        code: &'static str,
        says: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            check,
            code,
            says: says.into(),
            advice: Some(advice.into()),
        }
    }

    /// Something does not work.
    pub fn error(
        check: &'static str,
        code: &'static str,
        says: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            ..Self::warning(check, code, says, advice)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}: {}", self.check, self.says)?;
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}
