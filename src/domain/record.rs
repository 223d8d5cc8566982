//! Sugar records behind a peer.

use super::place::Place;
use serde::{Deserialize, Serialize};

/// A Sugar module whose records have phone fields.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
pub enum Module {
    /// People of an account.
    Contacts,
    /// People not yet qualified.
    Leads,
    /// Companies.
    Accounts,
    /// Called Targets in Sugar's own interface.
    Prospects,
}

impl Module {
    /// All of them, those with people first.
    pub const ALL: [Self; 4] = [Self::Contacts, Self::Leads, Self::Accounts, Self::Prospects];

    /// The name that Sugar's REST uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "Contacts",
            Self::Leads => "Leads",
            Self::Accounts => "Accounts",
            Self::Prospects => "Prospects",
        }
    }

    /// The address field that says in which country its phones are.
    pub const fn country_field(self) -> &'static str {
        match self {
            Self::Accounts => "billing_address_country",
            _ => "primary_address_country",
        }
    }

    /// The address field that says in which state it is.
    pub const fn state_field(self) -> &'static str {
        match self {
            Self::Accounts => "billing_address_state",
            _ => "primary_address_state",
        }
    }

    /// Its phone fields (sugar-server 2.6), the one texted by default first. Not the fax, which
    /// takes no texts, nor the assistant's phone, which is somebody else's.
    pub const fn phone_fields(self) -> &'static [&'static str] {
        match self {
            Self::Accounts => &["phone_office", "phone_alternate"],
            _ => &["phone_mobile", "phone_work", "phone_home", "phone_other"],
        }
    }
}

impl std::str::FromStr for Module {
    type Err = UnknownModule;
    fn from_str(text: &str) -> Result<Self, UnknownModule> {
        let mut all = Self::ALL.into_iter();
        all.find(|module| module.as_str() == text)
            .ok_or(UnknownModule)
    }
}

/// Not a module that Riverline texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the module is one of Contacts, Leads, Accounts, Prospects")]
pub struct UnknownModule;

/// Which record: module and id, never its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordRef {
    /// Its module.
    pub module: Module,
    /// Its id in Sugar, at most 36 characters.
    #[schema(example = "e689173e-c953-11e6-9d1e-0050569a1d4f")]
    pub id: String,
}

/// What a record says of texting it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextingFacts {
    /// Its field against calls and texts is set.
    pub do_not_text: bool,
    /// Where its address is.
    pub place: Place,
}
