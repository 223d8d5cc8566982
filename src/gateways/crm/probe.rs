//! What the doctor asks of a CRM: whether the service's own user may do what it must.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::CrmError;
use super::answers::{incomplete, text};
use super::rest::Call;
use super::sugar::Sugar;

/// Our package, as it is installed in the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledPackage {
    /// Its version, when it says so.
    pub version: Option<String>,
    /// The address of the service that browsers are given; empty when none is set.
    pub url: String,
    /// Whether it has a key, so that the CRM vouches for its users.
    pub asserts: bool,
}

/// How far writing a test Note got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteTrial {
    /// Written, read back and removed.
    Good,
    /// It was not written.
    NotWritten(CrmError),
    /// It was written, and what came back is something else or nothing.
    NotReadBack,
    /// It is there and cannot be removed.
    NotRemoved(CrmError),
}

/// Questions about the service's own place in the CRM.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Reads one record's id of a module, if there is one; fails when the module is hidden.
    async fn try_reading(&self, module: &str) -> Result<(), CrmError>;

    /// Whether a role forbids the service's user to write Notes.
    async fn may_write_notes(&self) -> Result<bool, CrmError>;

    /// Writes a Note about nothing with this id and this subject, reads it back and removes it.
    async fn try_note(&self, id: &str, subject: &str) -> NoteTrial;

    /// The package; `None` when it is not installed.
    async fn package(&self) -> Result<Option<InstalledPackage>, CrmError>;

    /// What the package asserts of the service's own user.
    async fn assertion(&self) -> Result<String, CrmError>;
}

#[async_trait]
impl Probe for Sugar {
    async fn try_reading(&self, module: &str) -> Result<(), CrmError> {
        let body = json!({"max_num": 1, "fields": "id"});
        let page = self
            .as_service(&Call::post(&[module, "filter"], body))
            .await?;
        page["records"]
            .as_array()
            .map(|_| ())
            .ok_or_else(incomplete)
    }

    async fn may_write_notes(&self) -> Result<bool, CrmError> {
        let me = self.as_service(&Call::get(&["me"])).await?;
        // It lists denials only (sugar-server 2.2).
        let notes = &me["current_user"]["acl"]["Notes"];
        let denied = |action| notes[action] == "no";
        Ok(!["access", "create", "edit", "view"].into_iter().any(denied))
    }

    async fn try_note(&self, id: &str, subject: &str) -> NoteTrial {
        let body = json!({"id": id, "name": subject, "description": "", "portal_flag": false});
        let answer = self.as_service(&Call::post(&["Notes"], body)).await;
        let written = answer.and_then(|answer| text(&answer["id"]).ok_or_else(incomplete));
        // An instance may choose another id than ours.
        let id = match written {
            Ok(id) => id,
            Err(error) => return NoteTrial::NotWritten(error),
        };
        let read = self.as_service(&Call::get(&["Notes", &id])).await;
        let removal = self.as_service(&Call::delete(&["Notes", &id])).await;
        match (read, removal) {
            (_, Err(error)) => NoteTrial::NotRemoved(error),
            (Ok(note), Ok(_)) if note["name"] == subject => NoteTrial::Good,
            _ => NoteTrial::NotReadBack,
        }
    }

    async fn package(&self) -> Result<Option<InstalledPackage>, CrmError> {
        match self
            .as_service(&Call::get(&["riverline", "settings"]))
            .await
        {
            Ok(settings) => Ok(Some(InstalledPackage {
                version: text(&settings["version"]),
                url: settings["url"]
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(incomplete)?,
                asserts: settings["sign_in"] == "assertion",
            })),
            Err(CrmError::Refused { status: 404, .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn assertion(&self) -> Result<String, CrmError> {
        let call = Call::post(&["riverline", "assertion"], json!({}));
        text(&self.as_service(&call).await?["assertion"]).ok_or_else(incomplete)
    }
}

/// What Sugar says about itself without a login: any JSON of Sugar's, be it its refusal.
pub fn is_sugars(answer: &Value) -> bool {
    answer == "pong" || (answer["error"].is_string() && answer["error_message"].is_string())
}
