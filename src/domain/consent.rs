//! Whether the other side wants texts: STOP and its family (sms-gateways 9).

use super::clock::Timestamp;
use super::ids::{MemberId, NumberId};
use super::phone::Peer;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The FCC's words, the carriers', and French; accents and signs are folded away before.
const STOP: &[&str] = &[
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "remove",
    "arret",
];
const START: &[&str] = &["start", "unstop"];
/// An everyday answer as well: it means START only to somebody who had said STOP.
const YES: &[&str] = &["yes"];
const HELP: &[&str] = &["help", "info"];

/// The keywords of a carrier that is known to answer the usual ones.
pub const USUAL: &[&str] = &[
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "start",
    "unstop",
    "help",
    "info",
];

/// What a whole message says about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
    /// Who is this.
    Help,
}

/// Reads a message as a keyword: the whole of it, whatever its case, accents, signs and blanks.
pub fn keyword(text: &str, opted_out: bool, own_stop_words: &[String]) -> Option<Keyword> {
    let said = folded(text);
    if said.is_empty() {
        return None;
    }
    let is_one_of = |words: &[&str]| words.contains(&said.as_str());
    if is_one_of(STOP) || own_stop_words.iter().any(|word| folded(word) == said) {
        Some(Keyword::Stop)
    } else if is_one_of(START) || (opted_out && is_one_of(YES)) {
        Some(Keyword::Start)
    } else if is_one_of(HELP) {
        Some(Keyword::Help)
    } else {
        None
    }
}

/// Whether a whole message is one of some words, read as [`keyword`] reads it.
pub fn is_word(text: &str, words: &[&str]) -> bool {
    words.contains(&folded(text).as_str())
}

/// Letters and digits only, in lower case, without accents, words between single blanks.
fn folded(text: &str) -> String {
    let letters: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .flat_map(char::to_lowercase)
        .collect();
    let words: Vec<&str> = letters.split_whitespace().collect();
    words.join(" ")
}

/// What happened to somebody's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// No more texts.
    OptOut,
    /// Texts again.
    OptIn,
}

impl ConsentKind {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
        }
    }
}

/// How it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// The other side wrote a keyword.
    Text,
    /// The carrier knows of it.
    Carrier,
    /// A member wrote down what he was told.
    Member,
    /// An integrator did.
    Key,
}

impl ConsentSource {
    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Carrier => "carrier",
            Self::Member => "member",
            Self::Key => "key",
        }
    }

    /// Reads what `as_str` wrote.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "carrier" => Self::Carrier,
            "member" => Self::Member,
            "key" => Self::Key,
            _ => Self::Text,
        }
    }
}

/// One thing that was said about consent; never changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa", "number_id": "main", "peer": "+14155552671", "kind": "opt_out",
    "source": "text", "member_id": null, "text": "Stop.", "at": "2026-11-22T10:04:00.123Z"
}))]
pub struct ConsentEvent {
    /// Its id.
    pub id: String,
    /// From which number of ours.
    #[schema(value_type = String)]
    pub number_id: NumberId,
    /// Who.
    pub peer: Peer,
    /// What.
    pub kind: ConsentKind,
    /// How it was told.
    pub source: ConsentSource,
    /// The member who wrote it down.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// The words.
    pub text: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Option<Keyword> {
        keyword(text, false, &[])
    }

    #[test]
    fn a_whole_message_is_a_keyword_however_it_is_written() {
        for text in [
            "STOP",
            "stop",
            " Stop. ",
            "StopAll",
            "stop all!",
            "STOP-ALL",
            "Opt-Out",
            "opt out",
            "OPTOUT",
            "Arrêt",
            "ARRÊT!!",
            "🛑 stop 🛑",
            "Unsubscribe\n",
            "ＳＴＯＰ",
            "quit",
            "End.",
            "cancel",
            "revoke",
            "remove",
        ] {
            assert_eq!(said(text), Some(Keyword::Stop), "{text}");
        }
        assert_eq!(said("start"), Some(Keyword::Start));
        assert_eq!(said("Unstop!"), Some(Keyword::Start));
        assert_eq!(said("HELP?"), Some(Keyword::Help));
        assert_eq!(said("info"), Some(Keyword::Help));
    }

    #[test]
    fn a_keyword_inside_a_sentence_is_a_sentence() {
        for text in [
            "please stop by at noon",
            "the end of it",
            "help me",
            "stop it",
            "",
            "🛑",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn yes_is_an_answer_unless_somebody_had_said_stop() {
        assert_eq!(keyword("Yes!", false, &[]), None);
        assert_eq!(keyword("Yes!", true, &[]), Some(Keyword::Start));
    }

    #[test]
    fn an_admin_adds_words_of_his_own() {
        let own = ["Basta".to_owned()];
        assert_eq!(keyword("basta!", false, &own), Some(Keyword::Stop));
        assert_eq!(keyword("", false, &["...".to_owned()]), None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "\\PC{0,60}") {
            let _ = keyword(&text, true, &[]);
        }

        #[test]
        fn signs_and_case_change_nothing(
            word in prop::sample::select(STOP.to_vec()), before in "[ .,!?*]{0,3}", upper: bool,
        ) {
            let word = if upper { word.to_uppercase() } else { word.to_owned() };
            prop_assert_eq!(said(&format!("{before}{word}{before}")), Some(Keyword::Stop));
        }
    }
}
