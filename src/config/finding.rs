//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;

use serde::Serialize;

use super::tree::Entry;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The service runs, but not as its admin probably wants it.
    Warning,
    /// The service refuses to start.
    Error,
}

/// One line of `riverline check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The setting, and the file and line, variable or flag that gave it.
    pub at: String,
    /// What is wrong; never holds a secret.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

impl Finding {
    pub(super) fn error(at: &str, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Severity::Error, at, problem, advice)
    }

    pub(super) fn warning(at: &str, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Severity::Warning, at, problem, advice)
    }

    fn new(
        severity: Severity,
        at: &str,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            at: at.to_owned(),
            problem: problem.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(
            f,
            "{severity}: {}: {}; {}",
            self.at, self.problem, self.advice
        )
    }
}

/// Everything that was wrong, so that an admin mends all of it at once.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    /// At least one error.
    pub findings: Vec<Finding>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

/// Collects the problems met while reading.
#[derive(Default)]
pub(super) struct Problems {
    findings: Vec<Finding>,
}

impl Problems {
    /// Notes that the value of an entry cannot be used.
    pub(super) fn refuse(&mut self, entry: &Entry, problem: String, advice: String) {
        self.add(Finding::error(&entry.place(), problem, advice));
    }

    /// Notes a name that is not a setting.
    pub(super) fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        let problem = "there is no setting of this name".to_owned();
        self.refuse(
            entry,
            problem,
            format!("known here are {}", known.join(", ")),
        );
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Ends the reading: nothing to say, or all of it.
    pub(super) fn into_result(self) -> Result<(), ConfigError> {
        if self.findings.is_empty() {
            return Ok(());
        }
        Err(ConfigError {
            findings: self.findings,
        })
    }
}
