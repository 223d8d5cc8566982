//! The real Sugar: our words to its REST and back (`sugar-server.md`, sections 2 and 8).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::answers::{
    endless, flag, if_visible, incomplete, is_dead_token, same_record, text, token_refused,
};
use super::gate::Gate;
use super::login::ServiceLogin;
use super::oauth::{Credentials, Grants};
use super::phone_cache::PhoneCache;
use super::phone_search::{self, Search};
use super::phones::phones_of;
use super::rest::{Call, Rest};
use super::users::{USER_FIELDS, user};
use super::vault::{InMemory, LoginVault};
use super::{
    Crm, CrmError, CrmUser, LoginHealth, NewNote, NoteChange, PhoneMatches, Record, RecordFacts,
    Seen, ServerInfo, StoredNote, SugarToken, UserProof, stated,
};
use crate::config;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::habits::Habits;
use crate::domain::ids::MemberId;
use crate::domain::phone::{Country, PhoneNumber};
use crate::domain::record::{Module, RecordRef};

/// Records asked for at once. Sugar may give fewer, so pages follow `next_offset`.
pub(super) const PAGE: u64 = 100;

/// A list that goes on after this many pages is not believed: something is wrong with it.
pub(super) const MAX_PAGES: usize = 200;

/// Why a [`Sugar`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A setting is missing; `Config::findings` says the same with more words.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The HTTP client did not start.
    #[error("the HTTP client cannot start: {0}")]
    Http(#[from] reqwest::Error),
}

/// One Sugar instance.
pub struct Sugar {
    pub(super) rest: Rest,
    login: ServiceLogin,
    gate: Gate,
    own_user_name: String,
    own_id: OnceCell<String>,
    phones: PhoneCache,
    do_not_text_field: String,
}

impl Sugar {
    /// Prepares everything, with a login of this process alone; the first call signs in.
    pub fn new(settings: &config::Sugar, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        Self::sharing(settings, clock, Arc::new(InMemory::default()))
    }

