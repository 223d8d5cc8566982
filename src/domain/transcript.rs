//! A closed session as a Sugar Note: subject, body, and the file for what is too long.
//!
//! Customers write the texts, and Notes are exported: no line may start with what a spreadsheet
//! would run (`= + - @`), and no character may hide or turn around what is said.

use super::clock::Timestamp;
use super::habits::Calendar;
use super::message::{MessageState, Sender};

/// Longest subject: Sugar cuts `name` silently after it (sugar-server 2.7), in characters.
pub const SUBJECT_CHARS: usize = 255;
/// Longest body: Sugar cuts `description` silently at 65,535 bytes (sugar-server 2.7).
pub const BODY_BYTES: usize = 60_000;
/// Further lines of one text; the bar keeps their first character from starting a line.
const NEXT_LINE: &str = "\n        | ";
const BELOW: &str = "\n\n[Added by Riverline, below what was changed in this Note]\n";

/// One line of a transcript before it is written.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who wrote it.
    pub sender: Sender,
    /// His name when it is a member.
    pub name: Option<String>,
    /// The text.
    pub text: String,
    /// Where it ended up.
    pub state: MessageState,
    /// Why, for `failed` and `unknown`.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Line {
    /// What the transcript says of its delivery, as one letter; `.` when nothing.
    const fn mark(&self) -> char {
        match self.state {
            MessageState::Failed => 'f',
            MessageState::Unknown => 'u',
            MessageState::Scheduled | MessageState::Queued | MessageState::Sending => 'q',
            MessageState::Canceled => 'c',
            _ => '.',
        }
    }

    fn mark_in_words(&self) -> String {
        match (self.mark(), self.reason.as_deref()) {
            ('f', Some(reason)) => format!(" [NOT DELIVERED: {}]", plain(reason)),
            ('f', None) => " [NOT DELIVERED]".to_owned(),
            ('u', _) => " [UNKNOWN whether this was delivered]".to_owned(),
            ('q', _) => " [not yet sent when this was written]".to_owned(),
            ('c', _) => " [called off, never sent]".to_owned(),
            _ => String::new(),
        }
    }
}

/// What a Note is made of.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The record's name; the peer when it has none.
    pub record_name: String,
    /// The peer as shown.
    pub peer: String,
    /// Label and number of ours.
    pub own_number: String,
    /// When the session was opened.
    pub opened_at: Timestamp,
    /// How the member who answered it writes days and times.
    pub calendar: Calendar,
    /// What the Note can be found by; see [`marker`].
    pub marker: String,
    /// Every message in order.
    pub lines: Vec<Line>,
}

/// Subject and body of the Note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// At most [`SUBJECT_CHARS`] characters; ends with the marker.
    pub subject: String,
    /// At most [`BODY_BYTES`] bytes.
    pub body: String,
    /// All of it, when the body had to be cut.
    pub whole: Option<String>,
}

/// The text that a Note's subject ends with, in brackets: an instance may ignore the id we choose.
///
/// 48 bits of the id: among a million Notes another one has it once in 280 million.
pub fn marker(id: uuid::Uuid) -> String {
    let digits = id.simple().to_string();
    format!("rl:{}", &digits[..12])
}

/// Writes the Note of a session.
pub fn compose(facts: &Facts) -> Transcript {
    let entries = entries(facts, facts.lines.iter());
    let head = header(facts);
    let (body, cut) = fit(head.clone(), &entries, facts);
    Transcript {
        subject: subject(facts),
        body,
        whole: cut.then(|| head + &entries.concat()),
    }
}

/// Adds below a body that a person changed what `marks` does not know yet; `None` when that is
/// nothing.
pub fn append(facts: &Facts, body: &str, marks: &str) -> Option<Transcript> {
    let mut known = marks.chars();
    let news = facts
        .lines
        .iter()
        .filter(|line| known.next() != Some(line.mark()));
    let entries = entries(facts, news);
    if entries.is_empty() {
        return None;
    }
    let (body, cut) = fit(body.trim_end().to_owned() + BELOW, &entries, facts);
    Some(Transcript {
        subject: subject(facts),
        body,
        whole: cut.then(|| whole(facts)),
    })
}

/// What a transcript says of each text, to tell later what is new; one character per message.
pub fn marks(facts: &Facts) -> String {
    facts.lines.iter().map(Line::mark).collect()
}

/// The name of the file that holds what is too long.
pub fn file_name(facts: &Facts) -> String {
    format!("sms-conversation-{}.txt", facts.marker.replace("rl:", ""))
}

fn whole(facts: &Facts) -> String {
    header(facts) + &entries(facts, facts.lines.iter()).concat()
}

fn subject(facts: &Facts) -> String {
    let day = facts.calendar.day(facts.opened_at);
    let tail = format!(" ({}), {day} [{}]", plain(&facts.peer), facts.marker);
    let head = format!("SMS conversation with {}", plain(&facts.record_name));
    let room = SUBJECT_CHARS.saturating_sub(tail.chars().count());
    head.chars().take(room).collect::<String>() + &tail
}

fn header(facts: &Facts) -> String {
    format!(
        "Text messages between {} ({}) and {}. Times: {}.\n",
        plain(&facts.record_name),
        plain(&facts.peer),
        plain(&facts.own_number),
        facts.calendar.zone_name(),
    )
}

/// The texts as written, each new day with its date before it.
fn entries<'a>(facts: &Facts, lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    let mut day = String::new();
    let written = lines.map(|line| {
        let this_day = facts.calendar.weekday(line.at);
        let mut entry = String::new();
        if this_day != day {
            entry.push_str(&format!("\n{this_day}\n"));
            day = this_day;
        }
        let who = match (&line.sender, &line.name) {
            (Sender::Member(_), Some(name)) => plain(name),
            (Sender::Member(id), None) => id.to_string(),
            (Sender::Peer(_), _) => plain(&facts.record_name),
            (Sender::Key(id), _) => format!("API key {id}"),
            (Sender::Service, _) => "Automatic answer".to_owned(),
        };
        let time = facts.calendar.time(line.at);
        let text = plain_lines(&line.text);
        entry + &format!("[{time}] {who}: {text}{}\n", line.mark_in_words())
    });
    written.collect()
}

/// As many entries as a Note takes, and whether some are left out.
fn fit(mut body: String, entries: &[String], facts: &Facts) -> (String, bool) {
    let cut = format!(
        "\n[The rest is left out here: the whole conversation is in the attached file {}.]",
        file_name(facts)
    );
    let mut room = BODY_BYTES.saturating_sub(body.len());
    let all: usize = entries.iter().map(String::len).sum();
    if all <= room {
        body.extend(entries.iter().map(String::as_str));
        return (body, false);
    }
    room = room.saturating_sub(cut.len());
    for entry in entries {
        if entry.len() > room {
            break;
        }
        room -= entry.len();
        body.push_str(entry);
    }
    body.push_str(&cut);
    (body, true)
}

fn plain_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(plain).collect();
    lines.join(NEXT_LINE)
}

/// Control and direction-changing characters made visible, so a transcript cannot lie.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0'..='\u{1F}' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7F}' => shown.push('\u{2421}'),
            c if c.is_control() || turns(c) => shown.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

/// Whether a character changes the direction of what follows, or starts a line unseen.
const fn turns(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
