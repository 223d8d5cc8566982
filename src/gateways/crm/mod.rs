//! The CRM behind Riverline, in our words: who somebody is, what a record's phones are, Notes.
//!
//! `sugar` speaks to a real Sugar, `login` keeps the service signed in. What must respect a person's
//! permissions takes that person's token; everything else is done as the service's own user.

mod answers;
mod bulk;
mod error;
mod gate;
mod login;
mod login_state;
mod notes;
mod oauth;
mod phone_cache;
mod phone_search;
mod phones;
mod probe;
mod rest;
mod rights;
#[cfg(test)]
mod scripted;
mod stated;
mod sugar;
mod users;
pub mod vault;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::domain::assertion::Statement;
use crate::domain::clock::Timestamp;
use crate::domain::habits::Habits;
use crate::domain::ids::MemberId;
use crate::domain::phone::{Country, PhoneNumber};
use crate::domain::place::Place;
use crate::domain::record::{Module, RecordRef, TextingFacts};

pub use error::CrmError;
pub use probe::{InstalledPackage, NoteTrial, Probe, is_sugars};
pub use sugar::{SetupError, Sugar};

/// A user's Sugar access token: used for one call and forgotten. Never prints.
#[derive(Clone, Debug)]
pub struct SugarToken(SecretString);

impl SugarToken {
    /// Takes a token as the panel sent it. Its form is Sugar's business.
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretString::from(token.into()))
    }
}

/// What proves who a panel's user is, and what he may see.
#[derive(Clone, Debug)]
pub enum UserProof {
    /// His Sugar token: Sugar is asked with it.
    Token(SugarToken),
    /// What Sugar asserted about him, checked and used up: nothing is left to ask.
    Statement(Box<Statement>),
}

/// What kind of account a user of the CRM is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKind {
    /// A person who signs in to the CRM.
    Person,
    /// A shared mailbox or queue.
    Group,
    /// A customer or an integration that only sees the portal.
    Portal,
}

/// A user of the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmUser {
    /// The CRM's id; not always a UUID.
    pub id: String,
    /// The name he signs in with.
    pub user_name: String,
    /// The full name.
    pub name: String,
    /// The job title.
    pub title: Option<String>,
    /// The department.
    pub department: Option<String>,
    /// The value of the picture field.
    pub picture: Option<String>,
    /// Whether he may sign in at all.
    pub active: bool,
    /// Whether he administers the CRM, when it told.
    pub admin: Option<bool>,
    /// Person, group or portal account.
    pub kind: UserKind,
    /// How he writes days and times, as far as the CRM told it.
    pub habits: Habits,
    /// When he was last changed, by the CRM's clock, when it told.
    pub modified_at: Option<Timestamp>,
}

impl CrmUser {
    /// Whether this user can be a member: an active person.
    pub fn may_be_member(&self) -> bool {
        self.active && self.kind == UserKind::Person
    }
}

/// A record's phone numbers as one user may see them, as people typed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which record.
    pub reference: RecordRef,
    /// Phone field to its text; empty and hidden fields are absent.
    pub phones: BTreeMap<String, String>,
    /// The country of its address, where its numbers without a prefix belong.
    pub country: Option<Country>,
    /// The state of its address, as people typed it.
    pub state: Option<String>,
    /// The field that forbids texts is set.
    pub do_not_text: bool,
}

/// What one user sees of several records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Those that he sees.
    pub shown: Vec<Record>,
    /// Those that the CRM clearly refused him.
    pub refused: Vec<RecordRef>,
}

impl Record {
    /// What it says of texting; `home` is the country of whoever has no address.
    pub fn texting(&self, home: Country) -> TextingFacts {
        TextingFacts {
            do_not_text: self.do_not_text,
            place: Place::of_address(self.country, self.state.as_deref(), home),
        }
    }

    /// Whether one of its phones is this number; `home` is the country of whoever has no address.
    pub fn has(&self, number: &PhoneNumber, home: Country) -> bool {
        let country = self.country.unwrap_or(home);
        let mut phones = self.phones.values();
        phones.any(|phone| number.is_in(phone, country))
    }
}

/// A record that has a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneMatch {
    /// Which record.
    pub record: RecordRef,
    /// The user it is assigned to.
    pub assigned_user_id: Option<String>,
}

/// The records behind a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneMatches {
    /// Those that have exactly this number in one of their phone fields.
    pub exact: Vec<PhoneMatch>,
    /// Those with a number that merely ends alike, the most alike first; never linked unasked.
    pub alike: Vec<RecordRef>,
}

/// What a Note about a record needs to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordFacts {
    /// Its name, for the subject.
    pub name: String,
    /// The user it is assigned to.
    pub assigned_user_id: Option<String>,
    /// Its teams as the CRM writes them, to be copied to the Note.
    pub team_name: serde_json::Value,
}

/// A Note to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNote {
    /// The id we would like; the CRM may choose its own.
    pub id: String,
    /// The subject, at most 255 characters.
    pub name: String,
    /// The text, at most 60,000 bytes: Sugar cuts longer ones without a word.
    pub description: String,
    /// The record it is about.
    pub parent: RecordRef,
    /// The user it is assigned to.
    pub assigned_user_id: Option<String>,
    /// The record's teams; without them the service user's own teams would see the text.
    pub team_name: serde_json::Value,
}