    /// Prepares everything, with the login that lies in a vault; the first call signs in if none
    /// lies there.
    pub fn sharing(
        settings: &config::Sugar,
        clock: Arc<dyn Clock>,
        vault: Arc<dyn LoginVault>,
    ) -> Result<Self, SetupError> {
        let missing = SetupError::Missing;
        let site = settings.url.as_ref().ok_or(missing("sugar.url"))?;
        let username = settings.username.as_ref();
        let password = settings.password.as_ref();
        let own_user_name = username.ok_or(missing("sugar.username"))?.clone();
        let credentials = Credentials {
            username: own_user_name.clone(),
            password: password.ok_or(missing("sugar.password"))?.clone(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            platform: settings.platform.clone(),
        };
        let timeout = Duration::from_secs(settings.timeout_s);
        let rest = Rest::new(site, &settings.rest_version, timeout)?;
        let gate = Gate::new(Arc::clone(&clock));
        let grants = Grants::new(rest.clone(), credentials);
        let login = ServiceLogin::new(grants, vault, Arc::clone(&clock), timeout);
        Ok(Self {
            rest,
            login,
            gate,
            own_user_name,
            own_id: OnceCell::new(),
            phones: PhoneCache::new(clock),
            do_not_text_field: settings.do_not_text_field.clone(),
        })
    }

    /// Calls with a person's token.
    pub(super) async fn as_user(&self, token: &SugarToken, call: &Call) -> Result<Value, CrmError> {
        self.rest.call(call, token).await.map_err(token_refused)
    }

    /// Calls as the service, unless Sugar is down and was asked a moment ago.
    pub(super) async fn as_service(&self, call: &Call) -> Result<Value, CrmError> {
        let pass = self.gate.pass()?;
        let answer = self.call_as_service(call).await;
        pass.ended(&answer);
        answer
    }

    /// A dead token is replaced once and the call made once more.
    async fn call_as_service(&self, call: &Call) -> Result<Value, CrmError> {
        let token = self.login.token().await?;
        match self.rest.call(call, &token).await {
            Err(error) if is_dead_token(&error) => {
                let fresh = self.login.replace(&token).await?;
                self.rest.call(call, &fresh).await
            }
            other => other,
        }
        .map_err(|error| match error {
            CrmError::Refused { status: 401, code } => CrmError::LoginRefused { code },
            other => other,
        })
    }

    /// The id of the service's own user; asked once.
    pub(super) async fn own_id(&self) -> Result<&str, CrmError> {
        let ask = async || {
            let answer = self.as_service(&Call::get(&["me"])).await?;
            text(&answer["current_user"]["id"]).ok_or_else(incomplete)
        };
        Ok(self.own_id.get_or_try_init(ask).await?)
    }

    /// What is asked of a record that somebody texts.
    pub(super) fn fields(&self, module: Module) -> String {
        let mut fields = format!("{},{}", phone_search::fields(module), module.state_field());
        if !self.do_not_text_field.is_empty() {
            fields.push(',');
            fields.push_str(&self.do_not_text_field);
        }
        fields
    }

    /// A record that Sugar showed. A field that its module has not, as Accounts have no
    /// `do_not_call`, is not set.
    pub(super) fn record(&self, reference: RecordRef, from: &Value) -> Record {
        Record {
            do_not_text: flag(&from[self.do_not_text_field.as_str()]),
            ..phones_of(reference, from)
        }
    }

    /// Whether it is the service's own user. Sugar lets people in however they write the name.
    pub(super) fn is_own(&self, user: &CrmUser) -> bool {
        user.user_name.to_lowercase() == self.own_user_name.to_lowercase()
    }

    /// Reads all pages of a list as the service.
    pub(super) async fn all_pages(
        &self,
        path: &[&str],
        filter: &Value,
    ) -> Result<Vec<Value>, CrmError> {
        let mut records = Vec::new();
        let mut offset = 0;
        for _ in 0..MAX_PAGES {
            let mut body = filter.clone();
            body["max_num"] = PAGE.into();
            body["offset"] = offset.into();
            let mut page = self.as_service(&Call::post(path, body)).await?;
            match page["records"].take() {
                Value::Array(list) => records.extend(list),
                _ => return Err(incomplete()),
            }
            // Sugar ends a list with -1; one that does not advance would never end.
            match page["next_offset"].as_u64() {
                Some(next) if next > offset => offset = next,
                _ => return Ok(records),
            }
        }
        Err(endless())
    }
}

#[async_trait]
impl Crm for Sugar {
    async fn who_is(&self, proof: &UserProof) -> Result<CrmUser, CrmError> {
        let token = match proof {
            UserProof::Token(token) => token,
            UserProof::Statement(statement) => return Ok(stated::user(&statement.user)),
        };
        let answer = self.as_user(token, &Call::get(&["me"])).await?;
        let me = &answer["current_user"];
        let mut user = user(me).ok_or_else(incomplete)?;
        user.admin = Some(me["type"] == "admin");
        let preference = |name: &str| text(&me["preferences"][name]);
        user.habits = Habits {
            time_zone: preference("timezone"),
            date_format: preference("datepref"),
            time_format: preference("timepref"),
        };
        Ok(user)
    }

    async fn read_phones(
        &self,
        proof: &UserProof,
        whose: &MemberId,
        of: &RecordRef,
    ) -> Result<Record, CrmError> {
        match proof {
            UserProof::Token(token) => self.record_of_user(token, whose, of).await,
            UserProof::Statement(statement) => {
                stated::record_of_user(statement, whose, of, &self.do_not_text_field)
            }
        }
    }

    async fn seen(&self, proof: &UserProof, records: &[RecordRef]) -> Result<Seen, CrmError> {
        match proof {
            UserProof::Token(token) => self.records_of_user(token, records).await,
            UserProof::Statement(statement) => {
                stated::seen(statement, records, &self.do_not_text_field)
            }
        }
    }

    async fn users(&self) -> Result<Vec<CrmUser>, CrmError> {
        let filter = json!({"status": "Active"});
        let mut users = self.filtered_users(&filter, false).await?;
        users.retain(CrmUser::may_be_member);
        Ok(users)
    }

    async fn users_changed(&self, since: Timestamp) -> Result<Vec<CrmUser>, CrmError> {
        let filter = json!({"date_modified": {"$gte": since.to_string()}});
        self.filtered_users(&filter, true).await
    }

    async fn user(&self, id: &str) -> Result<Option<CrmUser>, CrmError> {
        let Ok(call) = record_call("Users", id) else {
            return Ok(None);
        };
        let found = if_visible(self.as_service(&call.with("fields", USER_FIELDS)).await)?;
        let found = found.as_ref().and_then(user);
        Ok(found.filter(|user| user.id == id && !self.is_own(user)))
    }

