//! What the service's own user may do in Sugar: log in, read, write Notes; and our package there.

use super::service::not_at_hand;
use super::{Checkup, Finding};
use crate::flows::CrmError;
use crate::gateways::crm::{NoteTrial, ServerInfo};

/// What the service reads, and what for.
const READ: [(&str, &str); 6] = [
    ("Users", "members are not known"),
    ("Contacts", "texts from contacts are not recognised"),
    ("Leads", "texts from leads are not recognised"),
    ("Accounts", "texts from accounts are not recognised"),
    ("Prospects", "texts from targets are not recognised"),
    ("Notes", "conversations cannot be kept"),
];

/// The Sugars that Riverline is made for: 7.10 to 26.
const OLDEST: (u32, u32) = (7, 10);
const NEWEST_MAJOR: u32 = 26;

impl Checkup<'_> {
    /// Whether the service's own user gets in; says which Sugar it is.
    pub(super) async fn log_in(&self, found: &mut Vec<Finding>) -> bool {
        (self.progress)("logging in to Sugar");
        match self.crm.server_info().await {
            Ok(info) => {
                let who = format!("Sugar takes the user `{}`", self.subject.username);
                found.push(Finding::ok("login", who));
                found.push(version(&info));
                true
            }
            Err(error) => {
                found.push(self.not_logged_in(&error));
                false
            }
        }
    }

    fn not_logged_in(&self, error: &CrmError) -> Finding {
        let (user, platform) = (&self.subject.username, &self.subject.platform);
        let wrong = |code, says: String, advice: &str| Finding::error("login", code, says, advice);
        match error {
            CrmError::LoginRefused { code } => match code.as_str() {
                // 422, which Sugar answers for nothing else here.
                "invalid_parameter" => wrong(
                    "platform_unknown",
                    format!("Sugar does not know the API platform `{platform}`"),
                    "install the Riverline package in Sugar, which registers it, or add it in Admin > Configure API \
                     Platforms",
                ),
                "need_login" => wrong(
                    "login_refused",
                    format!("Sugar refuses the user `{user}` with this password"),
                    "check sugar.username and sugar.password; the user must be active, not locked out, and a local \
                     one: who signs in by single sign-on has no password that Sugar could check",
                ),
                "invalid_client" => wrong(
                    "oauth_key_refused",
                    "Sugar refuses the OAuth key".to_owned(),
                    "correct sugar.client_id and sugar.client_secret, and give the key the client type Sugar User in \
                     Admin > OAuth Keys; or leave both out",
                ),
                "invalid_grant" => wrong(
                    "token_refused_at_once",
                    "Sugar refuses a token that it has just given to the service".to_owned(),
                    "Validate user IP address is probably on and this machine reaches Sugar from changing addresses: \
                     switch it off in Admin > System Settings, or give the machine one address; else somebody keeps \
                     logging in as the same user on the same platform",
                ),
                other => wrong(
                    "login_refused",
                    format!("Sugar refuses the service's login ({other})"),
                    "look at Sugar's log, and try the user and the password in Sugar's own login page",
                ),
            },
            CrmError::Refused { status: 403, code } if code == "client_not_allowed" => wrong(
                "client_not_allowed",
                "Sugar lets only listed programs use its REST".to_owned(),
                "add Riverline to $sugar_config['api']['allowedClients'] in Sugar's config_override.php",
            ),
            CrmError::Busy { .. } => wrong(
                "sugar_busy",
                "Sugar is busy or in maintenance".to_owned(),
                "wait, or end the maintenance in Admin > System Settings; until then Notes wait",
            ),
            CrmError::LoginNotAtHand { reason } => not_at_hand("login", reason),
            other => wrong(
                "login_failed",
                format!("Sugar did not answer the login as it should: {other}"),
                "look at Sugar's log, and run this again",
            ),
        }
    }

    /// Whether each module that the service reads is shown to it.
    pub(super) async fn modules(&self, found: &mut Vec<Finding>) {
        (self.progress)("reading the modules");
        let mut hidden = false;
        for (module, otherwise) in READ {
            if let Err(error) = self.crm.try_reading(module).await {
                hidden = true;
                let says = format!("the service cannot read {module} ({error}): {otherwise}");
                let advice = format!(
                    "let a role of `{}` access, list and view {module}, and put the user into the teams",
                    self.subject.username
                );
                found.push(Finding::error("modules", "module_hidden", says, advice));
            }
        }
        if !hidden {
            let names = READ.map(|(module, _)| module).join(", ");
            found.push(Finding::ok("modules", format!("the service reads {names}")));
        }
    }

    /// Whether Notes can be written: by the roles, and with `write` by doing it.
    pub(super) async fn notes(&self, found: &mut Vec<Finding>) {
        let advice = "let a role of the service's user create, edit and view Notes";
        let wrong = |code, says: String| Finding::error("notes", code, says, advice);
        if !self.write {
            (self.progress)("reading the roles");
            found.push(match self.crm.may_write_notes().await {
                Ok(true) => Finding::ok("notes", "no role forbids to write Notes"),
                Ok(false) => wrong(
                    "notes_forbidden",
                    "a role forbids to write Notes".to_owned(),
                ),
                Err(error) => wrong(
                    "notes_unknown",
                    format!("the roles cannot be read ({error})"),
                ),
            });
            return;
        }
        (self.progress)("writing a Note");
        let now = self.clock.now();
        let id = self.entropy.uuid_v7(now).to_string();
        let subject = format!("Riverline check {id}: can be deleted");
        found.push(match self.crm.try_note(&id, &subject).await {
            NoteTrial::Good => Finding::ok("notes", "a Note was written, read back and removed"),
            NoteTrial::NotWritten(error) => wrong(
                "note_not_written",
                format!("a Note cannot be written ({error})"),
            ),
            NoteTrial::NotReadBack => wrong(
                "note_not_read_back",
                "a Note was written and does not come back as it was written".to_owned(),
            ),
            NoteTrial::NotRemoved(error) => Finding::warning(
                "notes",
                "note_not_removed",
                format!("a Note can be written but not removed ({error})"),
                format!(
                    "let a role delete Notes, or a double of a Note may stay; delete the Note `{subject}` by hand"
                ),
            ),
        });
    }

    /// Our package: there, of our version, with our address.
    pub(super) async fn package(&self, found: &mut Vec<Finding>) {
        (self.progress)("asking for the package");
        let ours = env!("CARGO_PKG_VERSION");
        let install = format!(
            "run `riverline package` and install riverline-{ours}.zip in Admin > Module Loader"
        );
        let package = match self.crm.package().await {
            Ok(Some(package)) => package,
            Ok(None) => {
                let says = "the Riverline package is not installed in Sugar";
                found.push(Finding::error("package", "package_missing", says, install));
                return;
            }
            Err(error) => {
                let says = format!("the package in Sugar does not answer ({error})");
                found.push(Finding::error("package", "package_broken", says, install));
                return;
            }
        };
        match &package.version {
            Some(version) if version == ours => {
                found.push(Finding::ok(
                    "package",
                    format!("its version is {version}, as ours"),
                ));
            }
            other => {
                let theirs = other.as_deref().unwrap_or("an older one");
                let says = format!("the package's version is {theirs}, the service's {ours}");
                found.push(Finding::warning(
                    "package",
                    "package_version",
                    says,
                    install,
                ));
            }
        }
        found.extend(self.address_in(&package.url));
        self.vouching(&package, found).await;
    }

    /// Whether browsers are sent to this service.
    fn address_in(&self, told: &str) -> Option<Finding> {
        let service = self.subject.service.as_ref()?;
        let ours = service.as_str().trim_end_matches('/');
        let advice = format!("save {ours} in Sugar, in Admin > Riverline");
        Some(if told.is_empty() {
            let says = "Sugar does not tell browsers where this service is";
            Finding::error("package_url", "package_url_missing", says, advice)
        } else if told.trim_end_matches('/') == ours {
            Finding::ok("package_url", format!("Sugar sends browsers to {ours}"))
        } else {
            let says = format!("Sugar sends browsers to {told}, and public_url is {ours}");
            let advice = format!("{advice}, or correct public_url");
            Finding::error("package_url", "package_url_differs", says, advice)
        })
    }
}

