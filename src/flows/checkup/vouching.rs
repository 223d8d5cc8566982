//! Whether Sugar and the service agree on what proves a user: his token, or what Sugar asserts.

use super::{Checkup, Finding};
use crate::domain::assertion::{AssertionError, Statement};
use crate::flows::CrmError;
use crate::gateways::crm::InstalledPackage;
use secrecy::SecretString;

const CHECK: &str = "assertion";

impl Checkup<'_> {
    /// Has Sugar vouch for the service's own user, as it does for everybody.
    pub(super) async fn vouching(&self, package: &InstalledPackage, found: &mut Vec<Finding>) {
        let Some(key) = &self.subject.assertion_key else {
            if package.asserts {
                found.push(Finding::warning(
                    CHECK,
                    "assertion_not_wanted",
                    "Sugar has an assertion key, and this service takes the tokens of its users",
                    "write sugar.sign_in = \"assertion\" with the same key, or remove the key in Admin > Riverline",
                ));
            }
            return;
        };
        (self.progress)("having Sugar vouch for the service's user");
        found.extend(match self.crm.assertion().await {
            Ok(text) => self.judged(&text, key),
            Err(CrmError::Refused { status: 404, .. }) => Some(Finding::error(
                CHECK,
                "assertion_key_missing",
                "this service wants Sugar to vouch for its users, and Sugar has no key for that",
                "save the key of sugar.assertion_key in Admin > Riverline",
            )),
            Err(error) => Some(Finding::error(
                CHECK,
                "assertion_failed",
                format!("Sugar does not vouch for the service's user ({error})"),
                "look at Sugar's log, and run this again",
            )),
        });
    }

    /// An address that differs has its own finding.
    fn judged(&self, text: &str, key: &SecretString) -> Option<Finding> {
        let service = self.subject.service.as_ref()?;
        let audience = service.as_str().trim_end_matches('/');
        let error = match Statement::read(text, key, audience, self.clock.now()) {
            Ok(_) => return Some(Finding::ok(CHECK, "Sugar vouches for its users")),
            Err(AssertionError::WrongAudience) => return None,
            Err(error) => error,
        };
        let (code, advice) = match error {
            AssertionError::Forged => (
                "assertion_key_differs",
                "save the key of sugar.assertion_key in Admin > Riverline once more",
            ),
            AssertionError::Expired | AssertionError::FromTheFuture => (
                "assertion_clock",
                "set the clocks of Sugar's server and of this machine by NTP: an assertion lives a minute",
            ),
            _ => (
                "assertion_unreadable",
                "install the package of this version in Admin > Module Loader: run `riverline package`",
            ),
        };
        let says = format!("nobody can sign in: {error}");
        Some(Finding::error(CHECK, code, says, advice))
    }
}