    async fn find_by_phone(
        &self,
        number: &PhoneNumber,
        home: Country,
    ) -> Result<Arc<PhoneMatches>, CrmError> {
        if let Some(known) = self.phones.get(number) {
            return Ok(known);
        }
        let asked = self.phones.asks();
        let found = Arc::new(self.search(Search::new(number, home)).await?);
        self.phones.keep(number, &found, asked);
        Ok(found)
    }

    async fn phones_after(
        &self,
        module: Module,
        after: Option<&str>,
    ) -> Result<Vec<Record>, CrmError> {
        self.phones_page(module, after).await
    }

    fn forget_phone(&self, number: &PhoneNumber) {
        self.phones.forget(number);
    }

    async fn record_facts(&self, of: &RecordRef) -> Result<Option<RecordFacts>, CrmError> {
        let Ok(call) = record_call(of.module.as_str(), &of.id) else {
            return Ok(None);
        };
        let call = call.with("fields", "name,assigned_user_id,team_name");
        let Some(record) = if_visible(self.as_service(&call).await)? else {
            return Ok(None);
        };
        same_record(&record, &of.id)?;
        Ok(Some(RecordFacts {
            name: text(&record["name"]).unwrap_or_default(),
            assigned_user_id: text(&record["assigned_user_id"]),
            team_name: record["team_name"].clone(),
        }))
    }

    async fn forbid_texts(&self, of: &RecordRef) -> Result<(), CrmError> {
        check_id(&of.id)?;
        let field = self.do_not_text_field.as_str();
        let call = Call::put(&[of.module.as_str(), &of.id], json!({ field: true }));
        match self.as_service(&call).await {
            Ok(answer) => {
                same_record(&answer, &of.id)?;
                match &answer[field] {
                    // Accounts, for one, have no such field.
                    Value::Null => Ok(()),
                    kept if flag(kept) => Ok(()),
                    // A field that the service's user may not write is left out without a word.
                    _ => Err(CrmError::Refused {
                        status: 200,
                        code: format!("{field} stayed empty"),
                    }),
                }
            }
            Err(CrmError::Refused { status: 404, .. }) => Err(CrmError::NotVisible),
            Err(error) => Err(error),
        }
    }

    async fn create_note(&self, note: &NewNote) -> Result<StoredNote, CrmError> {
        self.notes_create(note).await
    }

    async fn rewrite_note(
        &self,
        id: &str,
        change: &NoteChange,
        seen: Option<&str>,
    ) -> Result<StoredNote, CrmError> {
        self.notes_rewrite(id, change, seen).await
    }

    async fn find_notes(&self, ids: &[&str], marker: &str) -> Result<Vec<StoredNote>, CrmError> {
        self.notes_find(ids, marker).await
    }

    async fn attach_text(&self, id: &str, file_name: &str, text: &str) -> Result<(), CrmError> {
        self.notes_attach(id, file_name, text).await
    }

    async fn delete_note(&self, id: &str) -> Result<(), CrmError> {
        self.notes_delete(id).await
    }

    async fn server_info(&self) -> Result<ServerInfo, CrmError> {
        let call = Call::get(&["metadata"]).with("type_filter", "server_info");
        let answer = self.as_service(&call).await?;
        let info = &answer["server_info"];
        Ok(ServerInfo {
            version: text(&info["version"]).ok_or_else(incomplete)?,
            flavor: text(&info["flavor"]).unwrap_or_default(),
        })
    }

    async fn login_health(&self) -> Result<LoginHealth, CrmError> {
        self.login.health().await
    }
}

/// The call that reads one record; an id that cannot be one is not visible to anybody.
fn record_call(module: &str, id: &str) -> Result<Call, CrmError> {
    check_id(id)?;
    Ok(Call::get(&[module, id]))
}

/// Ids come from browsers and go into an address: refuses what could mean another address.
pub(super) fn check_id(id: &str) -> Result<(), CrmError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=36).contains(&id.len()) && id.bytes().all(plain) {
        Ok(())
    } else {
        Err(CrmError::NotVisible)
    }
}

#[cfg(test)]
#[path = "sugar_tests.rs"]
mod tests;