/// Which Sugar it is, and whether Riverline is made for it.
fn version(info: &ServerInfo) -> Finding {
    let says = format!("Sugar {} {}", info.version, info.flavor);
    let mut parts = info.version.split('.').map(str::parse::<u32>);
    let mut part = || parts.next().and_then(Result::ok);
    let made_for = match (part(), part()) {
        (Some(major), minor) => (major, minor.unwrap_or(0)) >= OLDEST && major <= NEWEST_MAJOR,
        _ => false,
    };
    if made_for {
        return Finding::ok("version", says);
    }
    let advice = "expect surprises: Riverline is made for Sugar 7.10 to 26";
    Finding::warning("version", "version_untested", says, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sugars_from_7_10_to_26_are_known() {
        let code = |version: &str| {
            let info = ServerInfo {
                version: version.to_owned(),
                flavor: "ENT".to_owned(),
            };
            super::version(&info).code
        };
        for known in [
            "7.10.0.0", "7.11.2", "8.0.0", "14.0.0", "25.2.0", "26.1", "26",
        ] {
            assert_eq!(code(known), "ok", "{known}");
        }
        for unknown in ["7.9.4.0", "6.5.26", "27.0.0", "", "next"] {
            assert_eq!(code(unknown), "version_untested", "{unknown}");
        }
    }
}