/// What becomes different in a Note; everything else stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoteChange {
    /// The subject.
    pub name: Option<String>,
    /// The text.
    pub description: Option<String>,
    /// The record that it moves to, and that record's teams as [`RecordFacts`] has them.
    pub moved_to: Option<(RecordRef, serde_json::Value)>,
}

/// A Note as the CRM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredNote {
    /// Its id.
    pub id: String,
    /// The subject.
    pub name: String,
    /// The text.
    pub description: String,
    /// Somebody deleted it.
    pub deleted: bool,
    /// Nobody wrote to it since it was made.
    pub untouched: bool,
    /// When it was last changed, as the CRM writes it.
    pub modified: Option<String>,
    /// The name of the file attached to it.
    pub file_name: Option<String>,
}

/// What the CRM says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    /// Such as `14.0.0`.
    pub version: String,
    /// Such as `ENT`.
    pub flavor: String,
}

/// How the service's own login does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginHealth {
    /// Who the service is at the CRM, in words for an admin.
    pub who: String,
    /// When somebody else's login ended the service's session, in the last ten minutes.
    pub evictions: Vec<Timestamp>,
}

impl LoginHealth {
    /// Whether somebody else keeps signing in as the service.
    pub fn is_contested(&self) -> bool {
        self.evictions.len() >= 3
    }
}

/// A CRM. Real in [`Sugar`]; the flows see only this.
#[async_trait]
pub trait Crm: Probe {
    /// Whom a proof is of.
    async fn who_is(&self, proof: &UserProof) -> Result<CrmUser, CrmError>;

    /// A record's phones as the member sees them; [`CrmError::NotVisible`] if he does not,
    /// [`CrmError::AnotherUser`] if the proof is not his.
    async fn read_phones(
        &self,
        proof: &UserProof,
        whose: &MemberId,
        of: &RecordRef,
    ) -> Result<Record, CrmError>;

    /// These records as the user sees them, or does not; those first that matter most, should the
    /// proof not reach for all.
    async fn seen(&self, proof: &UserProof, records: &[RecordRef]) -> Result<Seen, CrmError>;

    /// All active people but the service's own user.
    async fn users(&self) -> Result<Vec<CrmUser>, CrmError>;

    /// The users who changed since a moment of the CRM's clock, whatever they are now: those who
    /// may not sign in any more and those deleted are not active.
    async fn users_changed(&self, since: Timestamp) -> Result<Vec<CrmUser>, CrmError>;

    /// One user; `None` when there is none with this id, or it is the service's own.
    async fn user(&self, id: &str) -> Result<Option<CrmUser>, CrmError>;

    /// The records that have this number in one of their phone fields, however it was typed;
    /// `home` is where numbers without a prefix belong when the record has no address. May be a
    /// minute old.
    async fn find_by_phone(
        &self,
        number: &PhoneNumber,
        home: Country,
    ) -> Result<Arc<PhoneMatches>, CrmError>;

    /// The next records of a module that have a phone, after the one with this id, in the order of
    /// ids; none at the end.
    async fn phones_after(
        &self,
        module: Module,
        after: Option<&str>,
    ) -> Result<Vec<Record>, CrmError>;

    /// Drops what this node remembers of a number, because people changed what it belongs to.
    fn forget_phone(&self, number: &PhoneNumber);

    /// What a Note about a record needs; `None` when the record is gone.
    async fn record_facts(&self, of: &RecordRef) -> Result<Option<RecordFacts>, CrmError>;

    /// Ticks the checkbox that forbids texts to a record; [`CrmError::NotVisible`] when it is gone.
    async fn forbid_texts(&self, of: &RecordRef) -> Result<(), CrmError>;

    /// Writes a Note and returns it as it was stored, with the id that it got.
    ///
    /// On an error for which [`CrmError::may_have_happened`] holds, look before trying again.
    async fn create_note(&self, note: &NewNote) -> Result<StoredNote, CrmError>;

    /// Changes a Note; [`CrmError::NotVisible`] when it is gone, [`CrmError::Overtaken`] when
    /// somebody else changed it after `seen`, which is a [`StoredNote::modified`].
    async fn rewrite_note(
        &self,
        id: &str,
        change: &NoteChange,
        seen: Option<&str>,
    ) -> Result<StoredNote, CrmError>;

    /// The Notes that have one of these ids or this marker in their subject, deleted ones too,
    /// oldest first.
    async fn find_notes(&self, ids: &[&str], marker: &str) -> Result<Vec<StoredNote>, CrmError>;

    /// Attaches a text file to a Note, in place of the one it has.
    async fn attach_text(&self, id: &str, file_name: &str, text: &str) -> Result<(), CrmError>;

    /// Deletes a Note; one that is gone already is fine.
    async fn delete_note(&self, id: &str) -> Result<(), CrmError>;

    /// Which CRM this is; also proves that the service can sign in.
    async fn server_info(&self) -> Result<ServerInfo, CrmError>;

    /// Whether somebody else signs in as the service; the CRM itself is not asked.
    async fn login_health(&self) -> Result<LoginHealth, CrmError>;
}
